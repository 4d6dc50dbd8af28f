#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::crypto {

// Returns base64url without padding (RFC 7515 section 2).
std::string Base64UrlEncode(absl::string_view bytes);

// Reads base64url without padding.
//
// INVALID_ARGUMENT: a character outside the alphabet (padding, white space and line breaks
// included), an impossible length, or unused bits that are not zero.  So each byte string has one
// text: a token cannot be changed and keep its meaning.
absl::StatusOr<std::string> Base64UrlDecode(absl::string_view text);

}  // namespace hie::crypto
