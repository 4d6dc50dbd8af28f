#include "mpi/score/log2.h"

#include <array>
#include <bit>

namespace hie::mpi {
namespace {

constexpr int kTableBits = 10;
constexpr size_t kTableSize = size_t{1} << kTableBits;
constexpr int kFractionBits = 20;

// log2(1 + i / kTableSize), with kFractionBits after the point, by repeated squaring.
constexpr uint32_t Log2OfMantissa(size_t i) {
  constexpr int kFixedBits = 31;
  uint64_t x = (uint64_t{kTableSize} + i) << (kFixedBits - kTableBits);
  uint32_t result = 0;
  for (int bit = kFractionBits - 1; bit >= 0; --bit) {
    x = x * x >> kFixedBits;
    if (x >= uint64_t{2} << kFixedBits) {
      x >>= 1;
      result |= uint32_t{1} << bit;
    }
  }
  return result;
}

constexpr std::array<uint32_t, kTableSize + 1> kTable = [] {
  std::array<uint32_t, kTableSize + 1> table{};
  for (size_t i = 0; i < kTableSize; ++i) table[i] = Log2OfMantissa(i);
  table[kTableSize] = uint32_t{1} << kFractionBits;
  return table;
}();

}  // namespace

Millibits Log2Millibits(uint64_t value) {
  if (value == 0) value = 1;
  const int exponent = 63 - std::countl_zero(value);
  // The mantissa's first bits choose two entries, the rest interpolates.
  const uint64_t mantissa = value << (63 - exponent) << 1;
  const size_t index = mantissa >> (64 - kTableBits);
  const uint64_t rest = mantissa << kTableBits >> 32;
  const uint64_t low = kTable[index];
  const uint64_t high = kTable[index + 1];
  const uint64_t fraction = low + ((high - low) * rest >> 32);
  const uint64_t fixed = (static_cast<uint64_t>(exponent) << kFractionBits) + fraction;
  return static_cast<Millibits>((fixed * 1000 + (uint64_t{1} << (kFractionBits - 1))) >>
                                kFractionBits);
}

}  // namespace hie::mpi
