#include "gateway/fhir/clinical/break_glass_session.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;

bool IsEmergency(Purpose purpose) {
  return purpose == Purpose::kBtg || purpose == Purpose::kEtreat;
}

// "threat-to-life", "THREAT_TO_LIFE".
absl::StatusOr<consent::v1::EmergencyReason> ReadReason(const std::string& word) {
  consent::v1::EmergencyReason reason = consent::v1::EMERGENCY_REASON_UNSPECIFIED;
  const std::string name = absl::StrCat(
      "EMERGENCY_REASON_", absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}})));
  if (!consent::v1::EmergencyReason_Parse(name, &reason) ||
      reason == consent::v1::EMERGENCY_REASON_UNSPECIFIED) {
    return absl::InvalidArgumentError("break-glass reason: want one of the list");
  }
  return reason;
}

absl::StatusOr<exchange::v1::OpenBreakGlassRequest> MakeRequest(
    const auth::BreakGlassClaims& claims, const exchange::v1::PatientSubject& subject) {
  const auto reason = ReadReason(claims.reason);
  if (!reason.ok()) return reason.status();
  exchange::v1::OpenBreakGlassRequest request;
  *request.mutable_subject() = subject;
  request.mutable_reentered()->add_names()->set_family(claims.family);
  request.mutable_reentered()->set_birth_date(claims.birth_date);
  request.set_reason(*reason);
  request.set_encounter(claims.encounter);
  request.set_attests_emergency(claims.attests_emergency);
  request.set_attests_consent_impracticable(claims.attests_consent_impracticable);
  request.set_attests_information_needed(claims.attests_information_needed);
  request.set_narrative(claims.narrative);
  return request;
}

// Who declared what about whom; another user, place or person is another session.
std::string KeyOf(const Call& call, const exchange::v1::OpenBreakGlassRequest& request) {
  const Actor& actor = call.caller().caller.actor;
  std::string key;
  for (const absl::string_view part :
       {absl::string_view(actor.member.value()), absl::string_view(actor.user),
        absl::string_view(actor.client_key), absl::string_view(call.caller().client_id)}) {
    absl::StrAppend(&key, part.size(), ":", part);
  }
  absl::StrAppend(&key, static_cast<int>(actor.purpose), ":", request.SerializeAsString());
  return key;
}

// The same declaration, whoever it is about.
std::string DeclarationOf(const Call& call, exchange::v1::OpenBreakGlassRequest request) {
  request.clear_subject();
  return KeyOf(call, request);
}

Failure NoSessionYet() {
  return Fail(400, "required",
              "The emergency is not open for this person: search with patient under the same "
              "declaration first, or name its session in the assertion.");
}

}  // namespace

void BreakGlassSessions::With(const std::shared_ptr<Call>& call,
                              const exchange::v1::PatientSubject& subject, Done done) {
  const auth::ApiCaller& caller = call->caller();
  if (!caller.break_glass || !IsEmergency(caller.caller.actor.purpose)) return done("");
  if (!caller.break_glass->session_id.empty()) return done(caller.break_glass->session_id);
  const auto request = MakeRequest(*caller.break_glass, subject);
  if (!request.ok()) return done(request.status());
  const std::string key = KeyOf(*call, *request);
  if (Remembered(key, DeclarationOf(*call, *request), call->services().clock->Now(), done)) return;
  call->Ask<ExchangeService::OpenBreakGlass>(
      *request, [self = shared_from_this(),
                 key](absl::StatusOr<exchange::v1::OpenBreakGlassResponse> response) {
        self->Opened(key, std::move(response));
      });
}

Reading<std::string> BreakGlassSessions::Known(const Call& call) {
  const auth::ApiCaller& caller = call.caller();
  if (!caller.break_glass || !IsEmergency(caller.caller.actor.purpose)) return std::string();
  if (!caller.break_glass->session_id.empty()) return caller.break_glass->session_id;
  const auto request = MakeRequest(*caller.break_glass, {});
  if (!request.ok()) return FromStatus(request.status());
  const std::string declaration = DeclarationOf(call, *request);
  const absl::Time now = call.services().clock->Now();
  const MutexLock lock(mutex_);
  const Session* last = nullptr;
  for (const auto& [key, session] : sessions_) {
    const bool open = !session.id.empty() && session.expires > now;
    if (!open || session.declaration != declaration) continue;
    if (last == nullptr || session.expires > last->expires) last = &session;
  }
  if (last == nullptr) return NoSessionYet();
  return last->id;
}

// Answers with a session that is open, or waits for one that is being opened; else the caller opens
// it.
bool BreakGlassSessions::Remembered(const std::string& key, const std::string& declaration,
                                    absl::Time now, Done& done) {
  std::string id;
  {
    const MutexLock lock(mutex_);
    Forget(now);
    const auto [found, made] = sessions_.try_emplace(key);
    if (made) found->second.declaration = declaration;
    if (made || found->second.id.empty()) {
      found->second.waiting.push_back(std::move(done));
      return !made;
    }
    id = found->second.id;
  }
  done(std::move(id));
  return true;
}

void BreakGlassSessions::Opened(const std::string& key,
                                absl::StatusOr<exchange::v1::OpenBreakGlassResponse> response) {
  std::vector<Done> waiting;
  {
    const MutexLock lock(mutex_);
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return;
    waiting.swap(found->second.waiting);
    if (response.ok() && !response->session_id().empty()) {
      found->second.id = response->session_id();
      found->second.expires = absl::FromUnixMicros(response->expires_micros());
    } else {
      sessions_.erase(found);
    }
  }
  for (const Done& done : waiting) {
    if (!response.ok()) {
      done(response.status());
    } else {
      done(response->session_id());
    }
  }
}

// Drops what has expired and, beyond the bound, one that ends first: its next request opens another
// session.
void BreakGlassSessions::Forget(absl::Time now) {
  auto first = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (at->second.expires <= now) {
      sessions_.erase(at++);
      continue;
    }
    if (!at->second.id.empty() &&
        (first == sessions_.end() || at->second.expires < first->second.expires)) {
      first = at;
    }
    ++at;
  }
  if (sessions_.size() >= kSessionsRememberedMax && first != sessions_.end()) {
    sessions_.erase(first);
  }
}

}  // namespace hie::fhir
