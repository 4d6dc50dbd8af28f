#include "services/common/crypto/jwk_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/base64url.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::crypto {
namespace {

constexpr json::ReadLimits kSetLimits{
    .bytes_max = kJwkSetBytesMax, .depth_max = 8, .elements_max = 1024};
// RFC 7518 sections 6.2.2, 6.3.2, 6.4.
constexpr absl::string_view kPrivateNumbers[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
constexpr size_t kP256CoordinatesBytes = 64;

absl::Status Bad(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("jwks: ", why));
}

bool IsAbsentOr(const json::Value& key, absl::string_view name, absl::string_view wanted) {
  const json::Value* value = key.Find(name);
  return value == nullptr || (value->IsString() && value->text() == wanted);
}

bool MayVerify(const json::Value& key) {
  const json::Value* operations = key.Find("key_ops");
  if (operations == nullptr) return true;
  const auto items = operations->items();
  return std::any_of(items.begin(), items.end(),
                     [](const json::Value& item) { return item.text() == "verify"; });
}

// The algorithm of a key that is taken.
std::optional<AssertionAlgorithm> AlgorithmOf(const json::Value& key) {
  if (!IsAbsentOr(key, "use", "sig") || !MayVerify(key)) return std::nullopt;
  if (key.Text("kty") == "RSA" && IsAbsentOr(key, "alg", "RS384")) {
    return AssertionAlgorithm::kRs384;
  }
  if (key.Text("kty") == "EC" && key.Text("crv") == "P-384" && IsAbsentOr(key, "alg", "ES384")) {
    return AssertionAlgorithm::kEs384;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> NumberOf(const json::Value& key, absl::string_view name) {
  absl::StatusOr<std::string> bytes = Base64UrlDecode(key.Text(name));
  if (!bytes.ok() || bytes->empty()) return Bad("a number that is not base64url");
  return bytes;
}

absl::StatusOr<AssertionPublicKey> KeyOf(const json::Value& key, AssertionAlgorithm algorithm) {
  const bool rsa = algorithm == AssertionAlgorithm::kRs384;
  HIE_ASSIGN_OR_RETURN(const std::string first, NumberOf(key, rsa ? "n" : "x"));
  HIE_ASSIGN_OR_RETURN(const std::string second, NumberOf(key, rsa ? "e" : "y"));
  absl::StatusOr<AssertionPublicKey> built = rsa ? AssertionPublicKey::FromRsa(first, second)
                                                 : AssertionPublicKey::FromP384(first, second);
  if (!built.ok()) return Bad(built.status().message());
  return built;
}

absl::StatusOr<std::string> KeyIdOf(const json::Value& key) {
  const absl::string_view id = key.Text("kid");
  const bool printable = std::all_of(id.begin(), id.end(), absl::ascii_isprint);
  if (id.empty() || id.size() > kJwkKeyIdBytesMax || !printable) {
    return Bad("want a kid of 1..128 printable bytes in every key");
  }
  return std::string(id);
}

absl::Status CheckPublic(const json::Value& key) {
  if (!key.IsObject()) return Bad("want objects in keys");
  for (const absl::string_view name : kPrivateNumbers) {
    if (key.Find(name) != nullptr) return Bad("holds a private or secret key: replace that key");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Jwk>> ReadJwkSet(absl::string_view text) {
  const absl::StatusOr<json::Value> set = json::Read(text, kSetLimits);
  if (!set.ok() || !set->IsObject()) return Bad("want a JSON object with keys");
  const auto keys = set->Each("keys");
  if (keys.size() > kJwkSetKeysMax) return Bad("want at most 32 keys");
  std::vector<Jwk> taken;
  absl::flat_hash_set<std::string> ids;
  for (const json::Value& key : keys) {
    HIE_RETURN_IF_ERROR(CheckPublic(key));
    const std::optional<AssertionAlgorithm> algorithm = AlgorithmOf(key);
    if (!algorithm) continue;
    HIE_ASSIGN_OR_RETURN(std::string id, KeyIdOf(key));
    if (!ids.insert(id).second) return Bad("want each kid once");
    HIE_ASSIGN_OR_RETURN(AssertionPublicKey built, KeyOf(key, *algorithm));
    taken.push_back({std::move(id), std::move(built)});
  }
  if (taken.empty()) return Bad("want at least one RS384 or ES384 signature key");
  return taken;
}

std::string WriteJwkSet(absl::string_view key_id, const PublicKey& key) {
  // The point ends the encoding: signing_key.cc admits no other.
  const std::string der = key.SpkiDer();
  const absl::string_view point = absl::string_view(der).substr(der.size() - kP256CoordinatesBytes);
  json::Writer w;
  w.BeginObject().Key("keys").BeginArray().BeginObject();
  w.Text("kty", "EC").Text("crv", "P-256").Text("alg", "ES256").Text("use", "sig");
  w.Text("kid", key_id);
  w.Text("x", Base64UrlEncode(point.substr(0, kP256CoordinatesBytes / 2)));
  w.Text("y", Base64UrlEncode(point.substr(kP256CoordinatesBytes / 2)));
  w.EndObject().EndArray().EndObject();
  return std::move(w).Take();
}

std::string WriteJwkSet(absl::string_view key_id, const AssertionPublicKey& key) {
  const bool rsa = key.algorithm() == AssertionAlgorithm::kRs384;
  const AssertionPublicKey::Numbers numbers = key.numbers();
  json::Writer w;
  w.BeginObject().Key("keys").BeginArray().BeginObject();
  w.Text("kty", rsa ? "RSA" : "EC").Text("crv", rsa ? "" : "P-384");
  w.Text("alg", AlgorithmName(key.algorithm())).Text("use", "sig").Text("kid", key_id);
  w.Text(rsa ? "n" : "x", Base64UrlEncode(numbers.first));
  w.Text(rsa ? "e" : "y", Base64UrlEncode(numbers.second));
  w.EndObject().EndArray().EndObject();
  return std::move(w).Take();
}

}  // namespace hie::crypto
