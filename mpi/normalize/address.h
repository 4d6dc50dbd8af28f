#pragma once

#include <string>

#include "services/common/patient/demographics.h"

namespace hie::mpi {

// A postal address, ready to compare.  Every text is folded and may be empty.
struct NormalizedAddress {
  std::string number;  // House number, or box number; of "12-14" the first.
  std::string street;  // Core: without number, unit, direction and kind ("williamson").
  std::string unit;
  std::string zip5;  // US ZIP, five digits; elsewhere the compact postal code.
  std::string city;
  friend bool operator==(const NormalizedAddress&, const NormalizedAddress&) = default;
};

// Total; lines that are non-values give no number and no street.  O(bytes).
//
// * The number may stand behind the street ("Hauptstrasse 12"); the unit before or behind
//   ("Flat 2, 12 High St", "12 High St #2", "2/12 High St").
// * The street is one word ("delacruz"); ordinals are their digits ("5th": "5", "First": "1"); a
//   numbered road keeps its kind ("hwy12").  A street of kinds and directions only keeps one.
// * "PO Box 12" is number "12" of street "pobox" unless there is another street; "RR 2 Box 14" is
//   number "14" of street "rr2".
// Source of the kinds: USPS Publication 28, appendices C1 and C2; Australian and German ones
// beside.
NormalizedAddress NormalizeAddress(const PostalAddress& address);

}  // namespace hie::mpi
