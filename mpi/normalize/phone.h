#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Returns a telephone number in E.164 form ("+19063898576"); a number of ten digits, or of eleven
// with a leading 1, is North American.  Seven digits (no area code) and nine (no trunk 0) stay as
// they are.  Nothing for other lengths and non-values.  An extension ("x12") is dropped.
std::optional<std::string> NormalizePhone(absl::string_view text);

// Returns a folded e-mail address, or nothing without one "@" between two parts.
std::optional<std::string> NormalizeEmail(absl::string_view text);

}  // namespace hie::mpi
