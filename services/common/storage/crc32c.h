#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace hie {

// Returns the CRC-32C (Castagnoli) of `data`, continuing from `before`, the CRC of what stands
// before it.  Finds damage, not forgery.  About 1 ns per byte.  Source: RFC 3720 appendix B.4.
uint32_t Crc32c(absl::string_view data, uint32_t before = 0);

}  // namespace hie
