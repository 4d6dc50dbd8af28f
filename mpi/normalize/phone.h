#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Returns a telephone number in E.164 form ("+19063898576"), or nothing for non-values and for
// lengths that no number has.
//
// `country` is the calling code of numbers that do not say theirs.  A number says it behind "+",
// "00", "011", or with eleven digits that begin with 1 where `country` is "1".
// * "1": ten digits are a whole number; "001" and a second 1 before them go; ten that begin with
//   0 are another country's nine and a trunk 0.
// * else: a trunk 0 goes ("030 1234567", "+49 (0)30 1234567"); 6 to 13 digits are a number.
// * Seven digits (no area code) and nine (no trunk 0) of North America stay as they are.
// An extension ("x12", "ext. 12", "#12") is dropped.  Total.
std::optional<std::string> NormalizePhone(absl::string_view text, absl::string_view country = "1");

// Returns a folded e-mail address, or nothing without one "@" between two parts and for addresses
// that nobody reads ("none@none.com").
std::optional<std::string> NormalizeEmail(absl::string_view text);

}  // namespace hie::mpi
