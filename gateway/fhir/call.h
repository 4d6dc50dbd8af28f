#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/api_access.h"
#include "gateway/edge/exchange_calls.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/outcome.h"
#include "gateway/fhir/search_query.h"
#include "gateway/http/exchange.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/json/value.h"

namespace hie::fhir {

class FrozenPages;
class AsyncAnswers;
class IdempotentAnswers;

// What the interactions stand on.  Everything outlives the door.
struct FhirServices {
  edge::ExchangeCalls* exchange = nullptr;
  const auth::ApiAccess* access = nullptr;
  const members::MemberDirectorySource* directory = nullptr;
  const Clock* clock = nullptr;
  RandomSource* random = nullptr;
  FrozenPages* pages = nullptr;
  AsyncAnswers* async = nullptr;
  IdempotentAnswers* idempotent = nullptr;
  std::string base_url;  // "https://gw.hie.example/fhir", without a slash at the end.
};

enum class Format { kJson, kXml };
enum class ReturnPreference { kUnspecified, kMinimal, kRepresentation, kOperationOutcome };

// A good answer.
struct Answer {
  int http_status = 200;
  std::optional<json::Value> resource;  // Written as JSON or XML as negotiated; nothing: no body.
  http::Headers headers = {};           // ETag, Location, Last-Modified, HIE-Completeness, ...
  bool cacheable = false;               // Metadata only: everything else is no-store.
};

// One FHIR interaction on its way to an answer: authenticated, authorised, parsed.  Thread-safe;
// answered once.
class Call : public std::enable_shared_from_this<Call> {
 public:
  virtual ~Call() = default;

  const FhirServices& services() const { return services_; }
  const Interaction& interaction() const { return interaction_; }
  const http::Request& request() const { return exchange_->request(); }
  // Who calls; of public interactions an anonymous caller.
  const auth::ApiCaller& caller() const { return caller_; }
  // The context under which the exchange is called; cancelled when the client goes.
  const std::shared_ptr<edge::DoorContext>& context() const { return context_; }
  // The directory at the time of the call; never null.
  const members::MemberDirectory& directory() const { return *directory_; }
  // What "{id}" of the path was, decoded; empty: none.
  const std::string& id() const { return id_; }
  // Search parameters of URL and form body together, in order, decoded, common ones included.
  const SearchQuery& query() const { return query_; }
  // The body's resource (JSON or XML); null where there was none.
  const json::Value* body() const { return body_ ? &*body_ : nullptr; }
  Format format() const { return format_; }
  bool strict() const { return strict_; }                      // Prefer: handling=strict
  bool respond_async() const { return respond_async_; }        // Prefer: respond-async
  bool wants_ndjson() const { return wants_ndjson_; }          // Accept: application/x-ndjson
  ReturnPreference preference() const { return preference_; }  // Prefer: return=
  // What is left of the caller's budget (HIE-Deadline-Ms), 100 ms..60 s; 10 s where not said.
  absl::Duration budget() const { return budget_; }
  // The absolute URL of a resource: base_url + "/" + reference.
  std::string Url(absl::string_view reference) const;

  // Calls a method of the exchange as the caller.
  template <typename Method>
  void Ask(const typename Method::Request& request,
           std::function<void(absl::StatusOr<typename Method::Response>)> done) {
    services_.exchange->Call<Method>(context_, request, std::move(done));
  }

  virtual void Respond(Answer answer) = 0;
  virtual void Fail(Failure failure) = 0;
  void Fail(const absl::Status& status) { Fail(FromStatus(status)); }
  // Answers with bytes that are no FHIR resource, in parts: documents, NDJSON, event streams.
  virtual std::shared_ptr<http::BodyWriter> Stream(int status, http::Headers headers,
                                                   std::optional<uint64_t> length) = 0;

 protected:
  Call(const FhirServices& services, const Interaction& interaction,
       std::shared_ptr<http::Exchange> exchange)
      : services_(services), interaction_(interaction), exchange_(std::move(exchange)) {}

  const FhirServices& services_;
  const Interaction& interaction_;
  const std::shared_ptr<http::Exchange> exchange_;
  auth::ApiCaller caller_;
  std::shared_ptr<edge::DoorContext> context_;
  std::shared_ptr<const members::MemberDirectory> directory_;
  std::string id_;
  SearchQuery query_;
  std::optional<json::Value> body_;
  Format format_ = Format::kJson;
  bool strict_ = false;
  bool respond_async_ = false;
  bool wants_ndjson_ = false;
  ReturnPreference preference_ = ReturnPreference::kUnspecified;
  absl::Duration budget_ = absl::Seconds(10);
};

}  // namespace hie::fhir
