#pragma once

#include <vector>

#include "mpi/normalize/address.h"

namespace hie::mpi {

// How far two people's addresses agree, strongest evidence first.
enum class AddressLevel {
  kExact,         // House number, street and ZIP.
  kNumberStreet,  // House number and street; ZIP absent or different.
  kSimilar,       // House number and ZIP; the street is one edit or Jaro-Winkler >= 0.92 apart.
  kStreetZip,     // Street and ZIP.
  kZip,           // ZIP.
  kDiffers,
  kMissing,
};

// Returns the strongest level of any pair: people move.  Total and symmetric.
AddressLevel CompareAddresses(const std::vector<NormalizedAddress>& a,
                              const std::vector<NormalizedAddress>& b);

}  // namespace hie::mpi
