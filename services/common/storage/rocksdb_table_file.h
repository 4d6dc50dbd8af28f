#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/storage/table_file.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

// TableFileStore on RocksDB: for rocksdb_kv_store.cc only.
namespace hie {

// Begins a table file with the options of `family`.
absl::StatusOr<std::unique_ptr<TableFileWriter>> NewRocksDbTableFile(
    rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family, const std::string& path);

// Files for one column family.
struct FamilyFiles {
  rocksdb::ColumnFamilyHandle* family = nullptr;
  std::vector<std::string> paths;
};

// TableFileStore::Ingest; the families are those of `db`, each named once.
absl::Status IngestRocksDbTableFiles(rocksdb::DB& db, const std::vector<FamilyFiles>& files);

}  // namespace hie
