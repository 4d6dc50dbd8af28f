#pragma once

#include <cstdint>

#include "mpi/compare/compared_set.h"
#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// How far two people's addresses agree, strongest evidence first.
enum class AddressLevel : uint8_t {
  kExact,         // House number, street, and ZIP or (where one is absent) city.
  kNumberStreet,  // House number and street; ZIP different, or nothing to place it.
  kSimilar,       // House number and ZIP, and the street is alike; or number and a like street.
  kStreetZip,     // Street, or one alike, and ZIP.
  kNumberZip,     // House number and ZIP; the street differs or is absent.
  kStreet,        // Street, where no ZIP contradicts.
  kZip,
  kCity,
  kDiffers,
  kMissing,
};

// Returns the strongest level of any pair: people move.  Total and symmetric.  The value is that of
// the street where both name the same, else of the ZIP or city that agrees.  A muted street says
// nothing, nor does the house number beside it.
ComparedSet<AddressLevel> CompareAddresses(const PackedView& a, const PackedView& b);

}  // namespace hie::mpi
