#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/subject_claims.h"
#include "services/common/base/mutex.h"
#include "services/common/crypto/signing_key.h"

// The exchange's own access tokens (RFC 9068): ES256 JWTs of type `at+jwt` with IUA's claims.
namespace hie::auth {

inline constexpr char kAccessTokenType[] = "at+jwt";
inline constexpr absl::Duration kAccessTokenLifetime = absl::Minutes(5);

// What an access token says.
struct AccessClaims {
  std::string issuer;
  std::string client_id;
  std::string audience;
  std::string id;
  absl::Time issued_at = absl::UnixEpoch();
  absl::Time expires_at = absl::UnixEpoch();
  absl::Time auth_time = absl::UnixEpoch();
  std::vector<std::string> scopes;
  // Lower-case hexadecimal SHA-256 of the public key (SPKI) of the TLS certificate with which it
  // was asked for and must be shown; empty: not bound.
  std::string certificate_sha256;
  SubjectClaims subject_claims;
  // What the bearer acts as, for Actor::roles: the subject's roles and those of the scopes.  Made
  // when a token is read, never written.
  std::vector<std::string> acting_roles;
};

// Signs a token.  `key` must be of ES256; errors as SignJws.
absl::StatusOr<std::string> MintAccessToken(const AccessClaims& claims, absl::string_view key_id,
                                            const crypto::PrivateKey& key);

// Reads the payload of a token whose signature was verified.  UNAUTHENTICATED, `token: ...`.
absl::StatusOr<AccessClaims> ParseAccessClaims(absl::string_view payload);

// Remembers tokens that verified with what they say, so that a token is verified and read once.
//
// Bounded, least recently used first out.  Knows nothing of time, revocation or certificates: these
// are looked at on every call.  Thread-safe.
class VerifiedAccessTokens {
 public:
  explicit VerifiedAccessTokens(size_t capacity) : capacity_(capacity) {}

  // Null where the token is not remembered.
  std::shared_ptr<const AccessClaims> Find(absl::string_view token);
  void Remember(absl::string_view token, std::shared_ptr<const AccessClaims> claims);
  size_t size() const;

 private:
  struct Entry {
    std::string fingerprint;
    std::shared_ptr<const AccessClaims> claims;
  };

  const size_t capacity_;
  mutable Mutex mutex_;
  std::list<Entry> recent_ HIE_GUARDED_BY(mutex_);  // Newest first.
  absl::flat_hash_map<std::string, std::list<Entry>::iterator> known_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::auth
