#include "services/hiectl/commands/glass_commands.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

absl::StatusOr<consent::v1::EmergencyReason> ParseReason(const std::string& word) {
  consent::v1::EmergencyReason reason = consent::v1::EMERGENCY_REASON_UNSPECIFIED;
  const std::string name = absl::StrCat(
      "EMERGENCY_REASON_", absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}})));
  if (consent::v1::EmergencyReason_Parse(name, &reason) &&
      reason != consent::v1::EMERGENCY_REASON_UNSPECIFIED) {
    return reason;
  }
  return absl::InvalidArgumentError(
      "--reason: want unconscious, lacks-capacity, threat-to-life, proxy-unreachable, "
      "time-critical or other");
}

absl::StatusOr<exchange::v1::OpenBreakGlassRequest> ToRequest(const GlassOpenOptions& options) {
  exchange::v1::OpenBreakGlassRequest request;
  HIE_RETURN_IF_ERROR(ReadMessage(options.subject, *request.mutable_subject()));
  HIE_RETURN_IF_ERROR(ReadMessage(options.reentered, *request.mutable_reentered()));
  HIE_ASSIGN_OR_RETURN(const consent::v1::EmergencyReason reason, ParseReason(options.reason));
  request.set_reason(reason);
  request.set_encounter(options.encounter);
  if (!options.narrative_file.empty()) {
    HIE_ASSIGN_OR_RETURN(*request.mutable_narrative(), ReadInput(options.narrative_file));
  }
  request.set_attests_emergency(options.attest_emergency);
  request.set_attests_consent_impracticable(options.attest_consent_impracticable);
  request.set_attests_information_needed(options.attest_information_needed);
  return request;
}

std::string StateWord(consent::v1::SessionState state) {
  return ShortName(consent::v1::SessionState_Name(state), "SESSION_STATE_");
}

}  // namespace

ExitCode GlassOpen(const Context& context, const GlassOpenOptions& options) {
  const auto request = ToRequest(options);
  if (!request.ok()) return context.output.Fail(request.status());
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto opened = (*session)->Call<ExchangeService::OpenBreakGlass>(*request);
  if (!opened.ok()) return context.output.Fail(opened.status());
  context.output.Json(*opened);
  context.output.Table(
      {{"session", "state", "ends (UTC)"},
       {opened->session_id(), StateWord(opened->state()), Moment(opened->expires_micros())}});
  return ExitCode::kOk;
}

ExitCode GlassMore(const Context& context, const std::string& session_id) {
  exchange::v1::AttestSecondTierRequest request;
  request.set_session_id(session_id);
  request.set_attests_more_needed(true);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto attested = (*session)->Call<ExchangeService::AttestSecondTier>(request);
  if (!attested.ok()) return context.output.Fail(attested.status());
  context.output.Json(*attested);
  context.output.Line(absl::StrCat("state ", StateWord(attested->state())));
  return ExitCode::kOk;
}

ExitCode GlassEnd(const Context& context, const std::string& session_id) {
  exchange::v1::EndBreakGlassRequest request;
  request.set_session_id(session_id);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto ended = (*session)->Call<ExchangeService::EndBreakGlass>(request);
  if (!ended.ok()) return context.output.Fail(ended.status());
  context.output.Json(*ended);
  context.output.Line(absl::StrCat("state ", StateWord(ended->state())));
  return ExitCode::kOk;
}

}  // namespace hie::ctl
