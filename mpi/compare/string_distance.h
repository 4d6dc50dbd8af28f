#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Strings under this many bytes are compared for equality only: a single edit makes another name
// of "Li" or "Ann".
inline constexpr size_t kFuzzyBytesMin = 4;

// Up to this many bytes one machine word holds the state of a distance, and nothing is allocated.
inline constexpr size_t kKernelBytesMax = 64;

// Returns the Jaro-Winkler similarity per mille, 0..1000, rounded down; prefix scale 0.1, at most
// four bytes of prefix.  Integers only: equal on every machine.
//
// Symmetric; 1000 exactly for equal strings; 0 where either is empty.  Total.  O(|a| + |b|); where
// either is longer than kKernelBytesMax, it allocates O(|b|).
// Source: Winkler 1990.
int JaroWinklerPerMille(absl::string_view a, absl::string_view b);

// Returns how many insertions, deletions, substitutions and transpositions of neighbours make `b`
// of `a` where no part is edited twice (optimal string alignment), or `max` + 1 where that is more
// than `max`.  A negative `max` is 0.
//
// Symmetric.  Total.  O(|a| + |b|) without allocation while the shorter, without what both begin
// and end with, is at most kKernelBytesMax; else O(|a| * max) and it allocates O(|b|).
// Source: Hyyrö 2003, "A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit
// Distances".
int DamerauDistance(absl::string_view a, absl::string_view b, int max);

// Tells whether one insertion, deletion, substitution or transposition of neighbours makes `b` of
// `a`: DamerauDistance is 1.  False for equal strings.  Symmetric; O(|a|); allocates nothing.
bool OneEditApart(absl::string_view a, absl::string_view b);

}  // namespace hie::mpi
