#pragma once

#include <vector>

#include "mpi/normalize/name.h"

namespace hie::mpi {

// How far two people's family names agree, strongest evidence first.
enum class FamilyLevel {
  kExact,
  kExactCommon,  // Exact on a name that many hold.
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
// Total and symmetric.
FamilyLevel CompareFamilyNames(const std::vector<NormalizedName>& a,
                               const std::vector<NormalizedName>& b);

}  // namespace hie::mpi
