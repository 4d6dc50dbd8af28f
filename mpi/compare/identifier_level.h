#pragma once

#include <cstdint>

#include "mpi/compare/compared_set.h"
#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// How far two people's other identifiers agree, strongest evidence first.
enum class IdentifierLevel : uint8_t {
  kSeveralPersonal,  // Personal ones of two assigners.
  kPersonalExact,    // One person's own: licence, passport, the record's own key.
  kSharedExact,      // May be a household's: insurance.
  kPersonalOneEdit,  // One edit apart, six characters or more.
  kDiffers,          // Same assigner, other values: insurance changes.
  kPersonalDiffers,  // Same assigner of personal identifiers, other values.
  kMissing,          // No assigner in common.
};

// Returns the strongest level of any pair of one assigner.  Total and symmetric.
ComparedSet<IdentifierLevel> CompareIdentifiers(const PackedView& a, const PackedView& b);

}  // namespace hie::mpi
