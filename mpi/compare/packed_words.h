#pragma once

#include <cstring>

#include "mpi/compare/packed_record.h"

// What the comparisons share: words of two packed records.
namespace hie::mpi {

// Both are present and equal.
inline bool SameWord(const PackedView& a, const PackedWord& x, const PackedView& b,
                     const PackedWord& y) {
  return x.hash == y.hash && x.length == y.length && x.length != 0 &&
         std::memcmp(a.text(x).data(), b.text(y).data(), x.length) == 0;
}

inline bool SameWord(const PackedView& a, uint8_t x, const PackedView& b, uint8_t y) {
  return x != 0 && y != 0 && SameWord(a, a.word(x), b, b.word(y));
}

// Present and not muted.
inline bool Speaks(const PackedView& record, uint8_t index) {
  return index != 0 && record.word(index).muted == 0;
}

}  // namespace hie::mpi
