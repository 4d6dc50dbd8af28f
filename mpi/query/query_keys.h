#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mpi/query/condition.h"

// The narrow index behind exact search: under which keys a record is filed, and which keys a
// condition walks.  A key is a letter for its kind and a folded text, cut at kQueryKeyBytesMax.
namespace hie::mpi {

inline constexpr size_t kQueryKeyBytesMax = 40;

// Returns the keys of a record, sorted, each once: every word of a family name from its beginning,
// first day of the birth date, identifiers, postal codes, telephone numbers and e-mail addresses.
// One that is merged away has identifiers only, a removed one its own key only.
std::vector<std::string> MakeQueryKeys(const QueriedRecord& record);

// Keys to walk: those that start with `from`, or, with `to`, all from `from` until before `to`.
struct QueryWalk {
  enum class Kind { kExactly, kStartingWith, kRange };
  Kind kind = Kind::kExactly;
  std::string from;
  std::string to = "";
  friend bool operator==(const QueryWalk&, const QueryWalk&) = default;
};

// Returns walks that together find every record that meets the condition (and others).  Nothing:
// the condition narrows nothing.  An EID narrows, but is not walked for.
std::optional<std::vector<QueryWalk>> MakeQueryWalks(const Condition& condition);

}  // namespace hie::mpi
