#include "services/common/crypto/sha1.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "services/common/crypto/bytes.h"

namespace hie::crypto {
namespace {

// As for SHA-256: better no process than a wrong hash.
void Require(int ok) {
  if (ok != 1) std::abort();
}

}  // namespace

Sha1Hasher::Sha1Hasher() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) std::abort();
  Require(EVP_DigestInit_ex2(context_, EVP_sha1(), nullptr));
}

Sha1Hasher::~Sha1Hasher() { EVP_MD_CTX_free(context_); }

void Sha1Hasher::Update(absl::string_view bytes) {
  Require(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
}

std::string Sha1Hasher::Finish() {
  std::string digest(kSha1Bytes, '\0');
  Require(EVP_DigestFinal_ex(context_, MutableBytes(digest), nullptr));
  Require(EVP_DigestInit_ex2(context_, nullptr, nullptr));
  return digest;
}

std::string Sha1(absl::string_view bytes) {
  thread_local Sha1Hasher hasher;  // Holds nothing between calls.
  hasher.Update(bytes);
  return hasher.Finish();
}

}  // namespace hie::crypto
