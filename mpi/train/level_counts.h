#pragma once

#include <array>
#include <cstdint>

#include "mpi/compare/agreement.h"
#include "mpi/score/model.h"

namespace hie::mpi {

// The level of each field of a pair, as indexes into the model's rows.
using LevelPattern = std::array<uint8_t, kFieldCount>;

LevelPattern PatternOf(const Agreement& agreement);

// A pattern in sixteen bytes, four bits a field.
struct PatternKey {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const PatternKey&, const PatternKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const PatternKey& key) {
    return H::combine(std::move(h), key.low, key.high);
  }
};
PatternKey KeyOf(const LevelPattern& pattern);
LevelPattern PatternOfKey(const PatternKey& key);

}  // namespace hie::mpi
