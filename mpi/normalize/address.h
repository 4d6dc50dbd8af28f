#pragma once

#include <string>

#include "services/common/patient/demographics.h"

namespace hie::mpi {

// A postal address, ready to compare.  Every text is folded and may be empty.
struct NormalizedAddress {
  std::string number;  // House number, or box number.
  std::string street;  // Core: without number, unit, direction and kind ("williamson").
  std::string unit;
  std::string zip5;  // US ZIP, five digits; elsewhere the compact postal code.
  std::string city;
  friend bool operator==(const NormalizedAddress&, const NormalizedAddress&) = default;
};

// Total; lines that are non-values give no number and no street.
NormalizedAddress NormalizeAddress(const PostalAddress& address);

}  // namespace hie::mpi
