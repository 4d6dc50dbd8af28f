#include "gateway/auth/user_token.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/auth/jws.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"

namespace hie::auth {
namespace {

absl::Status NotSigned() {
  return absl::UnauthenticatedError("token: not signed by a registered key of this member");
}

// Lengths keep the parts apart: no two (key, message, signature) give the same text.
std::string Fingerprint(absl::string_view key, absl::string_view message,
                        absl::string_view signature) {
  return crypto::Sha256(
      absl::StrCat(key.size(), ":", message.size(), ":", key, message, signature));
}

}  // namespace

absl::StatusOr<std::string> MintToken(const UserStatement& statement, absl::string_view key_id,
                                      const crypto::PrivateKey& key, absl::Time now) {
  UserClaims claims;
  claims.issuer = statement.member;
  claims.user = statement.user;
  claims.audience = kGatewayAudience;
  claims.roles = statement.roles;
  claims.purpose = statement.purpose;
  claims.issued_at = now;
  claims.expires_at = now + kMintedLifetime;
  claims.auth_time = statement.auth_time;
  return SignJws(UserClaimsJson(claims), kUserTokenType, key_id, key);
}

absl::Status VerifiedSignatures::Verify(absl::string_view public_key_pem, absl::string_view message,
                                        absl::string_view signature) {
  const std::string fingerprint = Fingerprint(public_key_pem, message, signature);
  if (Touch(fingerprint)) return absl::OkStatus();
  const absl::StatusOr<crypto::PublicKey> key = crypto::PublicKey::FromPem(public_key_pem);
  if (!key.ok() || key->algorithm() != crypto::KeyAlgorithm::kEs256) {
    return absl::InternalError("token: the registered key is not an ES256 key");
  }
  HIE_RETURN_IF_ERROR(key->Verify(message, signature));
  Remember(fingerprint);  // Only what verified: strangers cannot push others out.
  return absl::OkStatus();
}

bool VerifiedSignatures::Touch(const std::string& fingerprint) {
  const MutexLock lock(mutex_);
  const auto found = known_.find(fingerprint);
  if (found == known_.end()) return false;
  recent_.splice(recent_.begin(), recent_, found->second);
  return true;
}

void VerifiedSignatures::Remember(const std::string& fingerprint) {
  const MutexLock lock(mutex_);
  if (capacity_ == 0 || known_.contains(fingerprint)) return;
  if (known_.size() == capacity_) {
    known_.erase(recent_.back());
    recent_.pop_back();
  }
  recent_.push_front(fingerprint);
  known_.emplace(fingerprint, recent_.begin());
}

size_t VerifiedSignatures::size() const {
  const MutexLock lock(mutex_);
  return known_.size();
}

absl::StatusOr<VerifiedToken> VerifyToken(absl::string_view token, const KeyLookup& find_key,
                                          const ClaimsPolicy& policy, absl::Time now,
                                          VerifiedSignatures& signatures) {
  HIE_ASSIGN_OR_RETURN(Jws jws, ParseJws(token, kUserTokenType));
  const std::optional<std::string> key = find_key(jws.key_id);
  if (!key) return NotSigned();
  const absl::Status verified = signatures.Verify(*key, jws.signing_input, jws.signature);
  if (absl::IsUnauthenticated(verified)) return NotSigned();
  HIE_RETURN_IF_ERROR(verified);
  VerifiedToken result{{}, std::move(jws.key_id)};
  HIE_ASSIGN_OR_RETURN(result.claims, ParseUserClaims(jws.payload));
  HIE_RETURN_IF_ERROR(CheckUserClaims(result.claims, policy, now));
  return result;
}

}  // namespace hie::auth
