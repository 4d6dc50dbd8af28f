#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/auth/access_token.h"
#include "gateway/auth/subject_claims.h"
#include "services/common/member/member.h"

// What a client that proved who it is may have.  Pure.
namespace hie::auth {

// What a client asks for.
struct TokenWish {
  std::vector<std::string> scopes;
  SubjectClaims subject;
  absl::Time auth_time = absl::UnixEpoch();
  std::string certificate_sha256;  // Shown; empty: none.
};

// Decides scopes, subject and binding of a token; issuer, audience, id and times are the caller's.
//
// Scopes are those asked that are registered (IntersectScopes).  PERMISSION_DENIED: none is left, a
// purpose that the client may not claim, a role that the member may not assert, another home
// community than the member's: a client speaks for its own member only.
absl::StatusOr<AccessClaims> DecideGrant(const Member& member, const ApiClient& client,
                                         const TokenWish& wish);

// Tells whether what was granted is still so: the same, of a token that is shown later.
// UNAUTHENTICATED: the purpose or a role was taken back since.
absl::Status ReaffirmGrant(const Member& member, const ApiClient& client,
                           const AccessClaims& claims);

}  // namespace hie::auth
