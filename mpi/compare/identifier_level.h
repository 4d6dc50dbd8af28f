#pragma once

#include <vector>

#include "mpi/normalize/features.h"

namespace hie::mpi {

// How far two people's other identifiers agree, strongest evidence first.
enum class IdentifierLevel {
  kPersonalExact,    // One person's own: licence, passport, the record's own key.
  kSharedExact,      // May be a household's: insurance.
  kPersonalOneEdit,  // One edit apart, six characters or more.
  kDiffers,          // Same assigner, other values: insurance changes.
  kPersonalDiffers,  // Same assigner of personal identifiers, other values.
  kMissing,          // No assigner in common.
};

// Returns the strongest level of any pair of one assigner.  Total and symmetric.
IdentifierLevel CompareIdentifiers(const std::vector<NormalizedIdentifier>& a,
                                   const std::vector<NormalizedIdentifier>& b);

}  // namespace hie::mpi
