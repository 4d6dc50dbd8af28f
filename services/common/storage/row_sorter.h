#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/storage/file_system.h"

// Sorts more rows than memory holds: sorted runs in files, merged when they are read.
namespace hie {

// Takes rows in any order.  Not thread-safe: each thread has one of its own, and their runs are
// merged together.
class RowSorter {
 public:
  struct Options {
    FileSystem* files = nullptr;  // Must outlive the sorter.
    std::string path;             // Runs are `path`.0, `path`.1, ...; what is there is replaced.
    size_t memory_bytes = kMemoryBytes;
  };
  static constexpr size_t kMemoryBytes = size_t{64} << 20;

  explicit RowSorter(Options options) : options_(std::move(options)) {}

  absl::Status Add(absl::string_view key, absl::string_view value);

  // Writes what memory holds as the last run, durably.  Returns the paths of all runs.
  absl::StatusOr<std::vector<std::string>> Finish();

 private:
  struct Row {
    uint64_t prefix;  // The key's first bytes, big-endian: most comparisons end here.
    uint32_t offset;  // Into `bytes_`.
    uint32_t key_bytes;
    uint32_t value_bytes;
  };
  absl::string_view Key(const Row& row) const;
  absl::Status WriteRun();

  const Options options_;
  std::vector<Row> rows_;
  std::string bytes_;
  std::vector<std::string> runs_;
};

// Visits the rows of all runs by rising key; of equal keys in the order of `runs`.  Stops at the
// first error of `visit`, and returns it.  The views live for the call of `visit` only.
//
// DATA_LOSS: a run is damaged; NOT_FOUND: one is missing.  Memory: a block of each run.
absl::Status MergeRuns(
    FileSystem& files, const std::vector<std::string>& runs,
    absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> visit);

}  // namespace hie
