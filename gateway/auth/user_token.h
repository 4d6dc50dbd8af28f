#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/user_claims.h"
#include "services/common/base/mutex.h"
#include "services/common/crypto/signing_key.h"

// The token with which a member vouches for one of its users: an ES256 JWT of type `hie-user+jwt`.
namespace hie::auth {

inline constexpr char kUserTokenType[] = "hie-user+jwt";
inline constexpr char kGatewayAudience[] = "hie-gateway";
inline constexpr absl::Duration kMintedLifetime = absl::Minutes(5);

// What to vouch for.
struct UserStatement {
  std::string member;
  std::string user;
  std::vector<std::string> roles;            // Of kUserRoles.
  Purpose purpose = Purpose::kUnspecified;   // kUnspecified: left out.
  absl::Time auth_time = absl::UnixEpoch();  // Epoch: left out.
};

// Mints a token for the gateway that lives five minutes from `now`.  For clients: hiectl, tests, a
// member's own systems.  `key_id` is crypto::TokenKeyId(key.public_key()) where InitPki made it.
// INVALID_ARGUMENT: not an ES256 key, or a key id that SignJws refuses.
absl::StatusOr<std::string> MintToken(const UserStatement& statement, absl::string_view key_id,
                                      const crypto::PrivateKey& key, absl::Time now);

// Remembers which signatures were verified, so that a token is verified once, not per call.
//
// Bounded, least recently used first out.  It knows nothing of claims, revocation or time: these
// are looked at on every call.  Thread-safe.
class VerifiedSignatures {
 public:
  explicit VerifiedSignatures(size_t capacity) : capacity_(capacity) {}

  // Verifies, or remembers having done so.  UNAUTHENTICATED: it does not verify.  `public_key_pem`
  // is part of what is remembered: another key verifies anew.  INTERNAL: the key is not one.
  absl::Status Verify(absl::string_view public_key_pem, absl::string_view message,
                      absl::string_view signature);

  size_t size() const;

 private:
  bool Touch(const std::string& fingerprint);
  void Remember(const std::string& fingerprint);

  const size_t capacity_;
  mutable Mutex mutex_;
  std::list<std::string> recent_ HIE_GUARDED_BY(mutex_);  // Newest first.
  absl::flat_hash_map<std::string, std::list<std::string>::iterator> known_ HIE_GUARDED_BY(mutex_);
};

// Returns the public key (PEM) of a key id, or nothing where it is unknown or revoked.
using KeyLookup = std::function<std::optional<std::string>(absl::string_view key_id)>;

// A token that was verified.
struct VerifiedToken {
  UserClaims claims;
  std::string key_id;
};

// Verifies a token: shape, key, signature, claims, in this order, so that no claim is read before
// its signature.  UNAUTHENTICATED, `token: ...`; an unknown key, a revoked key and a wrong
// signature are not told apart.
absl::StatusOr<VerifiedToken> VerifyToken(absl::string_view token, const KeyLookup& find_key,
                                          const ClaimsPolicy& policy, absl::Time now,
                                          VerifiedSignatures& signatures);

}  // namespace hie::auth
