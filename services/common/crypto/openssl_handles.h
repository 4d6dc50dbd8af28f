#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

// Owners of OpenSSL's objects.  For the .cc files of this room only.
namespace hie::crypto {

template <typename T, void (*kFree)(T*)>
struct FreeWith {
  void operator()(T* object) const { kFree(object); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

using Bio = std::unique_ptr<BIO, FreeBio>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG, ECDSA_SIG_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX, EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using X509Handle = std::unique_ptr<X509, FreeWith<X509, X509_free>>;
using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BIGNUM, BN_free>>;

// A reader over `bytes`, which must outlive it.
inline Bio ReadBio(absl::string_view bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

inline Bio WriteBio() { return Bio(BIO_new(BIO_s_mem())); }

// What was written into `bio` so far.
inline std::string Written(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

// True where nothing but white space is left to read: PEM is often followed by a line break.
inline bool AtEnd(const Bio& bio) {
  char c = 0;
  while (BIO_read(bio.get(), &c, 1) == 1) {
    if (c != '\n' && c != '\r' && c != ' ') return false;
  }
  return true;
}

}  // namespace hie::crypto
