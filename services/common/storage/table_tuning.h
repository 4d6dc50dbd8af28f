#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace hie {

// How a table is used, where the default does not do.  Changes what reading and writing cost and how
// much disk the table takes, never what it holds; may differ from one opening to the next.
struct TableTuning {
  // Rows are scanned by prefixes of at least so many bytes, most of which have no row: a filter
  // answers these.  0: none.
  size_t prefix_bytes = 0;
  // What the rows are worth compressing: rows of hashes nothing, rows that are seldom read much.
  enum class Compression { kFast, kNone, kDense };
  Compression compression = Compression::kFast;
};

using TableTunings = std::map<std::string, TableTuning>;

}  // namespace hie
