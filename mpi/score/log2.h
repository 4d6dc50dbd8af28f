#pragma once

#include <cstdint>

#include "mpi/score/value_frequencies.h"

namespace hie::mpi {

// Returns log2(value) in 1/1000 bit, rounded to the nearest; `value` > 0, 0 counts as 1.
//
// Integers only: equal on every machine, which a library's logarithm does not promise.
Millibits Log2Millibits(uint64_t value);

}  // namespace hie::mpi
