#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct evp_pkey_st;

// Keys with which a backend client proves who it is (SMART App Launch 2.x, Backend Services), and
// nothing else: member keys and the exchange's own are those of signing_key.h.
namespace hie::crypto {

// What a client's key signs with.  A key has one algorithm for life.
enum class AssertionAlgorithm {
  kRs384,  // RSASSA-PKCS1-v1_5, SHA-384, a modulus of 2,048 to 4,096 bits.
  kEs384,  // ECDSA, P-384, SHA-384; signatures r || s of 96 bytes.
};

inline constexpr size_t kRsaBitsMin = 2048;
inline constexpr size_t kRsaBitsMax = 4096;
inline constexpr size_t kP384FieldBytes = 48;

// "RS384" or "ES384" (RFC 7518 section 3.1).
absl::string_view AlgorithmName(AssertionAlgorithm algorithm);

// A client's public key.  Immutable, thread-safe, cheap to copy.
class AssertionPublicKey {
 public:
  // A key from its numbers, big-endian (RFC 7518 section 6.3.1).  INVALID_ARGUMENT: a modulus of
  // another size, even, or with a leading zero; an exponent that is even, below 65,537 or above 32
  // bits.
  static absl::StatusOr<AssertionPublicKey> FromRsa(absl::string_view modulus,
                                                    absl::string_view exponent);
  // A key from its point (section 6.2.1).  INVALID_ARGUMENT: coordinates that do not have 48 bytes,
  // or not a point of the curve.
  static absl::StatusOr<AssertionPublicKey> FromP384(absl::string_view x, absl::string_view y);

  AssertionAlgorithm algorithm() const { return algorithm_; }

  // The numbers that FromRsa or FromP384 take: modulus and exponent, or x and y.
  struct Numbers {
    std::string first;
    std::string second;
  };
  Numbers numbers() const;

  // OK: `signature` was made over `message` by the private key.  UNAUTHENTICATED: it was not.
  // About 0.05 ms (RS384) or 0.5 ms (ES384).
  absl::Status Verify(absl::string_view message, absl::string_view signature) const;

 private:
  friend class AssertionPrivateKey;
  AssertionPublicKey(std::shared_ptr<evp_pkey_st> key, AssertionAlgorithm algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}

  std::shared_ptr<evp_pkey_st> key_;
  AssertionAlgorithm algorithm_;
};

// The private half: for our own sign-in at members' servers, for hiectl and for tests.  Immutable,
// thread-safe, cheap to copy; does not print.
class AssertionPrivateKey {
 public:
  // Makes a key from OpenSSL's own generator; RSA of 3,072 bits (0.3 s).
  static absl::StatusOr<AssertionPrivateKey> Generate(AssertionAlgorithm algorithm);
  // Reads an unencrypted key in PEM.  INVALID_ARGUMENT: not one, bytes after it, or neither P-384
  // nor RSA of a size that is taken.
  static absl::StatusOr<AssertionPrivateKey> FromPem(absl::string_view pem);

  const AssertionPublicKey& public_key() const { return public_key_; }
  // PKCS #8, PEM, not encrypted: for files of mode 0600 only.
  std::string ToPem() const;
  // Returns the signature over `message`.  INTERNAL: the library refused.
  absl::StatusOr<std::string> Sign(absl::string_view message) const;

 private:
  AssertionPrivateKey(std::shared_ptr<evp_pkey_st> key, AssertionPublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}
  static absl::StatusOr<AssertionPrivateKey> Wrap(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  AssertionPublicKey public_key_;
};

}  // namespace hie::crypto
