#include "services/common/crypto/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "absl/status/status.h"
#include "services/common/crypto/bytes.h"

namespace hie::crypto {
namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

// Sealing fails only where the library is broken: better no process than a plaintext leak.
void Require(int ok) {
  if (ok != 1) std::abort();
}

Cipher NewCipher() {
  Cipher cipher(EVP_CIPHER_CTX_new());
  Require(cipher != nullptr);
  return cipher;
}

absl::Status NotAuthentic() { return absl::DataLossError("sealed bytes: not authentic"); }

}  // namespace

absl::StatusOr<AeadKey> AeadKey::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kAeadKeyBytes) return absl::InvalidArgumentError("key: want 32 bytes");
  return AeadKey(bytes);
}

AeadKey::~AeadKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string AeadKey::Seal(absl::string_view plaintext, absl::string_view associated,
                          RandomSource& random) const {
  const std::string nonce = random.Bytes(kAeadNonceBytes);
  const Cipher cipher = NewCipher();
  int written = 0;
  Require(
      EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), Bytes(bytes_), Bytes(nonce), nullptr));
  Require(EVP_EncryptUpdate(cipher.get(), nullptr, &written, Bytes(associated),
                            static_cast<int>(associated.size())));
  std::string sealed = nonce;
  sealed.resize(kAeadNonceBytes + plaintext.size() + kAeadTagBytes);
  unsigned char* body = MutableBytes(sealed) + kAeadNonceBytes;
  Require(EVP_EncryptUpdate(cipher.get(), body, &written, Bytes(plaintext),
                            static_cast<int>(plaintext.size())));
  Require(EVP_EncryptFinal_ex(cipher.get(), body + plaintext.size(), &written));
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes,
                              body + plaintext.size()));
  return sealed;
}

absl::StatusOr<std::string> AeadKey::Open(absl::string_view sealed,
                                          absl::string_view associated) const {
  if (sealed.size() < kAeadNonceBytes + kAeadTagBytes) return NotAuthentic();
  const absl::string_view body =
      sealed.substr(kAeadNonceBytes, sealed.size() - kAeadNonceBytes - kAeadTagBytes);
  std::string tag(sealed.substr(sealed.size() - kAeadTagBytes));
  std::string plaintext(body.size(), '\0');
  const Cipher cipher = NewCipher();
  int written = 0;
  Require(
      EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), Bytes(bytes_), Bytes(sealed), nullptr));
  Require(EVP_DecryptUpdate(cipher.get(), nullptr, &written, Bytes(associated),
                            static_cast<int>(associated.size())));
  Require(EVP_DecryptUpdate(cipher.get(), MutableBytes(plaintext), &written, Bytes(body),
                            static_cast<int>(body.size())));
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()));
  unsigned char rest[kAeadTagBytes];
  if (EVP_DecryptFinal_ex(cipher.get(), rest, &written) != 1) return NotAuthentic();
  return plaintext;
}

}  // namespace hie::crypto
