#pragma once

#include <cstdint>
#include <string>

#include "mpi/normalize/name.h"
#include "services/common/patient/demographics.h"

namespace hie::mpi {

// Fields whose comparison is one line of thought.  All total and symmetric.

// Administrative sex; only female and male compare.
enum class SexLevel { kSame, kDiffers, kMissing };
SexLevel CompareSex(AdministrativeSex a, AdministrativeSex b);

// JR, SR, II, ...: tells father from son.
enum class SuffixLevel {
  kSame,
  kConflict,  // JR against SR.  JR and II name the same man.
  kMissing,   // Either leaves it out, as most forms do.
};
SuffixLevel CompareGenerations(Generation a, Generation b);

// Mother's maiden name, folded.
enum class MotherMaidenLevel { kExact, kSimilar, kDiffers, kMissing };
MotherMaidenLevel CompareMotherMaiden(const std::string& a, const std::string& b);

// Place in a multiple birth; 0 is not said.
enum class BirthOrderLevel { kSame, kDiffers, kMissing };
BirthOrderLevel CompareBirthOrder(uint32_t a, uint32_t b);

}  // namespace hie::mpi
