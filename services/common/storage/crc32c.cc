#include "services/common/storage/crc32c.h"

#include <array>
#include <cstddef>

namespace hie {
namespace {

constexpr uint32_t kPolynomialReflected = 0x82f63b78;
// Bytes that are taken at once, each by a table of its own ("slicing by 8"): byte by byte the
// checksum would cost more than the disk.
constexpr size_t kSlices = 8;

using Table = std::array<uint32_t, 256>;

constexpr std::array<Table, kSlices> MakeTables() {
  std::array<Table, kSlices> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomialReflected : 0);
    }
    tables[0][byte] = remainder;
  }
  // Table k advances by k zero bytes more.
  for (size_t k = 1; k < kSlices; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = tables[0][before & 0xff] ^ (before >> 8);
    }
  }
  return tables;
}

constexpr std::array<Table, kSlices> kTables = MakeTables();

uint32_t Byte(absl::string_view data, size_t at) { return static_cast<unsigned char>(data[at]); }

uint32_t EightBytes(absl::string_view data, uint32_t crc) {
  const uint32_t low =
      crc ^ (Byte(data, 0) | Byte(data, 1) << 8 | Byte(data, 2) << 16 | Byte(data, 3) << 24);
  return kTables[7][low & 0xff] ^ kTables[6][low >> 8 & 0xff] ^ kTables[5][low >> 16 & 0xff] ^
         kTables[4][low >> 24] ^ kTables[3][Byte(data, 4)] ^ kTables[2][Byte(data, 5)] ^
         kTables[1][Byte(data, 6)] ^ kTables[0][Byte(data, 7)];
}

}  // namespace

uint32_t Crc32c(absl::string_view data, uint32_t before) {
  uint32_t crc = ~before;
  for (; data.size() >= kSlices; data.remove_prefix(kSlices)) crc = EightBytes(data, crc);
  for (const char c : data) {
    crc = kTables[0][(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  }
  return ~crc;
}

}  // namespace hie
