#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::hl7v2 {

// Tells whether `bytes` are well-formed UTF-8 (RFC 3629).
bool IsUtf8(absl::string_view bytes);

// Every byte as the character with its number.
std::string Latin1ToUtf8(absl::string_view bytes);

// Returns a message in UTF-8: valid UTF-8 whatever the bytes are.
//
// `declared` is MSH-18 (HL7 table 0211, first repetition), `configured` the source's own (UTF-8,
// ISO-8859-1, WINDOWS-1252); `declared` wins where it is not empty.  Neither, or ASCII: UTF-8 where
// the bytes are that, else ISO-8859-1.  What the character set does not have becomes U+FFFD.
// `storage` holds the result where it had to be converted; else the result is `bytes`.
//
// INVALID_ARGUMENT: a character set that is not known, or that is no superset of ASCII.
absl::StatusOr<absl::string_view> ToUtf8(absl::string_view bytes, absl::string_view declared,
                                         absl::string_view configured, std::string& storage);

}  // namespace hie::hl7v2
