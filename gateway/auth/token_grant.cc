#include "gateway/auth/token_grant.h"

#include <algorithm>

#include "services/common/member/api_scope.h"

namespace hie::auth {
namespace {

template <typename T>
bool Contains(const std::vector<T>& list, const T& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool MayClaim(const ApiClient& client, Purpose purpose) {
  return purpose == Purpose::kUnspecified || Contains(client.purposes, purpose);
}

bool MayAssert(const Member& member, const std::vector<std::string>& roles) {
  return std::all_of(roles.begin(), roles.end(),
                     [&member](const std::string& role) { return Contains(member.roles, role); });
}

}  // namespace

absl::StatusOr<AccessClaims> DecideGrant(const Member& member, const ApiClient& client,
                                         const TokenWish& wish) {
  const SubjectClaims& subject = wish.subject;
  if (!MayClaim(client, subject.purpose)) {
    return absl::PermissionDeniedError("purpose_of_use: the client is not registered for it");
  }
  if (!MayAssert(member, subject.roles)) {
    return absl::PermissionDeniedError("subject_role: the member may not assert it");
  }
  if (!subject.home_community_id.empty() && subject.home_community_id != member.home_community) {
    return absl::PermissionDeniedError("home_community_id: want the member's own");
  }
  AccessClaims claims;
  claims.scopes = IntersectScopes(wish.scopes, client.scopes);
  if (claims.scopes.empty()) {
    return absl::PermissionDeniedError("scope: the client is registered for none of these");
  }
  claims.client_id = client.id;
  claims.auth_time = wish.auth_time;
  claims.certificate_sha256 = wish.certificate_sha256;
  claims.subject_claims = subject;
  return claims;
}

absl::Status ReaffirmGrant(const Member& member, const ApiClient& client,
                           const AccessClaims& claims) {
  if (MayClaim(client, claims.subject_claims.purpose) &&
      MayAssert(member, claims.subject_claims.roles)) {
    return absl::OkStatus();
  }
  return absl::UnauthenticatedError("token: what it claims was taken back");
}

}  // namespace hie::auth
