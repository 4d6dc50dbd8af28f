#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Returns how a folded name sounds to an American registrar: a letter and at most three digits
// (Soundex, the National Archives' rules).  A name that does not begin with a to z is its own
// sound.  Empty for empty.  Source: NARA Soundex Indexing System.
std::string SoundOf(absl::string_view name);

}  // namespace hie::mpi
