#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::fhir {

// "a=b&c=d" decoded (WHATWG application/x-www-form-urlencoded), in order; '+' is a space.
//
// INVALID_ARGUMENT: a percent sign without two hexadecimal digits, bytes that are not UTF-8, or a
// control character.  The message repeats nothing of the text.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> DecodeForm(absl::string_view text);

// One segment of a path, percent-decoded; '+' stays.  INVALID_ARGUMENT as above, and for a slash.
absl::StatusOr<std::string> DecodeSegment(absl::string_view segment);

// `text` as a value of a query string.  What needs no escape there stays readable.
std::string EncodeQueryValue(absl::string_view text);

// Tells whether `text` is UTF-8 without control characters.
bool IsCleanText(absl::string_view text);

}  // namespace hie::fhir
