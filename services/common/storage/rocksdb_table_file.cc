#include "services/common/storage/rocksdb_table_file.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include "services/common/base/status_macros.h"
#include "services/common/storage/rocksdb_status.h"

namespace hie {
namespace {

rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }

class RocksDbTableFileWriter final : public TableFileWriter {
 public:
  RocksDbTableFileWriter(const rocksdb::Options& options, rocksdb::ColumnFamilyHandle& family)
      : writer_(rocksdb::EnvOptions(), options, &family) {}

  absl::Status Open(const std::string& path) {
    return FromRocksDb(writer_.Open(path), "table file");
  }

  absl::Status Put(absl::string_view key, absl::string_view value) override {
    return FromRocksDb(writer_.Put(ToSlice(key), ToSlice(value)), "table file");
  }

  uint64_t bytes() const override {
    // A count that RocksDB keeps; it only is not declared as one that changes nothing.
    return const_cast<rocksdb::SstFileWriter&>(writer_).FileSize();
  }

  absl::Status Finish() override { return FromRocksDb(writer_.Finish(), "table file"); }

 private:
  rocksdb::SstFileWriter writer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TableFileWriter>> NewRocksDbTableFile(
    rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family, const std::string& path) {
  auto writer = std::make_unique<RocksDbTableFileWriter>(db.GetOptions(&family), family);
  HIE_RETURN_IF_ERROR(writer->Open(path));
  return writer;
}

absl::Status IngestRocksDbTableFiles(rocksdb::DB& db, const std::vector<FamilyFiles>& files) {
  std::vector<rocksdb::IngestExternalFileArg> all;
  for (const FamilyFiles& part : files) {
    rocksdb::IngestExternalFileArg arg;
    arg.column_family = part.family;
    arg.external_files = part.paths;
    // Links the file where it lies on the store's file system, and copies it elsewhere; a try that
    // fails leaves it where it was, and with its bytes.
    arg.options.move_files = true;
    arg.options.failed_move_fall_back_to_copy = true;
    arg.options.write_global_seqno = false;
    arg.options.verify_checksums_before_ingest = true;
    all.push_back(std::move(arg));
  }
  if (all.empty()) return absl::OkStatus();
  return FromRocksDb(db.IngestExternalFiles(all), "ingest");
}

}  // namespace hie
