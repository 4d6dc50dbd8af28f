#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/exchange/member_port.h"
#include "gateway/fetch/https_client.h"
#include "gateway/members/fhir_items.h"
#include "gateway/members/fhir_page.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/member/member.h"

namespace hie::members {

// Caps of one question to a member's FHIR server.
struct FhirQuestionLimits {
  size_t pages_max = 200;  // Of all types together: a server that never ends its pages is cut.
  size_t resources_max = 20'000;
  size_t bytes_max = 32 << 20;
  uint64_t page_bytes_max = 16 << 20;
};

// Fetches one URL below the member's base, signed in; the answer comes with any status.
using FhirGet = std::function<void(const fetch::Url& url, absl::Duration budget,
                                   std::function<void(absl::StatusOr<fetch::FetchResponse>)> done)>;

// What a question gathered.
struct FhirGathered {
  exchange::MemberAnswerStatus status = exchange::MemberAnswerStatus::kFailed;
  std::vector<ReceivedResource> resources;  // The Patient first.
};

// One question to a member's FHIR R4 server: the patient by identifier, then every type of the
// wanted classes by patient, page by page, a few requests at a time.
//
// Only pages below the base's own origin are followed, and none twice.  What could be read when one
// type failed is an answer with a gap (kPartial), never a complete one.  Thread-safe.
class FhirQuestion : public std::enable_shared_from_this<FhirQuestion> {
 public:
  struct Options {
    MemberEndpoint endpoint;
    exchange::MemberQuestion question;
    FhirGet get;
    const Clock* clock = nullptr;
    FhirQuestionLimits limits = {};
  };

  static std::shared_ptr<FhirQuestion> Start(Options options,
                                             std::function<void(FhirGathered)> done);

  // Ends with what is there; idempotent.
  void End(exchange::MemberAnswerStatus status);
  // Ends without an answer.
  void Abandon();

 private:
  FhirQuestion(Options options, std::function<void(FhirGathered)> done)
      : options_(std::move(options)),
        done_(std::move(done)),
        end_(options_.clock->Now() + options_.question.budget) {}

  void FindPatient();
  void TakePatient(const absl::StatusOr<fetch::FetchResponse>& response);
  void AskMore();
  void TakePage(const absl::StatusOr<fetch::FetchResponse>& response);
  bool AddResources(FhirPage page) HIE_REQUIRES(mutex_);
  std::string TypeQuery(absl::string_view type, absl::string_view patient_id) const;
  size_t concurrency() const;

  const Options options_;
  Mutex mutex_;
  std::function<void(FhirGathered)> done_ HIE_GUARDED_BY(mutex_);
  const absl::Time end_;
  fetch::Url base_;
  std::deque<fetch::Url> waiting_ HIE_GUARDED_BY(mutex_);
  std::set<std::string> asked_ HIE_GUARDED_BY(mutex_);
  size_t under_way_ HIE_GUARDED_BY(mutex_) = 0;
  size_t bytes_ HIE_GUARDED_BY(mutex_) = 0;
  exchange::MemberAnswerStatus worst_ HIE_GUARDED_BY(mutex_) =
      exchange::MemberAnswerStatus::kComplete;
  std::vector<ReceivedResource> resources_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::members
