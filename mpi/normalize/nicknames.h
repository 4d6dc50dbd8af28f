#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace hie::mpi {

// A name is in at most this many groups, and groups are numbered from 1 to 255.
inline constexpr size_t kNicknameGroupsMax = 4;

// The groups of given names that are forms of one name: nicknames, abbreviations of old registers,
// spellings, transliterations, and what German and Spanish immigrants were called.  One group per
// line, names parted by one blank, the root first.
absl::Span<const absl::string_view> NicknameTable();

// The numbers of the groups that a folded given name is in, ascending, 0 for none.  Two names share
// a group exactly if they have a number in common.  O(1).
std::array<uint8_t, kNicknameGroupsMax> NicknameGroups(absl::string_view folded);

// Tells whether two folded given names are forms of one name (William, Bill, Liam).
//
// Symmetric; true of equal names.  Groups may share a name ("Alex"); not transitive through it.
// O(1).
bool ShareNicknameGroup(absl::string_view a, absl::string_view b);

// The root of the group of which `name` is the root, else of the first group that holds it, else
// `name` itself: what blocking keys are made of.  Lives as long as `name`.  O(1).
absl::string_view NicknameRoot(absl::string_view name);

// Common given names (men's, then women's, then others) and family names, the commonest first.
std::vector<absl::string_view> CommonGivenNames();
std::vector<absl::string_view> CommonFamilyNames();

// Tells whether a folded given name is one that many people have: then it is no misspelling of
// another common one ("Mia" is not "Mya" typed wrongly).  O(1).
bool IsCommonGivenName(absl::string_view name);

// Tells whether a folded family name is held by more than about one person in a thousand (USA).
// O(1).
bool IsCommonFamilyName(absl::string_view name);

}  // namespace hie::mpi
