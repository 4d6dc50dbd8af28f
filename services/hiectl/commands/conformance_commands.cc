#include "services/hiectl/commands/conformance_commands.h"

#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/hiectl/message_file.h"
#include "services/hiectl/onboarding/conformance.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

absl::StatusOr<exchange::v1::MemberStatus> StatusOf(Session& session, const std::string& id) {
  HIE_ASSIGN_OR_RETURN(const auto list, session.Call<ExchangeService::ListMembers>({}));
  for (const exchange::v1::MemberStatus& status : list.members()) {
    if (status.member().id() == id) return status;
  }
  return absl::NotFoundError(absl::StrCat("member ", id, ": is not in the directory"));
}

const char* Word(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::kPass:
      return "PASS";
    case CheckOutcome::kFail:
      return "FAIL";
    case CheckOutcome::kSkipped:
      return "SKIPPED";
  }
  return "";
}

// Fetches and waits for the answer.
Ask WaitingOn(fetch::HttpsClient& client) {
  return [&client](fetch::FetchRequest request) {
    auto answered = std::make_shared<std::promise<absl::StatusOr<fetch::FetchResponse>>>();
    auto answer = answered->get_future();
    const auto call = client.Fetch(std::move(request), nullptr,
                                   [answered](absl::StatusOr<fetch::FetchResponse> response) {
                                     answered->set_value(std::move(response));
                                   });
    return answer.get();
  };
}

absl::StatusOr<std::vector<CheckResult>> TestServer(const Context& context,
                                                    const MemberTestOptions& options,
                                                    const directory::v1::Endpoint& endpoint) {
  common::v1::LocalPatient patient;
  HIE_RETURN_IF_ERROR(ReadMessage(options.patient_file, patient));
  std::optional<crypto::AssertionPrivateKey> key;
  if (!options.key_file.empty()) {
    HIE_ASSIGN_OR_RETURN(const std::string pem, ReadInput(options.key_file));
    HIE_ASSIGN_OR_RETURN(key, crypto::AssertionPrivateKey::FromPem(pem));
  }
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<fetch::HttpsClient> client,
                       fetch::HttpsClient::Open({.trust_anchors = options.trust_file}));
  const absl::Time now = context.clock.Now();
  const ConformanceOptions run{
      .endpoint = endpoint,
      .identifier_system = absl::StrCat("urn:oid:", patient.assigning_authority()),
      .identifier_value = patient.id(),
      .key = key ? &*key : nullptr,
      .assertion_id = MakeUuidV7(now, context.random),
      .now = now};
  return RunConformance(run, WaitingOn(*client));
}

absl::StatusOr<std::vector<CheckResult>> TestMember(const Context& context,
                                                    const MemberTestOptions& options,
                                                    const exchange::v1::MemberStatus& status) {
  std::vector<CheckResult> results;
  for (const directory::v1::Endpoint& endpoint : status.member().endpoints()) {
    if (endpoint.kind() == directory::v1::ENDPOINT_KIND_FHIR_R4) {
      HIE_ASSIGN_OR_RETURN(const auto tested, TestServer(context, options, endpoint));
      results.insert(results.end(), tested.begin(), tested.end());
    } else if (endpoint.kind() == directory::v1::ENDPOINT_KIND_AGENT) {
      results.push_back(
          {"agent attached", status.attached() ? CheckOutcome::kPass : CheckOutcome::kFail,
           status.attached() ? ""
                             : "Start hie-agent; check its gateway address, that it "
                               "may dial out, and that its certificate is registered."});
    }
  }
  if (results.empty()) {
    results.push_back({"endpoint", CheckOutcome::kSkipped, "The member is not asked: it feeds."});
  }
  return results;
}

}  // namespace

ExitCode MemberTest(const Context& context, const MemberTestOptions& options) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto status = StatusOf(**session, options.member);
  if (!status.ok()) return context.output.Fail(status.status());
  const auto results = TestMember(context, options, *status);
  if (!results.ok()) return context.output.Fail(results.status());
  ExitCode code = ExitCode::kOk;
  std::vector<std::vector<std::string>> rows = {{"result", "check", "what to do"}};
  for (const CheckResult& result : *results) {
    if (result.outcome == CheckOutcome::kFail) code = ExitCode::kCheckFailed;
    rows.push_back({Word(result.outcome), result.check, result.advice});
  }
  context.output.Table(rows);
  return code;
}

}  // namespace hie::ctl
