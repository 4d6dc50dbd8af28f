#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/labels/access.h"
#include "services/common/patient/local_patient.h"
#include "services/consent/access_request.h"
#include "services/consent/policy.h"

namespace hie::consent {

// Values equal hie.consent.v1.SessionState.
enum class SessionState { kActiveTier1 = 1, kActiveTier2 = 2, kEnded = 3 };

// A break-glass session as a decision sees it.
struct Session {
  std::string id;
  Actor actor;                         // Who opened it.
  std::vector<LocalPatient> patients;  // The person's records then.
  SessionState state = SessionState::kEnded;
  absl::Time expires = absl::InfinitePast();
};

// Tiers of what break-glass opens.
enum class Tier { kOne = 1, kTwo = 2 };

// Tells whether the session is neither ended nor expired at `now`.
bool IsActive(const Session& session, absl::Time now);

// Tells whether the session is active and was opened by this user, of this member, with this
// client key, for this person: one record in common.  A record that was linked since, such as the
// registration at the emergency department, does not end it.
bool Covers(const Session& session, const AccessRequest& request, absl::Time now);

// Returns the tier in which an item is opened.  T1: the classes that the policy names, and
// encounters that certainly reach into the last while; all else is T2.
Tier TierOf(const Item& item, Action action, const BreakGlassRules& rules, absl::Time now);

// Checks who wants to open a session: PERMISSION_DENIED where no role of the actor is eligible,
// where there is no user, or where the last sign-in is unknown, older than the policy's step-up or
// more than a minute in the future.
absl::Status CheckEligible(const Actor& actor, const BreakGlassRules& rules, absl::Time now);

}  // namespace hie::consent
