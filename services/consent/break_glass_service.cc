#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"
#include "services/consent/consent_reply.h"
#include "services/consent/consent_service.h"
#include "services/consent/consent_store.h"
#include "services/consent/consent_wire.h"

namespace hie::consent {
namespace {

constexpr size_t kEncounterBytesMax = 256;
constexpr size_t kNarrativeBytesMax = 8192;
constexpr int kCustodiansMax = 64;

absl::Status Want(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": want ", what));
}

absl::Status CheckOpening(const v1::OpenBreakGlassRequest& request) {
  HIE_RETURN_IF_ERROR(FromProto(request.patients(), "patients", 1).status());
  if (request.reason() == v1::EMERGENCY_REASON_UNSPECIFIED ||
      !v1::EmergencyReason_IsValid(request.reason())) {
    return Want("reason", "one of the closed list");
  }
  if (request.encounter().empty() || request.encounter().size() > kEncounterBytesMax) {
    return Want("encounter", "an encounter or place");
  }
  if (!request.attests_emergency()) return Want("attests_emergency", "true");
  if (!request.attests_consent_impracticable()) {
    return Want("attests_consent_impracticable", "true");
  }
  if (!request.attests_information_needed()) return Want("attests_information_needed", "true");
  if (request.reason() == v1::EMERGENCY_REASON_OTHER && request.narrative().empty()) {
    return Want("narrative", "a text where the reason is OTHER");
  }
  if (request.narrative().size() > kNarrativeBytesMax) return Want("narrative", "a shorter text");
  return absl::OkStatus();
}

// A refusal is audited before it is told.
absl::Status Refuse(const v1::OpenBreakGlassRequest& request, absl::Status why, Journal& journal) {
  v1::ConsentCommand command;
  v1::RefuseSession& refuse = *command.mutable_refuse_session();
  *refuse.mutable_actor() = request.actor();
  *refuse.mutable_patients() = request.patients();
  refuse.set_reason(request.reason());
  HIE_RETURN_IF_ERROR(ProposeAndWait(journal, command.SerializeAsString()).status());
  return why;
}

absl::Status CheckSessionId(const std::string& id) {
  return IsUuid(id) ? absl::OkStatus() : Want("session_id", "a session id");
}

}  // namespace

absl::StatusOr<v1::OpenBreakGlassResponse> HandleOpenBreakGlass(
    const v1::OpenBreakGlassRequest& request, const ConsentContext& context) {
  HIE_ASSIGN_OR_RETURN(const Actor actor, wire::FromProto(request.actor(), "actor"));
  HIE_RETURN_IF_ERROR(CheckOpening(request));
  const BreakGlassRules& rules = context.policy.break_glass;
  const absl::Time now = context.clock.Now();
  if (absl::Status eligible = CheckEligible(actor, rules, now); !eligible.ok()) {
    return Refuse(request, std::move(eligible), context.journal);
  }
  v1::ConsentCommand command;
  v1::OpenSession& open = *command.mutable_open_session();
  open.set_length_micros(absl::ToInt64Microseconds(rules.session_length));
  open.set_sessions_per_hour(static_cast<uint32_t>(rules.sessions_per_hour));
  open.set_sessions_per_day(static_cast<uint32_t>(rules.sessions_per_day));
  v1::BreakGlassSession& session = *open.mutable_session();
  session.set_id(MakeUuidV7(now, context.random));
  *session.mutable_actor() = request.actor();
  *session.mutable_patients() = request.patients();
  session.set_reason(request.reason());
  session.set_encounter(request.encounter());
  session.set_narrative(request.narrative());
  v1::OpenBreakGlassResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_session(),
                       ProposeFor<v1::BreakGlassSession>(command, context.journal));
  return response;
}

absl::StatusOr<v1::AttestSecondTierResponse> HandleAttestSecondTier(
    const v1::AttestSecondTierRequest& request, const ConsentContext& context) {
  HIE_RETURN_IF_ERROR(wire::FromProto(request.actor(), "actor").status());
  HIE_RETURN_IF_ERROR(CheckSessionId(request.session_id()));
  if (!request.attests_more_needed()) return Want("attests_more_needed", "true");
  if (context.policy.break_glass.tiers < 2) {
    return absl::FailedPreconditionError("session_id: the policy has no second tier");
  }
  v1::ConsentCommand command;
  *command.mutable_raise_session()->mutable_actor() = request.actor();
  command.mutable_raise_session()->set_session_id(request.session_id());
  v1::AttestSecondTierResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_session(),
                       ProposeFor<v1::BreakGlassSession>(command, context.journal));
  return response;
}

absl::StatusOr<v1::EndBreakGlassResponse> HandleEndBreakGlass(
    const v1::EndBreakGlassRequest& request, const ConsentContext& context) {
  HIE_RETURN_IF_ERROR(wire::FromProto(request.actor(), "actor").status());
  HIE_RETURN_IF_ERROR(CheckSessionId(request.session_id()));
  v1::ConsentCommand command;
  *command.mutable_end_session()->mutable_actor() = request.actor();
  command.mutable_end_session()->set_session_id(request.session_id());
  v1::EndBreakGlassResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_session(),
                       ProposeFor<v1::BreakGlassSession>(command, context.journal));
  return response;
}

absl::StatusOr<v1::NoteDisclosureResponse> HandleNoteDisclosure(
    const v1::NoteDisclosureRequest& request, const ConsentContext& context) {
  HIE_RETURN_IF_ERROR(CheckSessionId(request.session_id()));
  if (request.custodians().empty() || request.custodians_size() > kCustodiansMax) {
    return Want("custodians", absl::StrCat("1 to ", kCustodiansMax));
  }
  v1::ConsentCommand command;
  command.mutable_file_disclosures()->set_session_id(request.session_id());
  const std::set<std::string> distinct(request.custodians().begin(), request.custodians().end());
  for (const std::string& custodian : distinct) {
    if (custodian.empty() || custodian.size() > wire::kTextBytesMax) {
      return Want("custodians", "member ids");
    }
    command.mutable_file_disclosures()->add_custodians(custodian);
  }
  return ProposeFor<v1::NoteDisclosureResponse>(command, context.journal);
}

absl::StatusOr<v1::ListNoticesResponse> HandleListNotices(const v1::ListNoticesRequest& request,
                                                          const ConsentContext& context) {
  if (request.member().empty()) return Want("member", "a member id");
  HIE_ASSIGN_OR_RETURN(std::vector<v1::Notice> notices,
                       ConsentStore(*context.journal.Snapshot())
                           .Notices(request.member(), request.after_id(), kNoticesMax));
  v1::ListNoticesResponse response;
  for (v1::Notice& notice : notices) *response.add_notices() = std::move(notice);
  return response;
}

}  // namespace hie::consent
