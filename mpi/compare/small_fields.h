#pragma once

#include <cstdint>

#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// Fields whose comparison is one line of thought.  All total and symmetric.

// Administrative sex; only female and male compare.
enum class SexLevel : uint8_t { kSame, kDiffers, kMissing };
SexLevel CompareSex(AdministrativeSex a, AdministrativeSex b);

// JR, SR, II, ...: tells father from son.
enum class SuffixLevel : uint8_t {
  kSame,
  kConflict,  // JR against SR.  JR and II name the same man.
  kMissing,   // Either leaves it out, as most forms do.
};
SuffixLevel CompareGenerations(Generation a, Generation b);

// Mother's maiden name, folded.
enum class MotherMaidenLevel : uint8_t { kExact, kSimilar, kDiffers, kMissing };
MotherMaidenLevel CompareMotherMaiden(const PackedView& a, const PackedView& b);

// Place in a multiple birth; 0 is not said.
enum class BirthOrderLevel : uint8_t { kSame, kDiffers, kMissing };
BirthOrderLevel CompareBirthOrder(uint32_t a, uint32_t b);

// A field that a data set brings beyond the demographics.
enum class ExtraLevel : uint8_t {
  kExact,
  kSimilar,  // One edit, or Jaro-Winkler >= 0.92, four characters or more.
  kAlike,    // Jaro-Winkler >= 0.82, or one text begins the other.
  kDiffers,
  kMissing,
};
ExtraLevel CompareExtra(const PackedView& a, const PackedView& b, size_t extra);

}  // namespace hie::mpi
