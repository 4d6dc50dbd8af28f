#pragma once

#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// Tells whether each one's first name is the other's family name: one of both exactly, the other
// within one edit or alike (Jaro-Winkler >= 0.88).  Initials do not count.  Total and symmetric.
bool NamesAreSwapped(const PackedView& a, const PackedName& x, const PackedView& b,
                     const PackedName& y);

}  // namespace hie::mpi
