#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::fetch {

// An absolute https URL (RFC 3986), taken apart.  User information and fragments are refused.
struct Url {
  std::string host;  // Lower case; an IPv6 literal without brackets.
  uint16_t port = 443;
  std::string target;  // Path and query as they go over the wire; begins with '/'.

  // "host:port", with brackets where needed.
  std::string Authority() const;
  std::string Text() const;
  bool SameOrigin(const Url& other) const { return host == other.host && port == other.port; }
};

inline constexpr size_t kUrlBytesMax = 8 << 10;

// INVALID_ARGUMENT: not https, no host, or characters that a URL may not have.
absl::StatusOr<Url> ParseUrl(absl::string_view text);

// A reference of a document at `base`, resolved: absolute, "/path", or relative to the base's path,
// which counts as a directory.  INVALID_ARGUMENT as ParseUrl.
absl::StatusOr<Url> ResolveUrl(const Url& base, absl::string_view reference);

// Percent-encodes what may not stand in a query's value.
std::string EncodeQueryValue(absl::string_view value);

}  // namespace hie::fetch
