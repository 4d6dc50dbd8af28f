#include "services/common/base/uuid.h"

#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace hie {

std::string MakeUuidV7(absl::Time time, RandomSource& random) {
  const uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(time));
  std::string bytes = random.Bytes(16);
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<char>(millis >> (8 * (5 - i)));
  bytes[6] = static_cast<char>(0x70 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<char>(0x80 | (bytes[8] & 0x3f));
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

bool IsUuid(absl::string_view text) {
  constexpr size_t kLength = 36;
  if (text.size() != kLength) return false;
  for (size_t i = 0; i < kLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i]) || absl::ascii_isupper(text[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace hie
