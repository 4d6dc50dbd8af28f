#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/common/storage/kv_store.h"
#include "services/common/storage/table_file.h"
#include "services/common/storage/table_tuning.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace hie {

// A KvStore on disk: one RocksDB, one column family per table, blocks and log checksummed.
//
// Thread-safe.  One process at a time opens it.  RocksDB can open successfully after it lost
// synced writes (a log file cut or deleted): who cannot live with that keeps a high-water mark
// outside, as the journal does.
class RocksDbKvStore : public KvStore, public TableFileStore {
 public:
  struct Options {
    std::string path;                 // Directory; created where missing, readable by its owner.
    std::vector<std::string> tables;  // Created where missing.
    // Files; must outlive the store.  Null: the machine's.
    rocksdb::Env* env = nullptr;
    // Memory for changes that are not in table files yet, over all tables.
    size_t write_buffer_bytes = size_t{64} << 20;
    // Memory for blocks read.
    size_t block_cache_bytes = size_t{64} << 20;
    // Tables that are used in another way than by single rows and short scans.
    TableTunings tunings = {};
  };

  // Version of the layout under `path`, stored in it.  1: one column family per table, keys and
  // values as written.
  static constexpr uint32_t kFormatVersion = 1;

  // FAILED_PRECONDITION: another process has it open, its format is newer than this program, or
  // it holds a table that `tables` does not name.  DATA_LOSS: its files are damaged.
  static absl::StatusOr<std::unique_ptr<RocksDbKvStore>> Open(Options options);

  // Returns the names of the tables of a store that is not open.  NOT_FOUND: there is no store.
  static absl::StatusOr<std::vector<std::string>> ListTables(const std::string& path);

  // Makes a store at `path` from a checkpoint, which stays as it is.  Every block is verified
  // before the store appears under its name.  ALREADY_EXISTS: there is something at `path`;
  // DATA_LOSS: the checkpoint is damaged.
  static absl::Status Restore(const std::string& checkpoint_directory, const std::string& path);
};

}  // namespace hie
