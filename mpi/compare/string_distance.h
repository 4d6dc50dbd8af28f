#pragma once

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Strings under this many bytes are compared for equality only: a single edit makes another name
// of "Li" or "Ann".
inline constexpr size_t kFuzzyBytesMin = 4;

// Returns the Jaro-Winkler similarity per mille, 0..1000, rounded down; prefix scale 0.1, at most
// four bytes of prefix.  Integers only: equal on every machine.
//
// Symmetric; 1000 exactly for equal strings; 0 where either is empty.  O(|a| * |b|) worst case.
// Source: Winkler 1990.
int JaroWinklerPerMille(absl::string_view a, absl::string_view b);

// Tells whether one insertion, deletion, substitution or transposition of neighbours makes `b` of
// `a`.  False for equal strings.  Symmetric; O(|a|).
bool OneEditApart(absl::string_view a, absl::string_view b);

}  // namespace hie::mpi
