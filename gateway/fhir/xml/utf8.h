#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace hie::fhir {

// Bytes of the UTF-8 sequence at the front of `text` (RFC 3629); 0: there is none.
size_t Utf8SequenceLength(absl::string_view text);

// Tells whether `text` is UTF-8 without control characters other than tab, line feed and carriage
// return: what a FHIR string may hold.
bool IsFhirText(absl::string_view text);

}  // namespace hie::fhir
