#include "services/common/crypto/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "services/common/base/status_macros.h"
#include "services/common/crypto/bytes.h"
#include "services/common/crypto/ecdsa_signature.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/openssl_handles.h"

namespace hie::crypto {
namespace {

constexpr size_t kFieldBytes = 32;  // Of P-256: r and s.
constexpr size_t kPemBytesMax = 16 << 10;

std::shared_ptr<EVP_PKEY> Own(EVP_PKEY* key) {
  return std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

absl::Status NotAKey(absl::string_view want) {
  ERR_clear_error();  // Else the library reports it at somebody else's call.
  return absl::InvalidArgumentError(std::string(want));
}

// The SPKI of a named curve and an uncompressed point has 91 bytes.  Other encodings of the same
// key are refused: a key must have one fingerprint.
bool IsP256(EVP_PKEY* key) {
  constexpr int kCanonicalSpkiBytes = 91;
  char group[32] = "";
  size_t length = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group, sizeof(group), &length) == 1 &&
         absl::string_view(group, length) == SN_X9_62_prime256v1 &&
         i2d_PUBKEY(key, nullptr) == kCanonicalSpkiBytes;
}

std::optional<KeyAlgorithm> AlgorithmOf(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) return KeyAlgorithm::kEd25519;
  if (IsP256(key)) return KeyAlgorithm::kEs256;
  return std::nullopt;
}

const EVP_MD* DigestOf(KeyAlgorithm algorithm) {
  return algorithm == KeyAlgorithm::kEs256 ? EVP_sha256() : nullptr;  // Ed25519 hashes itself.
}

absl::Status BadSignature() {
  ERR_clear_error();
  return absl::UnauthenticatedError("signature: does not verify");
}

}  // namespace

absl::StatusOr<PublicKey> PublicKey::Wrap(std::shared_ptr<evp_pkey_st> key) {
  const std::optional<KeyAlgorithm> algorithm = AlgorithmOf(key.get());
  if (!algorithm) return NotAKey("public key: want Ed25519 or P-256");
  return PublicKey(std::move(key), *algorithm);
}

absl::StatusOr<PublicKey> PublicKey::FromPem(absl::string_view pem) {
  constexpr absl::string_view kWant = "public key: want one SubjectPublicKeyInfo in PEM";
  constexpr absl::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
  // The library skips text before the first dashes; we do not.
  if (pem.size() > kPemBytesMax || pem.substr(0, kBegin.size()) != kBegin) return NotAKey(kWant);
  const Bio bio = ReadBio(pem);
  const std::shared_ptr<EVP_PKEY> key =
      Own(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || !AtEnd(bio)) return NotAKey(kWant);
  return Wrap(key);
}

std::string PublicKey::ToPem() const {
  const Bio bio = WriteBio();
  if (PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1) std::abort();
  return Written(bio);
}

std::string PublicKey::SpkiDer() const {
  const Bio bio = WriteBio();
  if (i2d_PUBKEY_bio(bio.get(), key_.get()) != 1) std::abort();
  return Written(bio);
}

std::string PublicKey::SpkiSha256() const { return Sha256Hex(SpkiDer()); }

absl::Status PublicKey::Verify(absl::string_view message, absl::string_view signature) const {
  if (signature.size() != kSignatureBytes) return BadSignature();
  std::string wire(signature);
  if (algorithm_ == KeyAlgorithm::kEs256) {
    HIE_ASSIGN_OR_RETURN(wire, EcdsaDerFromRaw(signature, kFieldBytes));
  }
  const DigestContext context(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(algorithm_), nullptr, key_.get()) !=
          1 ||
      EVP_DigestVerify(context.get(), Bytes(wire), wire.size(), Bytes(message), message.size()) !=
          1) {
    return BadSignature();
  }
  return absl::OkStatus();
}

absl::StatusOr<PrivateKey> PrivateKey::Wrap(evp_pkey_st* owned) {
  std::shared_ptr<EVP_PKEY> key = Own(owned);
  HIE_ASSIGN_OR_RETURN(PublicKey public_key, PublicKey::Wrap(key));
  return PrivateKey(std::move(key), std::move(public_key));
}

absl::StatusOr<PrivateKey> PrivateKey::Generate(KeyAlgorithm algorithm) {
  EVP_PKEY* key = algorithm == KeyAlgorithm::kEd25519
                      ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                      : EVP_EC_gen(SN_X9_62_prime256v1);
  if (key == nullptr) return absl::InternalError("private key: generation failed");
  return Wrap(key);
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(absl::string_view pem) {
  constexpr absl::string_view kWant = "private key: want one unencrypted key in PEM";
  if (pem.size() > kPemBytesMax) return NotAKey(kWant);
  const Bio bio = ReadBio(pem);
  // An empty pass phrase: the library must never ask a terminal for one.
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>(""));
  if (key == nullptr) return NotAKey(kWant);
  absl::StatusOr<PrivateKey> wrapped = Wrap(key);
  if (wrapped.ok() && !AtEnd(bio)) return NotAKey(kWant);
  return wrapped;
}

absl::StatusOr<PrivateKey> PrivateKey::Ed25519FromSeed(absl::string_view seed) {
  if (seed.size() != kEd25519SeedBytes) return absl::InvalidArgumentError("seed: want 32 bytes");
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size());
  if (key == nullptr) return absl::InternalError("private key: seed refused");
  return Wrap(key);
}

std::string PrivateKey::ToPem() const {
  const Bio bio = WriteBio();
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
      1) {
    std::abort();
  }
  return Written(bio);
}

absl::StatusOr<std::string> PrivateKey::Sign(absl::string_view message) const {
  const KeyAlgorithm algorithm = public_key_.algorithm();
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(static_cast<size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, DigestOf(algorithm), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), MutableBytes(signature), &size, Bytes(message),
                     message.size()) != 1) {
    return absl::InternalError("signature: cannot be made");
  }
  signature.resize(size);
  return algorithm == KeyAlgorithm::kEs256 ? EcdsaRawFromDer(signature, kFieldBytes) : signature;
}

}  // namespace hie::crypto
