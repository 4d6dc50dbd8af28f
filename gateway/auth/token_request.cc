#include "gateway/auth/token_request.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/status_macros.h"

namespace hie::auth {
namespace {

constexpr size_t kParametersMax = 32;

using Fields = absl::flat_hash_map<std::string, std::string>;

absl::Status Bad(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("token request: ", why));
}

absl::StatusOr<std::string> Decode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      const absl::string_view digits = text.substr(i + 1, 2);
      if (digits.size() != 2 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
        return Bad("want two hexadecimal digits after every percent sign");
      }
      c = absl::HexStringToBytes(digits)[0];
      i += 2;
    }
    // Nothing in this form is text for people.
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) return Bad("want printable ASCII");
    decoded.push_back(c);
  }
  return decoded;
}

absl::StatusOr<Fields> ReadFields(absl::string_view form) {
  Fields fields;
  for (const absl::string_view pair : absl::StrSplit(form, '&', absl::SkipEmpty())) {
    const size_t equals = pair.find('=');
    if (equals == absl::string_view::npos) return Bad("want name=value");
    HIE_ASSIGN_OR_RETURN(std::string name, Decode(pair.substr(0, equals)));
    HIE_ASSIGN_OR_RETURN(std::string value, Decode(pair.substr(equals + 1)));
    if (fields.size() == kParametersMax) return Bad("want at most 32 parameters");
    if (!fields.emplace(std::move(name), std::move(value)).second) {
      return Bad("want each parameter once");
    }
  }
  return fields;
}

std::string Take(Fields& fields, absl::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : std::move(found->second);
}

}  // namespace

absl::StatusOr<TokenRequest> ParseTokenRequest(absl::string_view form) {
  if (form.size() > kTokenRequestBytesMax) return Bad("larger than 24 KiB");
  HIE_ASSIGN_OR_RETURN(Fields fields, ReadFields(form));
  if (fields.contains("client_secret")) return Bad("clients have no secrets here");
  TokenRequest request;
  request.grant_type = Take(fields, "grant_type");
  request.assertion_type = Take(fields, "client_assertion_type");
  request.assertion = Take(fields, "client_assertion");
  request.client_id = Take(fields, "client_id");
  request.resource = Take(fields, "resource");
  request.scopes = absl::StrSplit(Take(fields, "scope"), ' ', absl::SkipEmpty());
  if (request.scopes.size() > kScopesAskedMax) return Bad("want at most 64 scopes");
  return request;
}

}  // namespace hie::auth
