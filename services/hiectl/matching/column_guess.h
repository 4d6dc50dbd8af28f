#pragma once

#include <string>

#include "services/hiectl/matching/csv_file.h"

namespace hie::ctl::matching {

// Proposes a column file for a CSV that nobody described: by the names of its columns, and by the
// form of its first values (dates, numbers).  What it does not know it leaves out, and says so in
// a comment; what looks like a truth (cluster, entity_id) is never used.
//
// TOML text that ReadColumnFile reads; holds names of columns only.
std::string ProposeColumns(const CsvFile& file);

}  // namespace hie::ctl::matching
