#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/auth/user_claims.h"
#include "gateway/auth/user_token.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/rpc/caller.h"

namespace hie::auth {

// Recognises members and their users at the gateway's door.  Thread-safe; does not block.
//
// Authenticate, all of:
// * a client certificate with the URI name `urn:hie:member:<id>`, whose public key the directory
//   holds, unrevoked, for that very member (roles' certificates and in-process peers are refused:
//   the exchange does not query itself);
// * with a bearer token: as VerifyToken, signed by an unrevoked token key of the same member,
// issued
//   by the same member, and claiming only roles that the directory lets this member assert.
// Without a token the caller is a system of the member: no user, no roles, purpose PATADMIN.
//
// A credential that cannot be used is UNAUTHENTICATED (HTTP 401); one that is good and not enough
// is PERMISSION_DENIED (403) from Authorize: a suspended member, a missing role, a missing or
// unfit purpose.  UNAVAILABLE: there is no directory, or it is older than `directory_age_max`.
class GatewayAccessPolicy final : public rpc::AccessPolicy {
 public:
  struct Options {
    const members::MemberDirectorySource* directory = nullptr;  // Must outlive the policy.
    const Clock* clock = nullptr;                               // Must outlive the policy.
    ClaimsPolicy claims = {};
    // Revocations act within the cache's poll period; this bounds how long care goes on when the
    // directory role is down, as the consent snapshot for emergencies is bounded.
    absl::Duration directory_age_max = absl::Hours(24);
    size_t signatures_max = 10'000;  // Remembered; about 200 bytes each.
  };

  explicit GatewayAccessPolicy(Options options);

  absl::StatusOr<rpc::Caller> Authenticate(const rpc::Peer& peer) const override;
  absl::Status Authorize(const rpc::Caller& caller,
                         options::v1::Permission permission) const override;
  // Of a system whose call goes on, such as an agent's: its certificate is not revoked since, and
  // it is still authorised.  Errors as the two above.
  absl::Status Reaffirm(const rpc::Caller& caller, options::v1::Permission permission) const;

 private:
  using Directory = std::shared_ptr<const members::MemberDirectory>;
  absl::StatusOr<Directory> CurrentDirectory() const;
  absl::Status ReadToken(const rpc::Peer& peer, const members::MemberDirectory& directory,
                         const Member& member, Actor& actor) const;

  const Options options_;
  mutable VerifiedSignatures signatures_;
};

}  // namespace hie::auth
