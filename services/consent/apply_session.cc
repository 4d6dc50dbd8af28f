#include "services/consent/apply_session.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::consent {
namespace {

constexpr char kPrivacyOfficer[] = "privacy_officer";

std::string ReasonWord(v1::EmergencyReason reason) {
  return absl::AsciiStrToLower(v1::EmergencyReason_Name(reason));
}

void AuditSession(const v1::BreakGlassSession& session, const common::v1::Actor& actor,
                  const std::vector<std::string>& words, Change& change) {
  change.Audit(audit::v1::EVENT_TYPE_BREAK_GLASS, actor, session.patients(), session.id(), words);
}

bool IsOpener(const v1::BreakGlassSession& session, const common::v1::Actor& actor) {
  return session.actor().member() == actor.member() && session.actor().user() == actor.user() &&
         session.actor().client_key() == actor.client_key();
}

// A privacy officer of the session's member may end it.
bool IsPrivacyOfficer(const v1::BreakGlassSession& session, const common::v1::Actor& actor) {
  return session.actor().member() == actor.member() &&
         std::count(actor.roles().begin(), actor.roles().end(), kPrivacyOfficer) > 0;
}

absl::StatusOr<v1::BreakGlassSession> Find(const std::string& id, const Change& change) {
  HIE_ASSIGN_OR_RETURN(std::optional<v1::BreakGlassSession> session, change.store().Session(id));
  if (!session) return absl::NotFoundError("session_id: no such session");
  return *std::move(session);
}

bool IsOver(const v1::BreakGlassSession& session, const Change& change) {
  return session.state() == v1::SESSION_STATE_ENDED ||
         change.now_micros() >= session.expires_micros();
}

absl::StatusOr<bool> IsUnusual(const v1::OpenSession& command, const Change& change) {
  const std::string& member = command.session().actor().member();
  const std::string& user = command.session().actor().user();
  HIE_ASSIGN_OR_RETURN(const int last_hour,
                       change.store().OpenedSince(member, user, change.now() - absl::Hours(1)));
  HIE_ASSIGN_OR_RETURN(const int last_day,
                       change.store().OpenedSince(member, user, change.now() - absl::Hours(24)));
  return last_hour >= static_cast<int>(command.sessions_per_hour()) ||
         last_day >= static_cast<int>(command.sessions_per_day());
}

}  // namespace

absl::StatusOr<v1::BreakGlassSession> OpenSession(const v1::OpenSession& command, Change& change) {
  v1::BreakGlassSession session = command.session();
  HIE_ASSIGN_OR_RETURN(const bool unusual, IsUnusual(command, change));
  session.set_state(v1::SESSION_STATE_ACTIVE_T1);
  session.set_version(1);
  session.set_opened_micros(change.now_micros());
  session.set_expires_micros(change.now_micros() + command.length_micros());
  session.set_review_required(unusual);
  ConsentStore::PutSession(session, change.batch());
  ConsentStore::PutOpening(session, change.batch());
  std::vector<std::string> words = {"opened", ReasonWord(session.reason())};
  change.Notify(session.actor().member(), session.id(), "break-glass-opened");
  if (unusual) {
    words.emplace_back("review-required");
    change.Notify(session.actor().member(), session.id(), "break-glass-review");
  }
  AuditSession(session, session.actor(), words, change);
  return session;
}

void RefuseSession(const v1::RefuseSession& command, Change& change) {
  change.Audit(audit::v1::EVENT_TYPE_BREAK_GLASS, command.actor(), command.patients(), "",
               {"refused", ReasonWord(command.reason())});
}

absl::StatusOr<v1::BreakGlassSession> RaiseSession(const v1::RaiseSession& command,
                                                   Change& change) {
  HIE_ASSIGN_OR_RETURN(v1::BreakGlassSession session, Find(command.session_id(), change));
  if (!IsOpener(session, command.actor())) {
    return absl::PermissionDeniedError("actor: want the session's user");
  }
  if (IsOver(session, change)) {
    return absl::FailedPreconditionError("session_id: want a session that is not over");
  }
  if (session.state() == v1::SESSION_STATE_ACTIVE_T1_T2) return session;
  session.set_state(v1::SESSION_STATE_ACTIVE_T1_T2);
  session.set_version(session.version() + 1);
  ConsentStore::PutSession(session, change.batch());
  change.Notify(session.actor().member(), session.id(), "break-glass-tier2");
  AuditSession(session, command.actor(), {"tier2"}, change);
  return session;
}

absl::StatusOr<v1::BreakGlassSession> EndSession(const v1::EndSession& command, Change& change) {
  HIE_ASSIGN_OR_RETURN(v1::BreakGlassSession session, Find(command.session_id(), change));
  if (!IsOpener(session, command.actor()) && !IsPrivacyOfficer(session, command.actor())) {
    return absl::PermissionDeniedError("actor: want the session's user or a privacy officer");
  }
  if (session.state() == v1::SESSION_STATE_ENDED) return session;
  session.set_state(v1::SESSION_STATE_ENDED);
  session.set_version(session.version() + 1);
  ConsentStore::PutSession(session, change.batch());
  AuditSession(session, command.actor(), {"ended"}, change);
  return session;
}

absl::StatusOr<uint32_t> FileDisclosures(const v1::FileDisclosures& command, Change& change) {
  HIE_ASSIGN_OR_RETURN(const v1::BreakGlassSession session, Find(command.session_id(), change));
  uint32_t filed = 0;
  for (const std::string& custodian : command.custodians()) {
    HIE_ASSIGN_OR_RETURN(const bool known, change.store().IsDisclosed(session.id(), custodian));
    if (known) continue;
    ConsentStore::PutDisclosed(session.id(), custodian, change.batch());
    change.Notify(custodian, session.id(), "break-glass-disclosure");
    ++filed;
  }
  return filed;
}

}  // namespace hie::consent
