#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/assertion_key.h"
#include "services/common/crypto/signing_key.h"

// JSON Web Key Sets (RFC 7517), cut down to what the exchange takes.
namespace hie::crypto {

inline constexpr size_t kJwkSetBytesMax = 64 << 10;
inline constexpr size_t kJwkSetKeysMax = 32;
inline constexpr size_t kJwkKeyIdBytesMax = 128;

// One key of a set.
struct Jwk {
  std::string key_id;  // `kid`, 1..128 printable bytes, unique in the set.
  AssertionPublicKey key;
};

// Reads the keys of a set that can sign client assertions.
//
// A key is taken where `kty` is RSA or EC on P-384, `alg` is absent or RS384 or ES384 as the type
// has it, `use` is absent or `sig`, `key_ops` is absent or holds `verify`.  Other keys are passed
// over, as the standard asks: a client's set may serve other servers too.
//
// INVALID_ARGUMENT, `jwks: ...`: not a set, a name twice, more than 32 keys, no key that is taken,
// a taken key without `kid` or with one that another has, numbers that are not those of a key, or
// private numbers anywhere: whoever published them has lost the key.  The message repeats nothing.
absl::StatusOr<std::vector<Jwk>> ReadJwkSet(absl::string_view text);

// The set of one ES256 key, as the exchange publishes its own; `key` must be of that algorithm.
std::string WriteJwkSet(absl::string_view key_id, const PublicKey& key);

// The set of one client key: for hiectl and tests.  ReadJwkSet reads it back.
std::string WriteJwkSet(absl::string_view key_id, const AssertionPublicKey& key);

}  // namespace hie::crypto
