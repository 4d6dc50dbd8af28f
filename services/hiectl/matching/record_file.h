#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "mpi/compare/record_table.h"
#include "services/hiectl/matching/columns.h"
#include "services/hiectl/matching/csv_file.h"
#include "services/hiectl/matching/issue.h"
#include "services/hiectl/matching/text_column.h"

namespace hie::ctl::matching {

// As many records that say the same are no chance, and no person was registered as often.
inline constexpr uint32_t kIdenticalRecordsMax = 30;

// Reports long work: what it is doing, and how much of it is done.
using LoadProgress = std::function<void(absl::string_view phase, uint64_t done, uint64_t all)>;

struct LoadOptions {
  std::vector<Columns> sides;   // One person a row, or two for a file of pairs.
  std::optional<size_t> truth;  // Column.
  uint8_t input = 0;            // 0, or 1 for the second of two inputs.
  size_t threads = 2;
  LoadProgress progress = nullptr;
};

// The rows of a CSV, ready to match.  Rows count from 0, blank lines and the header left out.
struct RecordFile {
  std::vector<mpi::RecordTable> tables;  // One a side; each has every row.
  TextColumn ids;                        // Empty where the column file names no id.
  TextColumn truths;                     // Empty without truth.
  std::vector<Issue> issues;             // By line.
};

// Reads, maps, normalises and packs all rows.  The same whatever the number of threads.  Gives
// pages of the file back as it goes.
RecordFile LoadRecords(const CsvFile& file, const LoadOptions& options);

// Settles whether NA says nothing, where the column file does not name what does: a family name
// stands in one cell of a row, R's NA in several.  Tells whether it does.
bool SettleMissing(const CsvFile& file, Columns& columns);

// Settles the order of dates where the column file leaves it open: by the file's first values.
void SettleDateStyle(const CsvFile& file, Columns& columns);

}  // namespace hie::ctl::matching
