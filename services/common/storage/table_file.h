#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/storage/kv_store.h"

// Rows that are written outside a store, in order, and taken in whole: how an empty store is filled
// with more than batches can carry.
namespace hie {

// A file that holds rows of one table.
struct TableFile {
  std::string table;
  std::string path;
  friend bool operator==(const TableFile&, const TableFile&) = default;
};

// Writes one such file.  Not thread-safe; several may be written at once.
class TableFileWriter {
 public:
  virtual ~TableFileWriter() = default;

  // Adds a row.  INTERNAL: `key` is not above the one before.
  virtual absl::Status Put(absl::string_view key, absl::string_view value) = 0;

  // Bytes of the file so far, about.
  virtual uint64_t bytes() const = 0;

  // Completes the file, durably.  INTERNAL: it holds no row.
  virtual absl::Status Finish() = 0;
};

// A store that takes whole files in.  Thread-safe.
class TableFileStore {
 public:
  virtual ~TableFileStore() = default;

  // Begins a file for `table` at `path`, in the form that the store keeps; what is there is
  // replaced.  INVALID_ARGUMENT: no such table.
  virtual absl::StatusOr<std::unique_ptr<TableFileWriter>> NewTableFile(
      Table table, const std::string& path) = 0;

  // Takes the rows of all files in, or of none, durably; rows of the same keys are replaced.  Every
  // block is verified first.  The files are gone afterwards; where it fails they stay as they were.
  //
  // INVALID_ARGUMENT: no such table; INTERNAL: files of one table overlap; DATA_LOSS: a file is
  // damaged or missing.  Cost: one read of the files, and a copy where they lie on another file
  // system than the store's.
  virtual absl::Status Ingest(const std::vector<TableFile>& files) = 0;
};

}  // namespace hie
