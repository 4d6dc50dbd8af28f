#pragma once

#include <cstdint>

#include "mpi/compare/compared_set.h"
#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// How far two people's first names agree, strongest evidence first.
enum class GivenLevel : uint8_t {
  kExact,
  kNickname,  // Forms of one name: William, Bill.
  kOneEdit,   // One edit apart, four letters or more, not two common names.
  kSimilar,   // Jaro-Winkler >= 0.92, not two common names.
  kSwapped,   // Each one's given name is the other's family name.
  kMiddle,    // One's first name is the other's middle name.
  kInitial,   // One is the other's initial.
  kAlike,     // Jaro-Winkler >= 0.82.
  kDiffers,
  kMissing,
};

// How far the further given names agree.
enum class MiddleLevel : uint8_t { kExact, kInitial, kDiffers, kMissing };

// Returns the strongest level that any name of `a` and any name of `b` reach.
//
// Total and symmetric; allocates nothing.
ComparedSet<GivenLevel> CompareGivenNames(const PackedView& a, const PackedView& b);

// The same for middle names; token order does not count.
MiddleLevel CompareMiddleNames(const PackedView& a, const PackedView& b);

}  // namespace hie::mpi
