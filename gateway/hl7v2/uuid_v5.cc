#include "gateway/hl7v2/uuid_v5.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/bytes.h"

namespace hie::hl7v2 {
namespace {

// 6ba7b812-9dad-11d1-80b4-00c04fd430c8, the name space of OIDs.
constexpr absl::string_view kNameSpace(
    "\x6b\xa7\xb8\x12\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16);

}  // namespace

std::string Sha1(absl::string_view bytes) {
  std::string digest(20, '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), crypto::MutableBytes(digest), &size, EVP_sha1(),
                 nullptr) != 1) {
    std::abort();  // No memory.
  }
  return digest;
}

std::string UuidV5(absl::string_view authority, absl::string_view number) {
  std::string bytes = Sha1(absl::StrCat(kNameSpace, authority, "^", number)).substr(0, 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x50);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

}  // namespace hie::hl7v2
