#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Returns nine digits, or the last four where only these are known; nothing where the number
// could not have been issued (area 000, 666, 9xx; group 00; serial 0000; fillers).  What hides the
// first five may be written as x, * or # ("xxx-xx-1234", "***-**-1234").
//
// Source: SSA rules for issued numbers, also after randomisation in 2011.
std::optional<std::string> NormalizeSsn(absl::string_view text);

// Tells whether an identifier's system is the US social security number.
bool IsSsnSystem(absl::string_view system);

}  // namespace hie::mpi
