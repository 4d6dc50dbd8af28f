#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/labels/access.h"

namespace hie::auth {

inline constexpr size_t kUserBytesMax = 128;
inline constexpr size_t kRolesMax = 8;

// What a member's token says of one of its users (RFC 7519 claims in brackets).
struct UserClaims {
  std::string issuer;                        // [iss] The member's id.
  std::string user;                          // [sub] Within the member, 1..128 printable bytes.
  std::string audience;                      // [aud] One string.
  std::vector<std::string> roles;            // [roles] 1..8 of kUserRoles, none twice.
  Purpose purpose = Purpose::kUnspecified;   // [purpose_of_use] A v3 ActReason code; may be absent.
  absl::Time issued_at = absl::UnixEpoch();  // [iat]
  absl::Time not_before = absl::InfinitePast();  // [nbf] May be absent.
  absl::Time expires_at = absl::UnixEpoch();     // [exp]
  absl::Time auth_time = absl::UnixEpoch();      // [auth_time] Last sign-in; epoch: not said.
  friend bool operator==(const UserClaims&, const UserClaims&) = default;
};

// Reads claims from a payload.
//
// Strict where a reader could be misled: one object, no name twice, times as integers of seconds,
// `aud` and `purpose_of_use` one string each.  Claims that are not listed above are ignored, as
// RFC 7519 wants.  UNAUTHENTICATED, `token: ...`.
absl::StatusOr<UserClaims> ParseUserClaims(absl::string_view payload);

// Returns the payload; ParseUserClaims reads it back to the second.
std::string UserClaimsJson(const UserClaims& claims);

// What is asked of claims beyond their shape.
struct ClaimsPolicy {
  std::string audience = "hie-gateway";
  absl::Duration leeway = absl::Seconds(30);        // Between two clocks.
  absl::Duration lifetime_max = absl::Minutes(15);  // From iat to exp.
};

// Tells whether claims hold at `now`: audience, lifetime, not expired, not from the future, signed
// in not after they were issued.  UNAUTHENTICATED, `token: ...`.
absl::Status CheckUserClaims(const UserClaims& claims, const ClaimsPolicy& policy, absl::Time now);

// The ActReason code of a purpose: TREAT, ETREAT, BTG, HPAYMT, HOPERAT, PATRQT, PUBHLTH, HRESCH,
// PATADMIN; "" for kUnspecified.
absl::string_view PurposeCode(Purpose purpose);

// The purpose of an ActReason code; nothing for codes that are not in the list above.
std::optional<Purpose> PurposeOfCode(absl::string_view code);

}  // namespace hie::auth
