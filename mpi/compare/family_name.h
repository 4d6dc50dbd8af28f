#pragma once

#include <cstdint>

#include "mpi/compare/compared_set.h"
#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// How far two people's family names agree, strongest evidence first.
enum class FamilyLevel : uint8_t {
  kExact,
  kOneEdit,      // One edit apart, four letters or more.
  kSimilar,      // Jaro-Winkler >= 0.92.
  kTokenShared,  // A part of one is a part of the other: hyphenation, second surname.
  kSwapped,      // Each one's family name is the other's given name.
  kAlike,        // Jaro-Winkler >= 0.82.
  kDiffers,
  kMissing,
};

// Returns the strongest level that any name of `a` and any name of `b` reach: a maiden name in
// one's history agrees with the other's present name.
//
// Total and symmetric; allocates nothing.
ComparedSet<FamilyLevel> CompareFamilyNames(const PackedView& a, const PackedView& b);

}  // namespace hie::mpi
