#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::auth {

inline constexpr size_t kTokenRequestBytesMax = 24 << 10;
inline constexpr size_t kScopesAskedMax = 64;
inline constexpr char kClientCredentials[] = "client_credentials";
inline constexpr char kJwtBearer[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// A token request as it was posted (RFC 6749 section 4.4.2, RFC 7523 section 2.2).  Empty: absent.
struct TokenRequest {
  std::string grant_type;
  std::string assertion_type;
  std::string assertion;
  std::string client_id;
  std::string resource;             // RFC 8707; at most one.
  std::vector<std::string> scopes;  // As asked, split at spaces.
};

// Reads a form (application/x-www-form-urlencoded).
//
// INVALID_ARGUMENT: too large, malformed escapes, bytes beyond printable ASCII, a parameter twice
// (RFC 6749 section 3.2; unknown ones included), a client secret, more than 64 scopes.  Parameters
// that are not known are ignored, as the standard asks.  The message repeats nothing.
absl::StatusOr<TokenRequest> ParseTokenRequest(absl::string_view form);

}  // namespace hie::auth
