#pragma once

#include <cstdint>

#include "mpi/compare/compared_set.h"
#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// How far two people's social security numbers agree, strongest evidence first.
enum class SsnLevel : uint8_t {
  kExact,        // Nine digits.
  kLastFour,     // The last four, where one side has only these.
  kOneEdit,      // Nine digits, one edit apart.
  kDiffersFull,  // Nine digits on both sides, more than one edit apart.
  kDiffers,      // The last four differ.
  kMissing,
};

// Returns the strongest level of any pair.  Total and symmetric.
ComparedSet<SsnLevel> CompareSsns(const PackedView& a, const PackedView& b);

}  // namespace hie::mpi
