#include "mpi/store/derived_eid.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/uuid.h"
#include "services/common/crypto/hash.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

constexpr int kLineBits = 12;  // What UUIDv7 has between its time and its random part.

}  // namespace

std::string DerivedEid(uint64_t unix_millis, absl::string_view seed, uint64_t line,
                       uint32_t index) {
  const std::string hash = crypto::Sha256(KeyWriter().Text(seed).U64(line).U32(index).key());
  const uint64_t millis = unix_millis + (line >> kLineBits);
  std::string bytes;
  for (int shift = 40; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(millis >> shift));
  bytes.push_back(static_cast<char>(0x70 | ((line >> 8) & 0x0f)));
  bytes.push_back(static_cast<char>(line & 0xff));
  bytes.append(hash, 0, 8);
  bytes[8] = static_cast<char>(0x80 | (bytes[8] & 0x3f));
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

uint64_t MillisOfUuidV7(absl::string_view uuid) {
  uint64_t millis = 0;
  for (const char c : absl::StrCat(uuid.substr(0, 8), uuid.substr(9, 4))) {
    millis = millis << 4 | static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return millis;
}

bool IsUuidV7(absl::string_view text) { return IsUuid(text) && text[14] == '7' && text[0] < '8'; }

}  // namespace hie::mpi
