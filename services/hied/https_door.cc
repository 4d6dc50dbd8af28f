#include "services/hied/https_door.h"

#include <future>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/auth/smart_token_service.h"
#include "gateway/fhir/clinical/break_glass_session.h"
#include "gateway/fhir/clinical/clinical_interactions.h"
#include "gateway/fhir/documents/document_interactions.h"
#include "gateway/fhir/fhir_door.h"
#include "gateway/fhir/patients/patient_interactions.h"
#include "gateway/http/listener.h"
#include "services/common/base/status_macros.h"

namespace hie::hied {
namespace {

constexpr absl::string_view kTokenPrefix = "/oauth2/";
constexpr absl::Duration kKeySetTime = absl::Seconds(5);
constexpr uint64_t kKeySetBytesMax = 256 << 10;

bool IsAtOrBelow(absl::string_view path, absl::string_view base) {
  return path == base || (absl::StartsWith(path, base) && path[base.size()] == '/');
}

template <typename Rows>
void Append(std::vector<fhir::Interaction>& all, Rows rows) {
  all.insert(all.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

std::vector<fhir::Interaction> AllInteractions() {
  // One emergency is one session, whatever is read under it.
  const auto sessions = std::make_shared<fhir::BreakGlassSessions>();
  std::vector<fhir::Interaction> all;
  Append(all, fhir::PatientInteractions());
  Append(all, fhir::DocumentInteractions(sessions));
  Append(all, fhir::ClinicalInteractions(sessions));
  return all;
}

// Gets a client's key set, on the thread that keeps key sets fresh; waits.
absl::StatusOr<std::string> FetchKeySet(fetch::HttpsClient& client, const std::string& text) {
  fetch::FetchRequest request;
  HIE_ASSIGN_OR_RETURN(request.url, fetch::ParseUrl(text));
  request.budget = kKeySetTime;
  request.body_bytes_max = kKeySetBytesMax;
  auto told = std::make_shared<std::promise<absl::StatusOr<fetch::FetchResponse>>>();
  client.Fetch(std::move(request), nullptr, [told](absl::StatusOr<fetch::FetchResponse> response) {
    told->set_value(std::move(response));
  });
  HIE_ASSIGN_OR_RETURN(fetch::FetchResponse response, told->get_future().get());
  if (response.status != 200) return absl::UnavailableError("the key set is not given");
  return std::move(response.body);
}

class OpenHttpsDoor final : public HttpsDoor {
 public:
  OpenHttpsDoor(const Process& process, PublicUrls urls, fetch::HttpsClient& client)
      : process_(process), urls_(std::move(urls)), client_(client) {}
  ~OpenHttpsDoor() override { Close(); }

  absl::Status Open(edge::ExchangeCalls& exchange,
                    const members::MemberDirectorySource& directory) {
    HIE_RETURN_IF_ERROR(OpenTokens(directory));
    fhir::FhirDoor::Options door;
    door.exchange = &exchange;
    door.access = tokens_.get();
    door.directory = &directory;
    door.clock = &process_.clock;
    door.random = &process_.random;
    door.base_url = urls_.base;
    door.token_url = tokens_->token_url();
    door.interactions = AllInteractions();
    HIE_ASSIGN_OR_RETURN(fhir_, fhir::FhirDoor::Create(std::move(door)));
    return Listen();
  }

  int port() const override { return listener_->port(); }
  void Drain(absl::Duration grace) override { listener_->Drain(grace); }
  void Close() override { listener_.reset(); }

 private:
  absl::Status OpenTokens(const members::MemberDirectorySource& directory) {
    HIE_ASSIGN_OR_RETURN(const std::string folder, RoleDirectory(process_, "gateway"));
    auth::SmartTokenService::Options options;
    options.directory = &directory;
    options.clock = &process_.clock;
    options.random = &process_.random;
    options.issuer = urls_.issuer;
    options.audience = urls_.base;
    options.signing_key_file = folder + "/token.key";
    options.used_assertions_file = folder + "/used-assertions";
    options.fetch_key_set = [&client = client_](const std::string& url) {
      return FetchKeySet(client, url);
    };
    options.log = log_;
    HIE_ASSIGN_OR_RETURN(tokens_, auth::SmartTokenService::Open(std::move(options)));
    return absl::OkStatus();
  }

  absl::Status Listen() {
    http::Listener::Options options;
    options.listen = process_.options.https;
    options.tls = RoleTls(process_.options, "gateway");
    options.handler = [this](std::shared_ptr<http::Exchange> exchange) {
      Route(std::move(exchange));
    };
    options.random = &process_.random;
    options.log = log_;
    options.metrics = process_.metrics;
    HIE_ASSIGN_OR_RETURN(listener_, http::Listener::Open(std::move(options)));
    return absl::OkStatus();
  }

  void Route(std::shared_ptr<http::Exchange> exchange) {
    const std::string& path = exchange->request().path;
    if (IsAtOrBelow(path, urls_.path)) return fhir_->Handle(std::move(exchange));
    if (absl::StartsWith(path, kTokenPrefix)) return tokens_->Handle(exchange);
    http::Response response;
    response.status = path == "/livez" ? 200 : 404;
    response.headers.Add("content-type", "text/plain; charset=utf-8");
    response.body = path == "/livez" ? "ok\n" : "not found\n";
    exchange->Respond(std::move(response));
  }

  const Process& process_;
  const PublicUrls urls_;
  fetch::HttpsClient& client_;
  const std::shared_ptr<log::Logger> log_ = std::make_shared<log::Logger>(
      log::Logger::Options{"https", &process_.clock, process_.log_sink});
  std::unique_ptr<auth::SmartTokenService> tokens_;
  std::unique_ptr<fhir::FhirDoor> fhir_;
  std::unique_ptr<http::Listener> listener_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpsDoor>> HttpsDoor::Open(
    const Process& process, edge::ExchangeCalls& exchange,
    const members::MemberDirectorySource& directory, fetch::HttpsClient& client) {
  HIE_ASSIGN_OR_RETURN(PublicUrls urls, ReadPublicUrls(process.options));
  auto door = std::make_unique<OpenHttpsDoor>(process, std::move(urls), client);
  HIE_RETURN_IF_ERROR(door->Open(exchange, directory));
  return door;
}

}  // namespace hie::hied
