#include "services/consent/consent_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"
#include "services/consent/consent_reply.h"
#include "services/consent/consent_store.h"
#include "services/consent/consent_wire.h"
#include "services/consent/decide.h"
#include "services/consent/evaluate.h"

namespace hie::consent {
namespace {

// How far a signature may lie ahead of our clock.
constexpr absl::Duration kSignatureSkewMax = absl::Minutes(5);
// Records that a token may name: certain and possible.
constexpr int kTokenRecordsMax = 2 * kRecordsMax;

absl::Status CheckFiling(const v1::Directive& proto, const Directive& directive, absl::Time now) {
  const bool settable = proto.status() == v1::DIRECTIVE_STATUS_UNSPECIFIED ||
                        proto.status() == v1::DIRECTIVE_STATUS_ACTIVE ||
                        proto.status() == v1::DIRECTIVE_STATUS_ENTERED_IN_ERROR;
  if (!settable) {
    return absl::InvalidArgumentError("directive.status: want ACTIVE or ENTERED_IN_ERROR");
  }
  // One from the future would stand last in the region-wide chain for good.
  if (directive.signed_at && *directive.signed_at > now + kSignatureSkewMax) {
    return absl::InvalidArgumentError(
        "directive.signed_micros: want a time that is not in the future");
  }
  return absl::OkStatus();
}

// As it is shown: opaque also where a code could not be read.
absl::StatusOr<v1::Directive> Shown(v1::Directive stored) {
  const absl::StatusOr<Directive> directive = FromProto(stored, "directive");
  if (!directive.ok()) return absl::DataLossError("consent: a directive is not readable");
  stored.set_opaque(IsOpaque(*directive));
  return stored;
}

// Everything that a decision rests on, read from one state.
struct Evidence {
  std::vector<LinkedDirective> directives;
  std::optional<v1::BreakGlassSession> session;
  v1::FenceToken token;
};

absl::Status AppendRecords(const std::vector<LocalPatient>& records, Link link,
                           const ConsentStore& store, Evidence& evidence) {
  for (const LocalPatient& record : records) {
    HIE_RETURN_IF_ERROR(store.AppendDirectives(record, link, evidence.directives));
    HIE_ASSIGN_OR_RETURN(const uint64_t sequence, store.Sequence(record));
    v1::ConsentSequence& row = *evidence.token.add_sequences();
    *row.mutable_patient() = wire::ToProto(record);
    row.set_sequence(sequence);
  }
  return absl::OkStatus();
}

absl::StatusOr<Evidence> Load(const v1::DecideRequest& request,
                              const std::vector<LocalPatient>& certain,
                              const ConsentContext& context) {
  HIE_ASSIGN_OR_RETURN(const std::vector<LocalPatient> possible,
                       FromProto(request.possible(), "possible", 0));
  const std::shared_ptr<const KvReader> state = context.journal.Snapshot();
  const ConsentStore store(*state);
  Evidence evidence;
  HIE_RETURN_IF_ERROR(AppendRecords(certain, Link::kCertain, store, evidence));
  HIE_RETURN_IF_ERROR(AppendRecords(possible, Link::kPossible, store, evidence));
  evidence.token.set_policy_epoch(context.policy.epoch);
  if (request.session_id().empty()) return evidence;
  HIE_ASSIGN_OR_RETURN(evidence.session, store.Session(request.session_id()));
  if (!evidence.session) return absl::NotFoundError("session_id: no such session");
  return evidence;
}

void Complete(const AccessRequest& request, const std::optional<Session>& session, absl::Time now,
              Evidence& evidence) {
  absl::Time good_until = NextChange(evidence.directives, now);
  if (session && Covers(*session, request, now)) {
    evidence.token.set_session_id(evidence.session->id());
    evidence.token.set_session_version(evidence.session->version());
    good_until = std::min(good_until, session->expires);
  }
  if (good_until != absl::InfiniteFuture()) {
    evidence.token.set_good_until_micros(absl::ToUnixMicros(good_until));
  }
}

absl::Status Moved() { return absl::AbortedError("token: what the decision rests on has changed"); }

absl::Status ConfirmSession(const v1::FenceToken& token, const ConsentStore& store,
                            absl::Time now) {
  if (token.session_id().empty()) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::BreakGlassSession> session,
                       store.Session(token.session_id()));
  if (!session) return absl::NotFoundError("token.session_id: no such session");
  const bool same = session->version() == token.session_version() &&
                    session->state() != v1::SESSION_STATE_ENDED &&
                    absl::ToUnixMicros(now) < session->expires_micros();
  return same ? absl::OkStatus() : Moved();
}

}  // namespace

absl::StatusOr<v1::PutDirectiveResponse> HandlePutDirective(const v1::PutDirectiveRequest& request,
                                                            const ConsentContext& context) {
  HIE_RETURN_IF_ERROR(wire::FromProto(request.actor(), "actor").status());
  HIE_ASSIGN_OR_RETURN(const Directive directive, FromProto(request.directive(), "directive"));
  HIE_RETURN_IF_ERROR(CheckFiling(request.directive(), directive, context.clock.Now()));
  v1::ConsentCommand command;
  v1::RecordDirective& record = *command.mutable_record_directive();
  *record.mutable_actor() = request.actor();
  *record.mutable_directive() = request.directive();
  record.set_opaque(IsOpaque(directive));
  HIE_ASSIGN_OR_RETURN(v1::Directive recorded, ProposeFor<v1::Directive>(command, context.journal));
  v1::PutDirectiveResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_directive(), Shown(std::move(recorded)));
  return response;
}

absl::StatusOr<v1::RevokeDirectiveResponse> HandleRevokeDirective(
    const v1::RevokeDirectiveRequest& request, const ConsentContext& context) {
  HIE_RETURN_IF_ERROR(wire::FromProto(request.actor(), "actor").status());
  HIE_RETURN_IF_ERROR(
      wire::FromProto(request.subject(), "subject", wire::Incarnation::kRequired).status());
  if (!IsUuid(request.id())) return absl::InvalidArgumentError("id: want a UUID in lower case");
  v1::ConsentCommand command;
  v1::WithdrawDirective& withdraw = *command.mutable_withdraw_directive();
  *withdraw.mutable_actor() = request.actor();
  withdraw.set_id(request.id());
  *withdraw.mutable_subject() = request.subject();
  HIE_ASSIGN_OR_RETURN(v1::Directive revoked, ProposeFor<v1::Directive>(command, context.journal));
  v1::RevokeDirectiveResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_directive(), Shown(std::move(revoked)));
  return response;
}

absl::StatusOr<v1::ListDirectivesResponse> HandleListDirectives(
    const v1::ListDirectivesRequest& request, const ConsentContext& context) {
  HIE_ASSIGN_OR_RETURN(const std::vector<LocalPatient> patients,
                       FromProto(request.patients(), "patients", 1));
  const std::shared_ptr<const KvReader> state = context.journal.Snapshot();
  v1::ListDirectivesResponse response;
  for (const LocalPatient& patient : patients) {
    HIE_ASSIGN_OR_RETURN(std::vector<v1::Directive> versions,
                         ConsentStore(*state).History(patient));
    for (v1::Directive& version : versions) {
      HIE_ASSIGN_OR_RETURN(*response.add_directives(), Shown(std::move(version)));
    }
  }
  return response;
}

absl::StatusOr<v1::DecideResponse> HandleDecide(const v1::DecideRequest& request,
                                                const ConsentContext& context) {
  HIE_ASSIGN_OR_RETURN(const AccessRequest access, FromProto(request));
  HIE_ASSIGN_OR_RETURN(Evidence evidence, Load(request, access.certain, context));
  std::optional<Session> session;
  if (evidence.session) {
    absl::StatusOr<Session> read = FromProto(*evidence.session, "session");
    if (!read.ok()) return absl::DataLossError("consent: a session is not readable");
    session = *std::move(read);
  }
  const absl::Time now = context.clock.Now();
  const Decisions decisions =
      Decide(access, evidence.directives, context.policy, session ? &*session : nullptr, now);
  Complete(access, session, now, evidence);
  v1::DecideResponse response;
  for (const auto& [id, decision] : decisions) *response.add_decisions() = ToProto(id, decision);
  *response.mutable_token() = std::move(evidence.token);
  response.set_decision_id(MakeUuidV7(now, context.random));
  return response;
}

absl::StatusOr<v1::ConfirmFenceResponse> HandleConfirmFence(const v1::ConfirmFenceRequest& request,
                                                            const ConsentContext& context) {
  const v1::FenceToken& token = request.token();
  if (token.sequences().empty() || token.sequences_size() > kTokenRecordsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("token.sequences: want 1 to ", kTokenRecordsMax));
  }
  if (token.policy_epoch() != context.policy.epoch) return Moved();
  const absl::Time now = context.clock.Now();
  if (token.good_until_micros() != 0 && absl::ToUnixMicros(now) >= token.good_until_micros()) {
    return Moved();
  }
  const std::shared_ptr<const KvReader> state = context.journal.Snapshot();
  const ConsentStore store(*state);
  for (int i = 0; i < token.sequences_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(const LocalPatient patient,
                         wire::FromProto(token.sequences(i).patient(),
                                         absl::StrCat("token.sequences[", i, "].patient"),
                                         wire::Incarnation::kRequired));
    HIE_ASSIGN_OR_RETURN(const uint64_t sequence, store.Sequence(patient));
    if (sequence != token.sequences(i).sequence()) return Moved();
  }
  HIE_RETURN_IF_ERROR(ConfirmSession(token, store, now));
  return v1::ConfirmFenceResponse();
}

void ServeConsent(rpc::Server& server, const ConsentContext& context) {
  using Service = v1::ConsentService;
  // Binds a handler to its method.
  const auto serve = [&server, &context](auto method, auto handler) {
    using Method = decltype(method);
    server.Serve<Method>(
        [&context, handler](const rpc::CallContext&, const typename Method::Request& request) {
          return handler(request, context);
        });
  };
  serve(Service::PutDirective(), HandlePutDirective);
  serve(Service::RevokeDirective(), HandleRevokeDirective);
  serve(Service::ListDirectives(), HandleListDirectives);
  serve(Service::Decide(), HandleDecide);
  serve(Service::ConfirmFence(), HandleConfirmFence);
  serve(Service::OpenBreakGlass(), HandleOpenBreakGlass);
  serve(Service::AttestSecondTier(), HandleAttestSecondTier);
  serve(Service::EndBreakGlass(), HandleEndBreakGlass);
  serve(Service::NoteDisclosure(), HandleNoteDisclosure);
  serve(Service::ListNotices(), HandleListNotices);
}

}  // namespace hie::consent
