#include "gateway/auth/access_token.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gateway/auth/grants.h"
#include "gateway/auth/jws.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::auth {
namespace {

constexpr json::ReadLimits kPayloadLimits{
    .bytes_max = 8 << 10, .depth_max = 8, .elements_max = 256};
// Not `x5t#S256`: that is the hash of a whole certificate, which a renewal changes, whereas the
// directory registers keys (RFC 8705 section 3.1 leaves room for other members).
constexpr char kBinding[] = "spki#S256";

absl::Status Bad(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("token: ", why));
}

absl::StatusOr<absl::Time> ReadTime(const json::Value& payload, absl::string_view name) {
  const json::Value* claim = payload.Find(name);
  const std::optional<int64_t> seconds = claim == nullptr ? std::nullopt : claim->integer();
  if (!seconds) return Bad(absl::StrCat("want ", name, " as whole seconds since 1970"));
  return absl::FromUnixSeconds(*seconds);
}

}  // namespace

absl::StatusOr<std::string> MintAccessToken(const AccessClaims& claims, absl::string_view key_id,
                                            const crypto::PrivateKey& key) {
  json::Writer w;
  w.BeginObject().Text("iss", claims.issuer).Text("sub", claims.client_id);
  w.Text("client_id", claims.client_id).Text("aud", claims.audience).Text("jti", claims.id);
  w.Key("iat").Integer(absl::ToUnixSeconds(claims.issued_at));
  w.Key("exp").Integer(absl::ToUnixSeconds(claims.expires_at));
  w.Key("auth_time").Integer(absl::ToUnixSeconds(claims.auth_time));
  w.Text("scope", absl::StrJoin(claims.scopes, " "));
  if (!claims.certificate_sha256.empty()) {
    w.Key("cnf").BeginObject().Text(kBinding, claims.certificate_sha256).EndObject();
  }
  WriteSubject(claims.subject_claims, w);
  w.EndObject();
  return SignJws(std::move(w).Take(), kAccessTokenType, key_id, key);
}

absl::StatusOr<AccessClaims> ParseAccessClaims(absl::string_view payload) {
  const absl::StatusOr<json::Value> read = json::Read(payload, kPayloadLimits);
  if (!read.ok() || !read->IsObject()) return Bad("payload is not a JSON object");
  AccessClaims claims;
  claims.issuer = std::string(read->Text("iss"));
  claims.client_id = std::string(read->Text("client_id"));
  claims.audience = std::string(read->Text("aud"));
  claims.id = std::string(read->Text("jti"));
  HIE_ASSIGN_OR_RETURN(claims.issued_at, ReadTime(*read, "iat"));
  HIE_ASSIGN_OR_RETURN(claims.expires_at, ReadTime(*read, "exp"));
  HIE_ASSIGN_OR_RETURN(claims.auth_time, ReadTime(*read, "auth_time"));
  claims.scopes = absl::StrSplit(read->Text("scope"), ' ', absl::SkipEmpty());
  if (const json::Value* confirmation = read->Find("cnf")) {
    claims.certificate_sha256 = std::string(confirmation->Text(kBinding));
    // Bound in a way that is not understood here: not unbound.
    if (claims.certificate_sha256.empty()) return Bad("want another binding");
  }
  absl::StatusOr<SubjectClaims> subject = ParseSubjectClaims(read->Find("extensions"));
  if (!subject.ok()) return Bad("extensions are malformed");
  claims.subject_claims = *std::move(subject);
  claims.acting_roles = claims.subject_claims.roles;
  for (std::string& role : BackendRoles(claims.scopes)) {
    claims.acting_roles.push_back(std::move(role));
  }
  return claims;
}

std::shared_ptr<const AccessClaims> VerifiedAccessTokens::Find(absl::string_view token) {
  const std::string fingerprint = crypto::Sha256(token);
  const MutexLock lock(mutex_);
  const auto found = known_.find(fingerprint);
  if (found == known_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->claims;
}

void VerifiedAccessTokens::Remember(absl::string_view token,
                                    std::shared_ptr<const AccessClaims> claims) {
  std::string fingerprint = crypto::Sha256(token);
  const MutexLock lock(mutex_);
  if (capacity_ == 0 || known_.contains(fingerprint)) return;
  if (known_.size() == capacity_) {
    known_.erase(recent_.back().fingerprint);
    recent_.pop_back();
  }
  recent_.push_front({fingerprint, std::move(claims)});
  known_.emplace(std::move(fingerprint), recent_.begin());
}

size_t VerifiedAccessTokens::size() const {
  const MutexLock lock(mutex_);
  return known_.size();
}

}  // namespace hie::auth
