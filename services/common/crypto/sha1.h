#pragma once

#include <string>

#include "absl/strings/string_view.h"

// OpenSSL's types, by name only: its headers stay in the .cc files.
struct evp_md_ctx_st;

namespace hie::crypto {

inline constexpr size_t kSha1Bytes = 20;

// Computes SHA-1 (FIPS 180-4) over bytes that arrive in parts.  Only where a standard asks for it
// (the hash of a document in IHE XDS and FHIR): it does not withstand collisions.
//
// Not thread-safe.  Ends the process where the library has no memory.
class Sha1Hasher {
 public:
  Sha1Hasher();
  ~Sha1Hasher();
  Sha1Hasher(const Sha1Hasher&) = delete;
  Sha1Hasher& operator=(const Sha1Hasher&) = delete;

  void Update(absl::string_view bytes);
  // Returns the digest (20 bytes) of everything since the last Finish, and starts anew.
  std::string Finish();

 private:
  evp_md_ctx_st* context_;
};

// Returns the SHA-1 digest of `bytes`: 20 bytes.  Thread-safe.
std::string Sha1(absl::string_view bytes);

}  // namespace hie::crypto
