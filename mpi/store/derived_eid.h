#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// An EID that follows from what it is made of: a load that is interrupted and resumed, or repeated
// on another index, gives the same ids.  A UUIDv7 in text form: its time is `unix_millis` and a
// millisecond more for each 4,096 lines, so that text order is line order; the rest is hashed from
// `seed`, `line` and `index`.  `unix_millis` below 2^47.
std::string DerivedEid(uint64_t unix_millis, absl::string_view seed, uint64_t line, uint32_t index);

// The milliseconds that a UUIDv7 begins with.  `uuid` is one (IsUuidV7).
uint64_t MillisOfUuidV7(absl::string_view uuid);

// Tells whether `text` is a UUIDv7 in lower-case text form whose time is below 2^47.
bool IsUuidV7(absl::string_view text);

}  // namespace hie::mpi
