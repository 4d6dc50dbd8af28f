#include "services/consent/session.h"

#include <algorithm>

namespace hie::consent {
namespace {

// How far a member's clock may be ahead of ours.
constexpr absl::Duration kClockSkewMax = absl::Minutes(1);

}  // namespace

bool IsActive(const Session& session, absl::Time now) {
  return session.state != SessionState::kEnded && now < session.expires;
}

bool Covers(const Session& session, const AccessRequest& request, absl::Time now) {
  const Actor& opener = session.actor;
  const Actor& actor = request.actor;
  if (!IsActive(session, now) || actor.user.empty() || opener.user != actor.user ||
      opener.member != actor.member || opener.client_key != actor.client_key) {
    return false;
  }
  return std::any_of(request.certain.begin(), request.certain.end(), [&](const LocalPatient& p) {
    return std::find(session.patients.begin(), session.patients.end(), p) != session.patients.end();
  });
}

Tier TierOf(const Item& item, Action action, const BreakGlassRules& rules, absl::Time now) {
  const std::set<ClinicalClass>& tier1 =
      action == Action::kLocate ? rules.tier1_locate : rules.tier1_retrieve;
  if (tier1.count(item.clinical_class) > 0) return Tier::kOne;
  if (item.clinical_class != ClinicalClass::kEncounter) return Tier::kTwo;
  // The latest moment that it is known to have reached.
  const ServicePeriod& service = item.service;
  const bool ends = service.to != absl::InfiniteFuture();
  const absl::Time reached = ends ? service.to : service.from;
  if (reached == absl::InfinitePast()) return Tier::kTwo;
  return reached >= now - rules.tier1_encounters_of && service.from <= now ? Tier::kOne
                                                                           : Tier::kTwo;
}

absl::Status CheckEligible(const Actor& actor, const BreakGlassRules& rules, absl::Time now) {
  if (actor.user.empty()) {
    return absl::PermissionDeniedError("break-glass: want a person, not a system");
  }
  const bool eligible =
      std::any_of(actor.roles.begin(), actor.roles.end(),
                  [&](const std::string& role) { return rules.roles.count(role); });
  if (!eligible) return absl::PermissionDeniedError("break-glass: want an eligible role");
  if (actor.auth_time == absl::UnixEpoch() || actor.auth_time > now + kClockSkewMax ||
      actor.auth_time < now - rules.step_up_max) {
    return absl::PermissionDeniedError("break-glass: want a fresh sign-in");
  }
  return absl::OkStatus();
}

}  // namespace hie::consent
