#include "gateway/auth/jws.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/base64url.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::auth {
namespace {

constexpr absl::string_view kAlgorithm = "ES256";
constexpr json::ReadLimits kHeaderLimits{.bytes_max = 512, .depth_max = 4, .elements_max = 16};

absl::Status Bad(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("token: ", why));
}

absl::StatusOr<std::string> Decode(absl::string_view part, absl::string_view name) {
  absl::StatusOr<std::string> bytes = crypto::Base64UrlDecode(part);
  if (!bytes.ok()) return Bad(absl::StrCat(name, " is not base64url"));
  return bytes;
}

// Returns the key id of a header that is exactly ours.
absl::StatusOr<std::string> CheckHeader(absl::string_view text, absl::string_view type) {
  const absl::StatusOr<json::Value> header = json::Read(text, kHeaderLimits);
  if (!header.ok() || !header->IsObject()) return Bad("header is not a JSON object");
  if (header->Text("alg") != kAlgorithm) return Bad("want alg ES256");
  if (header->Text("typ") != type) return Bad("want another typ");
  const absl::string_view key_id = header->Text("kid");
  if (key_id.empty() || key_id.size() > kKeyIdBytesMax) return Bad("want a kid of 1..64 bytes");
  // Three known members and no other: names are unique already.
  if (header->members().size() != 3) return Bad("header has a member that is not taken");
  return std::string(key_id);
}

}  // namespace

absl::StatusOr<Jws> ParseJws(absl::string_view token, absl::string_view type) {
  if (token.size() > kTokenBytesMax) return Bad("larger than 8 KiB");
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  if (parts.size() != 3) return Bad("want three parts");
  Jws jws;
  HIE_ASSIGN_OR_RETURN(const std::string header, Decode(parts[0], "header"));
  HIE_ASSIGN_OR_RETURN(jws.key_id, CheckHeader(header, type));
  HIE_ASSIGN_OR_RETURN(jws.payload, Decode(parts[1], "payload"));
  HIE_ASSIGN_OR_RETURN(jws.signature, Decode(parts[2], "signature"));
  if (jws.signature.size() != crypto::kSignatureBytes) return Bad("want a signature of 64 bytes");
  jws.signing_input = std::string(token.substr(0, parts[0].size() + 1 + parts[1].size()));
  return jws;
}

absl::StatusOr<std::string> SignJws(absl::string_view payload, absl::string_view type,
                                    absl::string_view key_id, const crypto::PrivateKey& key) {
  if (key.public_key().algorithm() != crypto::KeyAlgorithm::kEs256) {
    return absl::InvalidArgumentError("key: want ES256");
  }
  if (key_id.empty() || key_id.size() > kKeyIdBytesMax) {
    return absl::InvalidArgumentError("key_id: want 1..64 bytes");
  }
  json::Writer header;
  header.BeginObject().Text("alg", kAlgorithm).Text("typ", type).Text("kid", key_id).EndObject();
  const std::string input = absl::StrCat(crypto::Base64UrlEncode(std::move(header).Take()), ".",
                                         crypto::Base64UrlEncode(payload));
  HIE_ASSIGN_OR_RETURN(const std::string signature, key.Sign(input));
  return absl::StrCat(input, ".", crypto::Base64UrlEncode(signature));
}

}  // namespace hie::auth
