#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/json/value.h"

namespace hie::json {

// Caps of one text.  A 16 MiB FHIR bundle of real records has about 700,000 elements, 12 deep.
inline constexpr size_t kBytesMax = 16 << 20;
inline constexpr int kDepthMax = 64;
inline constexpr size_t kElementsMax = 1'000'000;
// No text may be larger whatever the caller allows: positions are kept in 32 bits.
inline constexpr size_t kBytesCeiling = size_t{1} << 31;

// What one read accepts.
struct ReadLimits {
  size_t bytes_max = kBytesMax;        // Of the text.
  int depth_max = kDepthMax;           // Nested arrays and objects.
  size_t elements_max = kElementsMax;  // Elements in all: bounds memory at about 60 bytes each.
};

// Reads one JSON text (RFC 8259) strictly.
//
// Refuses what a lenient reader repairs, since a repaired record may say something else: a name
// twice in one object, bytes after the end, comments, trailing commas, NaN and Infinity, leading
// zeros, control characters and lone surrogates in strings, invalid UTF-8, a byte order mark.
//
// INVALID_ARGUMENT: `json: byte <n>: <what is wrong>`.  The message repeats nothing of the text.
// RESOURCE_EXHAUSTED: a cap was reached; the message names it.
//
// Total on any bytes.  Thread-safe.  About 3.5 ns per byte of FHIR.
absl::StatusOr<Value> Read(absl::string_view text, const ReadLimits& limits = {});

}  // namespace hie::json
