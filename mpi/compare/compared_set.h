#pragma once

#include <cstdint>

namespace hie::mpi {

// What a field with several values found: its best pair.
template <typename Level>
struct ComparedSet {
  Level level = Level::kMissing;
  uint32_t value = 0;    // Hash of the value that agreed, where the level is worth its value.
  uint8_t pairings = 0;  // Pairs that were compared, 255 at most: many tries agree by chance.

  // Takes one pair's result.  Of several values that agree the lowest hash stays, so that the
  // order of values does not show.
  void Offer(Level offered, uint32_t hash) {
    if (pairings < 255) ++pairings;
    if (offered < level || (offered == level && hash != 0 && (value == 0 || hash < value))) {
      level = offered;
      value = hash;
    }
  }
};

}  // namespace hie::mpi
