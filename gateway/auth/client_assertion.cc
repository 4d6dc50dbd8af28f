#include "gateway/auth/client_assertion.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/base64url.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::auth {
namespace {

constexpr json::ReadLimits kHeaderLimits{.bytes_max = 2 << 10, .depth_max = 4, .elements_max = 32};
constexpr json::ReadLimits kPayloadLimits{
    .bytes_max = 12 << 10, .depth_max = 8, .elements_max = 256};
constexpr int64_t kSecondsMax = 253402300799;  // The end of the year 9999.
constexpr absl::Duration kSignedLifetime = absl::Minutes(4);
constexpr absl::string_view kRefusedHeaders[] = {"crit", "x5u", "x5c", "jwk",
                                                 "b64",  "zip", "enc", "cty"};

absl::Status Bad(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("client assertion: ", why));
}

absl::StatusOr<std::string> Decode(absl::string_view part, absl::string_view name) {
  absl::StatusOr<std::string> bytes = crypto::Base64UrlDecode(part);
  if (!bytes.ok()) return Bad(absl::StrCat(name, " is not base64url"));
  return bytes;
}

absl::StatusOr<crypto::AssertionAlgorithm> AlgorithmOf(absl::string_view name) {
  for (const auto known :
       {crypto::AssertionAlgorithm::kRs384, crypto::AssertionAlgorithm::kEs384}) {
    if (crypto::AlgorithmName(known) == name) return known;
  }
  return Bad("want alg RS384 or ES384");
}

absl::Status ReadHeader(absl::string_view text, ClientAssertion& assertion) {
  const absl::StatusOr<json::Value> header = json::Read(text, kHeaderLimits);
  if (!header.ok() || !header->IsObject()) return Bad("header is not a JSON object");
  for (const absl::string_view refused : kRefusedHeaders) {
    if (header->Find(refused) != nullptr) return Bad("header has a member that is not taken");
  }
  if (header->Text("typ") != "JWT") return Bad("want typ JWT");
  HIE_ASSIGN_OR_RETURN(assertion.algorithm, AlgorithmOf(header->Text("alg")));
  assertion.key_id = std::string(header->Text("kid"));
  if (assertion.key_id.empty() || assertion.key_id.size() > crypto::kJwkKeyIdBytesMax) {
    return Bad("want a kid of 1..128 bytes");
  }
  if (const json::Value* url = header->Find("jku")) {
    if (url->text().empty()) return Bad("want jku as text");
    assertion.key_set_url = std::string(url->text());
  }
  return absl::OkStatus();
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isprint);
}

absl::StatusOr<std::string> ReadText(const json::Value& payload, absl::string_view name,
                                     size_t bytes_max) {
  const absl::string_view text = payload.Text(name);
  if (text.empty() || text.size() > bytes_max || !IsPrintable(text)) {
    return Bad(absl::StrCat("want ", name, " of 1..", bytes_max, " printable bytes"));
  }
  return std::string(text);
}

absl::StatusOr<std::string> ReadAudience(const json::Value& payload) {
  const json::Value* audience = payload.Find("aud");
  // An array of one says the same; of more, the assertion is good elsewhere too.
  if (audience != nullptr && audience->items().size() == 1) audience = &audience->items()[0];
  if (audience == nullptr || audience->text().empty()) return Bad("want one aud");
  return std::string(audience->text());
}

absl::StatusOr<absl::Time> ReadTime(const json::Value& payload, absl::string_view name,
                                    std::optional<absl::Time> absent) {
  const json::Value* claim = payload.Find(name);
  if (claim == nullptr && absent) return *absent;
  const std::optional<int64_t> seconds = claim == nullptr ? std::nullopt : claim->integer();
  if (!seconds || *seconds < 0 || *seconds > kSecondsMax) {
    return Bad(absl::StrCat("want ", name, " as whole seconds since 1970"));
  }
  return absl::FromUnixSeconds(*seconds);
}

}  // namespace

absl::StatusOr<ClientAssertion> ParseClientAssertion(absl::string_view assertion) {
  if (assertion.size() > kAssertionBytesMax) return Bad("larger than 16 KiB");
  const std::vector<absl::string_view> parts = absl::StrSplit(assertion, '.');
  if (parts.size() != 3) return Bad("want three parts");
  ClientAssertion taken;
  HIE_ASSIGN_OR_RETURN(const std::string header, Decode(parts[0], "header"));
  HIE_RETURN_IF_ERROR(ReadHeader(header, taken));
  HIE_ASSIGN_OR_RETURN(taken.payload, Decode(parts[1], "payload"));
  HIE_ASSIGN_OR_RETURN(taken.signature, Decode(parts[2], "signature"));
  if (taken.signature.empty()) return Bad("is not signed");
  taken.signing_input = std::string(assertion.substr(0, parts[0].size() + 1 + parts[1].size()));
  return taken;
}

absl::StatusOr<AssertionClaims> ParseAssertionClaims(absl::string_view payload) {
  const absl::StatusOr<json::Value> read = json::Read(payload, kPayloadLimits);
  if (!read.ok() || !read->IsObject()) return Bad("payload is not a JSON object");
  AssertionClaims claims;
  HIE_ASSIGN_OR_RETURN(claims.client_id, ReadText(*read, "iss", kJwtIdBytesMax));
  if (read->Text("sub") != claims.client_id) return Bad("want iss and sub equal");
  HIE_ASSIGN_OR_RETURN(claims.audience, ReadAudience(*read));
  HIE_ASSIGN_OR_RETURN(claims.id, ReadText(*read, "jti", kJwtIdBytesMax));
  HIE_ASSIGN_OR_RETURN(claims.expires_at, ReadTime(*read, "exp", std::nullopt));
  HIE_ASSIGN_OR_RETURN(claims.issued_at, ReadTime(*read, "iat", absl::InfinitePast()));
  HIE_ASSIGN_OR_RETURN(claims.not_before, ReadTime(*read, "nbf", absl::InfinitePast()));
  HIE_ASSIGN_OR_RETURN(claims.auth_time, ReadTime(*read, "auth_time", absl::UnixEpoch()));
  return claims;
}

absl::StatusOr<SubjectClaims> ReadAssertedSubject(absl::string_view payload) {
  const absl::StatusOr<json::Value> read = json::Read(payload, kPayloadLimits);
  if (!read.ok()) return Bad("payload is not a JSON object");
  HIE_ASSIGN_OR_RETURN(SubjectClaims claims, ParseSubjectClaims(read->Find("extensions")));
  HIE_RETURN_IF_ERROR(CheckSubjectClaims(claims));
  return claims;
}

absl::Status CheckAssertionClaims(const AssertionClaims& claims, const AssertionPolicy& policy,
                                  absl::Time now) {
  if (claims.audience != policy.audience) return Bad("want aud to be the token endpoint's URL");
  if (now >= claims.expires_at + policy.leeway) return Bad("expired");
  if (claims.expires_at > now + policy.lifetime_max + policy.leeway) {
    return Bad("want exp at most five minutes ahead");
  }
  if (now < claims.not_before - policy.leeway) return Bad("not valid yet");
  if (claims.not_before >= claims.expires_at) return Bad("want nbf before exp");
  if (claims.auth_time > now + policy.leeway) return Bad("auth_time is in the future");
  if (claims.issued_at == absl::InfinitePast()) return absl::OkStatus();
  if (now < claims.issued_at - policy.leeway) return Bad("issued in the future");
  if (claims.issued_at >= claims.expires_at) return Bad("want iat before exp");
  if (claims.issued_at < now - policy.lifetime_max - policy.leeway) {
    return Bad("want iat at most five minutes ago");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SignAssertionText(absl::string_view header, absl::string_view payload,
                                              const crypto::AssertionPrivateKey& key) {
  const std::string input =
      absl::StrCat(crypto::Base64UrlEncode(header), ".", crypto::Base64UrlEncode(payload));
  HIE_ASSIGN_OR_RETURN(const std::string signature, key.Sign(input));
  return absl::StrCat(input, ".", crypto::Base64UrlEncode(signature));
}

absl::StatusOr<std::string> SignClientAssertion(const AssertionStatement& statement,
                                                absl::string_view key_id,
                                                const crypto::AssertionPrivateKey& key,
                                                absl::Time now) {
  json::Writer header;
  header.BeginObject().Text("alg", crypto::AlgorithmName(key.public_key().algorithm()));
  header.Text("typ", "JWT").Text("kid", key_id).EndObject();
  json::Writer w;
  w.BeginObject().Text("iss", statement.client_id).Text("sub", statement.client_id);
  w.Text("aud", statement.token_url).Text("jti", statement.id);
  w.Key("iat").Integer(absl::ToUnixSeconds(now));
  w.Key("exp").Integer(absl::ToUnixSeconds(now + kSignedLifetime));
  if (statement.auth_time != absl::UnixEpoch()) {
    w.Key("auth_time").Integer(absl::ToUnixSeconds(statement.auth_time));
  }
  if (!statement.extensions_json.empty()) w.Key("extensions").Raw(statement.extensions_json);
  w.EndObject();
  return SignAssertionText(std::move(header).Take(), std::move(w).Take(), key);
}

}  // namespace hie::auth
