#include "services/common/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "services/common/crypto/bytes.h"

namespace hie::crypto {
namespace {

// A digest fails only where the library is broken or out of memory.  A hash that is silently
// wrong would corrupt what is chained by it, so the process ends.
void Require(int ok) {
  if (ok != 1) std::abort();
}

}  // namespace

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) std::abort();
  Require(EVP_DigestInit_ex2(context_, EVP_sha256(), nullptr));
}

Sha256Hasher::~Sha256Hasher() { EVP_MD_CTX_free(context_); }

void Sha256Hasher::Update(absl::string_view bytes) {
  Require(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
}

std::string Sha256Hasher::Finish() {
  std::string digest(kSha256Bytes, '\0');
  Require(EVP_DigestFinal_ex(context_, MutableBytes(digest), nullptr));
  Restart();
  return digest;
}

// A null type keeps the algorithm that was fetched: that is what makes reuse cheap.
void Sha256Hasher::Restart() { Require(EVP_DigestInit_ex2(context_, nullptr, nullptr)); }

std::string Sha256(absl::string_view bytes) {
  thread_local Sha256Hasher hasher;  // Holds nothing between calls; see the class on cost.
  hasher.Update(bytes);
  return hasher.Finish();
}

std::string Sha256Hex(absl::string_view bytes) { return absl::BytesToHexString(Sha256(bytes)); }

std::string HmacSha256(absl::string_view key, absl::string_view bytes) {
  std::string mac(kSha256Bytes, '\0');
  if (HMAC(EVP_sha256(), key.data() == nullptr ? "" : key.data(), static_cast<int>(key.size()),
           Bytes(bytes), bytes.size(), MutableBytes(mac), nullptr) == nullptr) {
    std::abort();
  }
  return mac;
}

bool ConstantTimeEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace hie::crypto
