#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/signing_key.h"

// JSON Web Signature, compact form (RFC 7515), cut down to what the exchange takes (RFC 8725).
namespace hie::auth {

inline constexpr size_t kTokenBytesMax = 8 << 10;
inline constexpr size_t kKeyIdBytesMax = 64;

// A token taken apart.  Nothing in it is believed yet, except that it has our shape.
struct Jws {
  std::string key_id;         // `kid`.
  std::string signing_input;  // header "." payload, as received.
  std::string payload;        // Decoded.
  std::string signature;      // 64 bytes.
};

// Takes a token apart.
//
// The header must be exactly {"alg":"ES256","typ":<type>,"kid":<id>}, in any order: every other
// member (crit, jku, x5u, x5c, jwk, b64, zip, enc, ...) and every other algorithm is refused, so
// that nothing in a token says how it is verified or where a key is fetched.  UNAUTHENTICATED,
// `token: ...`: anything else; the message repeats nothing of the token.
absl::StatusOr<Jws> ParseJws(absl::string_view token, absl::string_view type);

// Signs `payload`.  INVALID_ARGUMENT: the key is not ES256, or the key id is empty or too long.
absl::StatusOr<std::string> SignJws(absl::string_view payload, absl::string_view type,
                                    absl::string_view key_id, const crypto::PrivateKey& key);

}  // namespace hie::auth
