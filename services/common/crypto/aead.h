#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/random_source.h"

namespace hie::crypto {

inline constexpr size_t kAeadKeyBytes = 32;
inline constexpr size_t kAeadNonceBytes = 12;
inline constexpr size_t kAeadTagBytes = 16;

// A key for AES-256-GCM (NIST SP 800-38D).  Thread-safe; wiped when destroyed; does not print.
//
// Nonces are random, so one key must not seal more than 2^32 messages.
class AeadKey {
 public:
  // INVALID_ARGUMENT: not 32 bytes.
  static absl::StatusOr<AeadKey> FromBytes(absl::string_view bytes);
  ~AeadKey();
  AeadKey(const AeadKey&) = default;
  AeadKey& operator=(const AeadKey&) = default;

  // Returns nonce || ciphertext || tag: `plaintext` hidden and bound to `associated`.
  std::string Seal(absl::string_view plaintext, absl::string_view associated,
                   RandomSource& random) const;

  // Returns the plaintext.  DATA_LOSS: too short, another key, other associated data, or changed
  // bytes; it is not told which.
  absl::StatusOr<std::string> Open(absl::string_view sealed, absl::string_view associated) const;

 private:
  explicit AeadKey(absl::string_view bytes) : bytes_(bytes) {}

  std::string bytes_;
};

}  // namespace hie::crypto
