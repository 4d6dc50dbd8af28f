#pragma once

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Tells whether two folded given names are forms of one name (William, Bill, Liam).
//
// Symmetric; true of equal names.  Groups may share a name ("Alex"); not transitive through it.
bool ShareNicknameGroup(absl::string_view a, absl::string_view b);

// The first name of the first group that holds `name`, else `name` itself: what blocking keys are
// made of.  Lives as long as `name`.
absl::string_view NicknameRoot(absl::string_view name);

// Tells whether a folded given name is one that many people have: then it is no misspelling of
// another common one ("Mia" is not "Mya" typed wrongly).
bool IsCommonGivenName(absl::string_view name);

// Tells whether a folded family name is held by more than about one person in a thousand (USA).
bool IsCommonFamilyName(absl::string_view name);

}  // namespace hie::mpi
