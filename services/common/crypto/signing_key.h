#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct evp_pkey_st;

namespace hie::crypto {

// What a key signs with.  A key has one algorithm for life: nobody chooses it at verification.
enum class KeyAlgorithm {
  kEd25519,  // RFC 8032; signatures of 64 bytes.
  kEs256,    // ECDSA, P-256, SHA-256; signatures r || s of 64 bytes (RFC 7518 section 3.4).
};

inline constexpr size_t kSignatureBytes = 64;  // Of either algorithm.
inline constexpr size_t kEd25519SeedBytes = 32;

// A public key.  Immutable, thread-safe, cheap to copy.
class PublicKey {
 public:
  // Reads one SubjectPublicKeyInfo in PEM ("BEGIN PUBLIC KEY").  INVALID_ARGUMENT: not one, bytes
  // after it, or neither Ed25519 nor P-256.
  static absl::StatusOr<PublicKey> FromPem(absl::string_view pem);

  KeyAlgorithm algorithm() const { return algorithm_; }
  // SubjectPublicKeyInfo, PEM.  Equal keys have equal text.
  std::string ToPem() const;
  // SubjectPublicKeyInfo, DER; of P-256 keys it ends with the point's two coordinates.
  std::string SpkiDer() const;
  // Lower-case hexadecimal SHA-256 of the SubjectPublicKeyInfo in DER: the key's fingerprint.
  std::string SpkiSha256() const;

  // OK: `signature` was made over `message` by the private key.  UNAUTHENTICATED: it was not, or
  // it does not have 64 bytes.
  absl::Status Verify(absl::string_view message, absl::string_view signature) const;

 private:
  friend class PrivateKey;
  friend class Certificate;
  friend class CertificateIssuer;
  PublicKey(std::shared_ptr<evp_pkey_st> key, KeyAlgorithm algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}
  static absl::StatusOr<PublicKey> Wrap(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  KeyAlgorithm algorithm_;
};

// A private key.  Immutable, thread-safe, cheap to copy; does not print.
class PrivateKey {
 public:
  // Makes a key from OpenSSL's own generator.
  static absl::StatusOr<PrivateKey> Generate(KeyAlgorithm algorithm);
  // Reads an unencrypted PKCS #8 or SEC 1 key in PEM.  INVALID_ARGUMENT as PublicKey::FromPem.
  static absl::StatusOr<PrivateKey> FromPem(absl::string_view pem);
  // The Ed25519 key of a seed (RFC 8032).  INVALID_ARGUMENT: not 32 bytes.
  static absl::StatusOr<PrivateKey> Ed25519FromSeed(absl::string_view seed);

  const PublicKey& public_key() const { return public_key_; }
  // PKCS #8, PEM, not encrypted: for files of mode 0600 only.
  std::string ToPem() const;
  // Returns the signature over `message`: 64 bytes.  INTERNAL: the library refused.
  absl::StatusOr<std::string> Sign(absl::string_view message) const;

 private:
  friend class CertificateIssuer;
  PrivateKey(std::shared_ptr<evp_pkey_st> key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}
  static absl::StatusOr<PrivateKey> Wrap(evp_pkey_st* owned);

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

}  // namespace hie::crypto
