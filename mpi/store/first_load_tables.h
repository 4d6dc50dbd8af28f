#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/mpi/v1/load_state.pb.h"
#include "mpi/store/first_load_input.h"
#include "mpi/store/first_load_persons.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"
#include "services/common/storage/table_file.h"

// The third phase of a first load: the rows of all tables, sorted, as files of the store.
namespace hie::mpi {

// A file that grows beyond is ended and followed by another.
inline constexpr uint64_t kLoadedFileBytes = uint64_t{64} << 20;

struct WriteTablesOptions {
  TableFileStore* store = nullptr;  // Must outlive the call.
  FileSystem* files = nullptr;      // Must outlive the call.
  std::string directory;            // Where ReadInput left its files.
  absl::Time loaded;
  std::string input_sha256;
  size_t threads = 2;
  uint64_t file_bytes_max = kLoadedFileBytes;
  LoadProgressReport progress = nullptr;
};

// What the tables are made of, beside the spools of ReadInput.
struct LoadedRows {
  const LoadedPersons* persons = nullptr;  // Must outlive the call.
  std::vector<v1::SortedRun> runs;         // Of ReadInput, and of other tables.
  // Rows of tables that neither have runs nor are made of records: puts only, keys each once.
  WriteBatch single;
};

// Writes the files; what an earlier try left is replaced.  Tables without rows have none.
//
// DATA_LOSS: a spool or run is damaged.  Memory: 12 bytes for each record, 16 for each person, a
// block of each run, and what the store needs to write a file, on each thread.
absl::StatusOr<std::vector<v1::LoadedTableFile>> WriteTables(const WriteTablesOptions& options,
                                                             const LoadedRows& rows);

}  // namespace hie::mpi
