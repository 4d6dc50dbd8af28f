#include "services/common/crypto/assertion_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/bytes.h"
#include "services/common/crypto/ecdsa_signature.h"
#include "services/common/crypto/openssl_handles.h"

namespace hie::crypto {
namespace {

constexpr size_t kPemBytesMax = 16 << 10;
constexpr unsigned int kRsaBitsGenerated = 3072;
constexpr size_t kExponentBytesMax = 4;
constexpr uint64_t kExponentMin = 65537;
constexpr char kUncompressed = '\x04';  // SEC 1 section 2.3.3.

using ParameterBuilder =
    std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM, OSSL_PARAM_free>>;

std::shared_ptr<EVP_PKEY> Own(EVP_PKEY* key) {
  return std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

absl::Status Refuse(absl::string_view want) {
  ERR_clear_error();  // Else the library reports it at somebody else's call.
  return absl::InvalidArgumentError(std::string(want));
}

// The public key of these parameters, or null.
std::shared_ptr<EVP_PKEY> PublicKeyOf(const char* type, OSSL_PARAM* parameters) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return nullptr;
  }
  return Own(key);
}

// Rules out points beside the curve and degenerate moduli.
bool IsSound(const std::shared_ptr<EVP_PKEY>& key) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
}

std::string NumberOf(const EVP_PKEY* key, const char* name, size_t bytes) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) std::abort();
  const BigNumber owned(number);
  std::string text(std::max(bytes, static_cast<size_t>(BN_num_bytes(number))), '\0');
  if (BN_bn2binpad(number, MutableBytes(text), static_cast<int>(text.size())) < 0) std::abort();
  return text;
}

bool IsExponent(absl::string_view exponent) {
  if (exponent.empty() || exponent.size() > kExponentBytesMax || exponent.front() == '\0') {
    return false;
  }
  uint64_t value = 0;
  for (const char c : exponent) value = (value << 8) | static_cast<unsigned char>(c);
  return value >= kExponentMin && value % 2 == 1;
}

size_t BitsOf(absl::string_view number) {
  size_t bits = number.size() * 8;
  for (unsigned char top = static_cast<unsigned char>(number.front()); (top & 0x80) == 0;
       top = static_cast<unsigned char>(top << 1)) {
    --bits;
  }
  return bits;
}

// Read without a leading zero: a key has one text.
bool IsModulus(absl::string_view modulus) {
  if (modulus.empty() || modulus.front() == '\0') return false;
  const size_t bits = BitsOf(modulus);
  return bits >= kRsaBitsMin && bits <= kRsaBitsMax && (modulus.back() & 1) == 1;
}

bool IsP384(EVP_PKEY* key) {
  char group[32] = "";
  size_t length = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group, sizeof(group), &length) == 1 &&
         absl::string_view(group, length) == SN_secp384r1;
}

std::optional<AssertionAlgorithm> AlgorithmOf(EVP_PKEY* key) {
  if (IsP384(key)) return AssertionAlgorithm::kEs384;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return std::nullopt;
  const int bits = EVP_PKEY_get_bits(key);
  const bool fits = bits >= static_cast<int>(kRsaBitsMin) && bits <= static_cast<int>(kRsaBitsMax);
  return fits ? std::optional(AssertionAlgorithm::kRs384) : std::nullopt;
}

absl::Status BadSignature() {
  ERR_clear_error();
  return absl::UnauthenticatedError("signature: does not verify");
}

}  // namespace

absl::string_view AlgorithmName(AssertionAlgorithm algorithm) {
  return algorithm == AssertionAlgorithm::kRs384 ? "RS384" : "ES384";
}

absl::StatusOr<AssertionPublicKey> AssertionPublicKey::FromRsa(absl::string_view modulus,
                                                               absl::string_view exponent) {
  if (!IsModulus(modulus)) return Refuse("RSA key: want an odd modulus of 2,048 to 4,096 bits");
  if (!IsExponent(exponent)) return Refuse("RSA key: want an odd exponent from 65,537");
  const BigNumber n(BN_bin2bn(Bytes(modulus), static_cast<int>(modulus.size()), nullptr));
  const BigNumber e(BN_bin2bn(Bytes(exponent), static_cast<int>(exponent.size()), nullptr));
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return Refuse("RSA key: cannot be built");
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  std::shared_ptr<EVP_PKEY> key = PublicKeyOf("RSA", parameters.get());
  if (key == nullptr) return Refuse("RSA key: want a modulus and an exponent");
  return AssertionPublicKey(std::move(key), AssertionAlgorithm::kRs384);
}

absl::StatusOr<AssertionPublicKey> AssertionPublicKey::FromP384(absl::string_view x,
                                                                absl::string_view y) {
  if (x.size() != kP384FieldBytes || y.size() != kP384FieldBytes) {
    return Refuse("P-384 key: want coordinates of 48 bytes");
  }
  const std::string point = absl::StrCat(absl::string_view(&kUncompressed, 1), x, y);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_secp384r1, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return Refuse("P-384 key: cannot be built");
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  std::shared_ptr<EVP_PKEY> key = PublicKeyOf("EC", parameters.get());
  if (key == nullptr || !IsSound(key)) return Refuse("P-384 key: want a point of the curve");
  return AssertionPublicKey(std::move(key), AssertionAlgorithm::kEs384);
}

AssertionPublicKey::Numbers AssertionPublicKey::numbers() const {
  if (algorithm_ == AssertionAlgorithm::kRs384) {
    return {NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_N, 1),
            NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_E, 1)};
  }
  return {NumberOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, kP384FieldBytes),
          NumberOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kP384FieldBytes)};
}

absl::Status AssertionPublicKey::Verify(absl::string_view message,
                                        absl::string_view signature) const {
  std::string wire(signature);
  if (algorithm_ == AssertionAlgorithm::kEs384) {
    if (signature.size() != 2 * kP384FieldBytes) return BadSignature();
    HIE_ASSIGN_OR_RETURN(wire, EcdsaDerFromRaw(signature, kP384FieldBytes));
  }
  const DigestContext context(EVP_MD_CTX_new());
  // RSA keys pad as PKCS #1 v1.5 unless told otherwise, which is what RS384 is.
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha384(), nullptr, key_.get()) != 1 ||
      EVP_DigestVerify(context.get(), Bytes(wire), wire.size(), Bytes(message), message.size()) !=
          1) {
    return BadSignature();
  }
  return absl::OkStatus();
}

absl::StatusOr<AssertionPrivateKey> AssertionPrivateKey::Wrap(std::shared_ptr<evp_pkey_st> key) {
  const std::optional<AssertionAlgorithm> algorithm = AlgorithmOf(key.get());
  if (!algorithm) return Refuse("private key: want P-384, or RSA of 2,048 to 4,096 bits");
  AssertionPublicKey::Numbers numbers = AssertionPublicKey(key, *algorithm).numbers();
  HIE_ASSIGN_OR_RETURN(AssertionPublicKey public_key,
                       *algorithm == AssertionAlgorithm::kRs384
                           ? AssertionPublicKey::FromRsa(numbers.first, numbers.second)
                           : AssertionPublicKey::FromP384(numbers.first, numbers.second));
  return AssertionPrivateKey(std::move(key), std::move(public_key));
}

absl::StatusOr<AssertionPrivateKey> AssertionPrivateKey::Generate(AssertionAlgorithm algorithm) {
  EVP_PKEY* key = algorithm == AssertionAlgorithm::kEs384 ? EVP_EC_gen(SN_secp384r1)
                                                          : EVP_RSA_gen(kRsaBitsGenerated);
  if (key == nullptr) return absl::InternalError("private key: generation failed");
  return Wrap(Own(key));
}

absl::StatusOr<AssertionPrivateKey> AssertionPrivateKey::FromPem(absl::string_view pem) {
  constexpr absl::string_view kWant = "private key: want one unencrypted key in PEM";
  if (pem.size() > kPemBytesMax) return Refuse(kWant);
  const Bio bio = ReadBio(pem);
  // An empty pass phrase: the library must never ask a terminal for one.
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>(""));
  if (key == nullptr) return Refuse(kWant);
  absl::StatusOr<AssertionPrivateKey> wrapped = Wrap(Own(key));
  if (wrapped.ok() && !AtEnd(bio)) return Refuse(kWant);
  return wrapped;
}

std::string AssertionPrivateKey::ToPem() const {
  const Bio bio = WriteBio();
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
      1) {
    std::abort();
  }
  return Written(bio);
}

absl::StatusOr<std::string> AssertionPrivateKey::Sign(absl::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(static_cast<size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), MutableBytes(signature), &size, Bytes(message),
                     message.size()) != 1) {
    return absl::InternalError("signature: cannot be made");
  }
  signature.resize(size);
  if (public_key_.algorithm() == AssertionAlgorithm::kRs384) return signature;
  return EcdsaRawFromDer(signature, kP384FieldBytes);
}

}  // namespace hie::crypto
