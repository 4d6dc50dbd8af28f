#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

// OpenSSL's types, by name only: its headers stay in the .cc files.
struct evp_md_ctx_st;

namespace hie::crypto {

inline constexpr size_t kSha256Bytes = 32;

// Computes SHA-256 (FIPS 180-4) over bytes that arrive in parts.
//
// Not thread-safe; reuse one: making it costs ten times as much as hashing 300 bytes.  Ends the
// process where the library has no memory.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;

  void Update(absl::string_view bytes);
  // Returns the digest (32 bytes) of everything since the last Finish, and starts anew.
  std::string Finish();

 private:
  void Restart();

  evp_md_ctx_st* context_;
};

// Returns the SHA-256 digest of `bytes`: 32 bytes.  Thread-safe.
std::string Sha256(absl::string_view bytes);

// Returns the SHA-256 digest in lower-case hexadecimal: 64 characters.  Thread-safe.
std::string Sha256Hex(absl::string_view bytes);

// Returns HMAC-SHA-256 (RFC 2104) of `bytes`: 32 bytes.  A key of any length is taken; use 32
// random bytes.  Thread-safe.
std::string HmacSha256(absl::string_view key, absl::string_view bytes);

// Tells whether `a` and `b` are equal, in time that depends on their lengths only.
bool ConstantTimeEqual(absl::string_view a, absl::string_view b);

}  // namespace hie::crypto
