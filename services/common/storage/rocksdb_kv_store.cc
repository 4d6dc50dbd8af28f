#include "services/common/storage/rocksdb_kv_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/rocksdb_status.h"
#include "services/common/storage/rocksdb_table_file.h"

namespace hie {
namespace {

// The default column family holds what describes the store; no table may take its name.
const char* const kOwnTable = "default";
const char* const kFormatKey = "format_version";

constexpr int kBloomBitsPerKey = 10;
constexpr double kMemtableBloomRatio = 0.05;
// Of a dense table: the dictionary of each file, the rows that it is trained on, and the block.
constexpr size_t kDictionaryBytes = size_t{64} << 10;
constexpr size_t kTrainingBytes = size_t{4} << 20;
constexpr size_t kDenseBlockBytes = size_t{8} << 10;
constexpr size_t kLogBytesMax = size_t{4} << 20;
constexpr size_t kLogFilesMax = 3;

rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status UnknownTable(Table table) {
  return absl::InvalidArgumentError(absl::StrCat("table: want one of the store, have ", table));
}

rocksdb::BlockBasedTableOptions MakeTableOptions(const RocksDbKvStore::Options& options) {
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.format_version = 5;
  return table;
}

rocksdb::Options MakeRocksOptions(const RocksDbKvStore::Options& options,
                                  const rocksdb::BlockBasedTableOptions& table) {
  rocksdb::Options rocks;
  if (options.env != nullptr) rocks.env = options.env;
  rocks.create_if_missing = true;
  rocks.create_missing_column_families = true;
  // A torn record at a log's end is what a loss of power leaves of a write that nobody was told
  // of; damage anywhere else refuses to open.  kAbsoluteConsistency would refuse the former too,
  // and a store would not start after an ordinary loss of power.
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Finds closed logs that are missing or too short.
  rocks.track_and_verify_wals_in_manifest = true;
  rocks.compression = rocksdb::kLZ4Compression;
  rocks.level_compaction_dynamic_level_bytes = true;
  rocks.db_write_buffer_size = options.write_buffer_bytes;
  rocks.write_buffer_size = options.write_buffer_bytes;
  rocks.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  rocks.max_log_file_size = kLogBytesMax;
  rocks.keep_log_file_num = kLogFilesMax;
  rocks.stats_dump_period_sec = 0;
  rocks.stats_persist_period_sec = 0;

  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return rocks;
}

// The options of one table.
rocksdb::ColumnFamilyOptions Tuned(const rocksdb::Options& rocks,
                                   const rocksdb::BlockBasedTableOptions& table,
                                   const TableTuning& tuning) {
  rocksdb::ColumnFamilyOptions tuned = rocks;
  rocksdb::BlockBasedTableOptions own = table;
  if (tuning.prefix_bytes != 0) {
    tuned.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(tuning.prefix_bytes));
    tuned.memtable_prefix_bloom_size_ratio = kMemtableBloomRatio;
    own.whole_key_filtering = false;
  }
  if (tuning.compression == TableTuning::Compression::kNone) {
    tuned.compression = rocksdb::kNoCompression;
  } else if (tuning.compression == TableTuning::Compression::kDense) {
    tuned.compression = rocksdb::kZSTD;
    tuned.compression_opts.max_dict_bytes = kDictionaryBytes;
    tuned.compression_opts.zstd_max_train_bytes = kTrainingBytes;
    own.block_size = kDenseBlockBytes;
  }
  tuned.table_factory.reset(rocksdb::NewBlockBasedTableFactory(own));
  return tuned;
}

// A table as it is open.
struct Family {
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  size_t prefix_bytes = 0;
  size_t index = 0;  // Among all tables.
};
using Families = std::map<std::string, Family, std::less<>>;

// One RocksDB with its column families; closes them in the right order.
class OpenDb {
 public:
  OpenDb(rocksdb::DB* db, const std::vector<rocksdb::ColumnFamilyHandle*>& handles,
         const TableTunings& tunings)
      : db_(db) {
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      const auto tuning = tunings.find(handle->GetName());
      const size_t prefix = tuning == tunings.end() ? 0 : tuning->second.prefix_bytes;
      families_[handle->GetName()] = {handle, prefix, families_.size()};
    }
  }
  ~OpenDb() {
    for (const auto& [name, family] : families_) db_->DestroyColumnFamilyHandle(family.handle);
  }
  OpenDb(const OpenDb&) = delete;
  OpenDb& operator=(const OpenDb&) = delete;

  rocksdb::DB& db() const { return *db_; }
  size_t size() const { return families_.size(); }
  // Returns the table, or null where there is none.
  const Family* FindFamily(Table table) const {
    const auto found = families_.find(table);
    return found == families_.end() || table == kOwnTable ? nullptr : &found->second;
  }
  rocksdb::ColumnFamilyHandle* Find(Table table) const {
    const Family* const family = FindFamily(table);
    return family == nullptr ? nullptr : family->handle;
  }

 private:
  const std::unique_ptr<rocksdb::DB> db_;
  Families families_;
};

class RocksDbReader final : public KvReader {
 public:
  explicit RocksDbReader(const OpenDb& open)
      : open_(open), snapshot_(open.db().GetSnapshot()), options_(), cursors_(open.size()) {
    options_.snapshot = snapshot_;
    // A filter speaks for prefixes; whoever scans across them says so.
    options_.total_order_seek = true;
  }
  ~RocksDbReader() override {
    for (std::atomic<rocksdb::Iterator*>& cursor : cursors_) delete cursor.load();
    open_.db().ReleaseSnapshot(snapshot_);
  }
  RocksDbReader(const RocksDbReader&) = delete;
  RocksDbReader& operator=(const RocksDbReader&) = delete;

  absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                 absl::string_view key) const override {
    rocksdb::ColumnFamilyHandle* family = open_.Find(table);
    if (family == nullptr) return UnknownTable(table);
    std::string value;
    const rocksdb::Status status = open_.db().Get(options_, family, ToSlice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    HIE_RETURN_IF_ERROR(FromRocksDb(status, "read"));
    return value;
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Table table, const std::vector<std::string>& keys) const override {
    rocksdb::ColumnFamilyHandle* family = open_.Find(table);
    if (family == nullptr) return UnknownTable(table);
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    open_.db().MultiGet(options_, family, keys.size(), slices.data(), found.data(),
                        statuses.data());
    std::vector<std::optional<std::string>> values(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      HIE_RETURN_IF_ERROR(FromRocksDb(statuses[i], "read"));
      values[i] = found[i].ToString();
    }
    return values;
  }

  absl::Status Scan(
      Table table, absl::string_view prefix, absl::string_view from,
      absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const override {
    const Family* const family = open_.FindFamily(table);
    if (family == nullptr) return UnknownTable(table);
    if (family->prefix_bytes != 0 && prefix.size() >= family->prefix_bytes) {
      return ScanWithinPrefix(*family, prefix, from, visit);
    }
    const std::string end = PrefixEnd(prefix);
    const rocksdb::Slice end_slice = end;
    rocksdb::ReadOptions options = options_;
    if (!end.empty()) options.iterate_upper_bound = &end_slice;
    const std::unique_ptr<rocksdb::Iterator> rows(open_.db().NewIterator(options, family->handle));
    for (rows->Seek(ToSlice(std::max(prefix, from))); rows->Valid(); rows->Next()) {
      if (!visit(ToView(rows->key()), ToView(rows->value()))) return absl::OkStatus();
    }
    return FromRocksDb(rows->status(), "scan");
  }

 private:
  // Many short scans follow each other: the iterator is made once for a snapshot.
  absl::Status ScanWithinPrefix(
      const Family& family, absl::string_view prefix, absl::string_view from,
      absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const {
    std::unique_ptr<rocksdb::Iterator> rows(cursors_[family.index].exchange(nullptr));
    if (rows == nullptr) {
      rocksdb::ReadOptions options = options_;
      options.total_order_seek = false;
      options.prefix_same_as_start = true;
      rows.reset(open_.db().NewIterator(options, family.handle));
    }
    for (rows->Seek(ToSlice(std::max(prefix, from))); rows->Valid(); rows->Next()) {
      const absl::string_view key = ToView(rows->key());
      if (!absl::StartsWith(key, prefix) || !visit(key, ToView(rows->value()))) break;
    }
    absl::Status status = FromRocksDb(rows->status(), "scan");
    rocksdb::Iterator* none = nullptr;
    // A thread that came first has put its own back.
    if (cursors_[family.index].compare_exchange_strong(none, rows.get())) rows.release();
    return status;
  }

  const OpenDb& open_;
  const rocksdb::Snapshot* const snapshot_;
  rocksdb::ReadOptions options_;
  mutable std::vector<std::atomic<rocksdb::Iterator*>> cursors_;  // By Family::index; null: in use.
};

class OpenRocksDbKvStore final : public RocksDbKvStore {
 public:
  explicit OpenRocksDbKvStore(std::unique_ptr<OpenDb> open) : open_(std::move(open)) {}

  std::shared_ptr<const KvReader> Snapshot() const override {
    return std::make_shared<RocksDbReader>(*open_);
  }

  absl::Status Write(const WriteBatch& batch, Durability durability) override {
    rocksdb::WriteBatch rocks;
    for (const WriteBatch::Change& change : batch.changes()) {
      rocksdb::ColumnFamilyHandle* family = open_->Find(change.table);
      if (family == nullptr) return UnknownTable(change.table);
      const rocksdb::Status added = change.value.has_value()
                                        ? rocks.Put(family, change.key, *change.value)
                                        : rocks.Delete(family, change.key);
      HIE_RETURN_IF_ERROR(FromRocksDb(added, "batch"));
    }
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::kSynced;
    return FromRocksDb(open_->db().Write(options, &rocks), "write");
  }

  absl::Status Checkpoint(const std::string& directory) const override {
    PosixFileSystem files;
    HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(directory));
    if (exists) {
      return absl::AlreadyExistsError(absl::StrCat("checkpoint: ", directory, " exists"));
    }
    rocksdb::Checkpoint* made = nullptr;
    HIE_RETURN_IF_ERROR(
        FromRocksDb(rocksdb::Checkpoint::Create(&open_->db(), &made), "checkpoint"));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    return FromRocksDb(checkpoint->CreateCheckpoint(directory), "checkpoint");
  }

  absl::StatusOr<std::unique_ptr<TableFileWriter>> NewTableFile(Table table,
                                                                const std::string& path) override {
    rocksdb::ColumnFamilyHandle* family = open_->Find(table);
    if (family == nullptr) return UnknownTable(table);
    return NewRocksDbTableFile(open_->db(), *family, path);
  }

  absl::Status Ingest(const std::vector<TableFile>& files) override {
    std::map<std::string, FamilyFiles> families;
    for (const TableFile& file : files) {
      FamilyFiles& of_table = families[file.table];
      of_table.family = open_->Find(file.table);
      if (of_table.family == nullptr) return UnknownTable(file.table);
      of_table.paths.push_back(file.path);
    }
    std::vector<FamilyFiles> all;
    for (auto& [table, of_table] : families) all.push_back(std::move(of_table));
    return IngestRocksDbTableFiles(open_->db(), all);
  }

 private:
  const std::unique_ptr<OpenDb> open_;
};

// Refuses a directory that holds table files but not the file that names the state: RocksDB would
// take it for new and delete what is left.
absl::Status CheckEmpty(rocksdb::Env& env, const std::string& path) {
  std::vector<std::string> names;
  const rocksdb::Status listed = env.GetChildren(path, &names);
  if (listed.IsNotFound() || listed.IsPathNotFound()) return absl::OkStatus();
  HIE_RETURN_IF_ERROR(FromRocksDb(listed, "open"));
  for (const std::string& name : names) {
    // A store gets its first table file after CURRENT, in CheckFormat.
    if (absl::EndsWith(name, ".sst")) {
      return absl::DataLossError(absl::StrCat("open: ", path, " has lost its file CURRENT"));
    }
  }
  return absl::OkStatus();
}

// Returns the column families at `path`; none where there is no store.
absl::StatusOr<std::vector<std::string>> ListFamilies(const rocksdb::Options& options,
                                                      const std::string& path) {
  // CURRENT is the last file that a new store gets and names its state.
  const rocksdb::Status exists = options.env->FileExists(absl::StrCat(path, "/CURRENT"));
  if (exists.IsNotFound()) {
    HIE_RETURN_IF_ERROR(CheckEmpty(*options.env, path));
    return std::vector<std::string>();
  }
  HIE_RETURN_IF_ERROR(FromRocksDb(exists, "open"));
  std::vector<std::string> families;
  HIE_RETURN_IF_ERROR(FromRocksDb(rocksdb::DB::ListColumnFamilies(options, path, &families),
                                  absl::StrCat(path, ": open")));
  return families;
}

absl::Status CheckTables(const std::vector<std::string>& existing,
                         const std::vector<std::string>& tables) {
  for (const std::string& name : existing) {
    if (name != kOwnTable && std::find(tables.begin(), tables.end(), name) == tables.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("open: the store has a table that this program does not know: ", name));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<OpenDb>> OpenFamilies(
    const rocksdb::Options& options, const rocksdb::BlockBasedTableOptions& table_options,
    const RocksDbKvStore::Options& asked) {
  const std::string& path = asked.path;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(kOwnTable, options);
  for (const std::string& table : asked.tables) {
    const auto tuning = asked.tunings.find(table);
    if (tuning == asked.tunings.end()) {
      families.emplace_back(table, options);
    } else {
      families.emplace_back(table, Tuned(options, table_options, tuning->second));
    }
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  HIE_RETURN_IF_ERROR(FromRocksDb(rocksdb::DB::Open(options, path, families, &handles, &db),
                                  absl::StrCat(path, ": open")));
  return std::make_unique<OpenDb>(db, handles, asked.tunings);
}

absl::Status WriteFormat(rocksdb::DB& db) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  HIE_RETURN_IF_ERROR(FromRocksDb(
      db.Put(synced, kFormatKey, absl::StrCat(RocksDbKvStore::kFormatVersion)), "open"));
  // Into a table file, so that no loss of the log makes the store look new.
  return FromRocksDb(db.Flush(rocksdb::FlushOptions()), "open");
}

absl::Status CheckFormat(rocksdb::DB& db) {
  std::string text;
  const rocksdb::Status read = db.Get(rocksdb::ReadOptions(), kFormatKey, &text);
  if (read.IsNotFound()) {
    // Nothing was ever written: new, or the process died between creating and this row.
    if (db.GetLatestSequenceNumber() == 0) return WriteFormat(db);
    return absl::DataLossError("open: the store has lost its format version");
  }
  HIE_RETURN_IF_ERROR(FromRocksDb(read, "open"));
  uint32_t version = 0;
  if (!absl::SimpleAtoi(text, &version) || version == 0) {
    return absl::DataLossError("open: the store's format version is unreadable");
  }
  if (version > RocksDbKvStore::kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("open: the store has format ", version, ", this program knows up to ",
                     RocksDbKvStore::kFormatVersion, ": want a newer program"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbKvStore>> RocksDbKvStore::Open(Options options) {
  // RocksDB does not make parents, and would let everybody read.
  if (options.env == nullptr) HIE_RETURN_IF_ERROR(PosixFileSystem().CreateDir(options.path));
  const rocksdb::BlockBasedTableOptions table = MakeTableOptions(options);
  const rocksdb::Options rocks = MakeRocksOptions(options, table);
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> existing, ListFamilies(rocks, options.path));
  HIE_RETURN_IF_ERROR(CheckTables(existing, options.tables));
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<OpenDb> open, OpenFamilies(rocks, table, options));
  HIE_RETURN_IF_ERROR(CheckFormat(open->db()));
  return std::make_unique<OpenRocksDbKvStore>(std::move(open));
}

absl::StatusOr<std::vector<std::string>> RocksDbKvStore::ListTables(const std::string& path) {
  HIE_ASSIGN_OR_RETURN(std::vector<std::string> tables, ListFamilies(rocksdb::Options(), path));
  if (tables.empty()) return absl::NotFoundError(absl::StrCat("no store at ", path));
  tables.erase(std::remove(tables.begin(), tables.end(), kOwnTable), tables.end());
  return tables;
}

}  // namespace hie
