#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "services/common/storage/rocksdb_status.h"

namespace hie {
namespace {

constexpr size_t kCopyBytes = size_t{1} << 20;

absl::Status CopyFile(FileSystem& files, const std::string& from, const std::string& to) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<File> source, files.Open(from, OpenMode::kRead));
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<File> target, files.Open(to, OpenMode::kCreate));
  for (uint64_t offset = 0;;) {
    HIE_ASSIGN_OR_RETURN(const std::string piece, source->ReadAt(offset, kCopyBytes));
    if (piece.empty()) return target->Sync();
    HIE_RETURN_IF_ERROR(target->PWrite(offset, piece));
    offset += piece.size();
  }
}

absl::Status CopyDirectory(FileSystem& files, const std::string& from, const std::string& to) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(from));
  HIE_RETURN_IF_ERROR(files.CreateDir(to));
  for (const std::string& name : names) {
    HIE_RETURN_IF_ERROR(
        CopyFile(files, absl::StrCat(from, "/", name), absl::StrCat(to, "/", name)));
  }
  return files.SyncDir(to);
}

absl::Status RemoveDirectory(FileSystem& files, const std::string& path) {
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(path));
  if (!exists) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(path));
  for (const std::string& name : names) {
    HIE_RETURN_IF_ERROR(files.Remove(absl::StrCat(path, "/", name)));
  }
  return files.Remove(path);
}

// Reads every block of the store and compares its checksum.
absl::Status Verify(const std::string& path) {
  rocksdb::Options options;
  // Without a log file of its own: the copy stays byte for byte what the checkpoint is.
  options.info_log_level = rocksdb::InfoLogLevel::HEADER_LEVEL;
  std::vector<std::string> names;
  HIE_RETURN_IF_ERROR(
      FromRocksDb(rocksdb::DB::ListColumnFamilies(options, path, &names), "restore"));
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = [&] {
    std::vector<rocksdb::ColumnFamilyDescriptor> all;
    for (const std::string& name : names) all.emplace_back(name, options);
    return all;
  }();
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  HIE_RETURN_IF_ERROR(FromRocksDb(
      rocksdb::DB::OpenForReadOnly(options, path, families, &handles, &opened), "restore"));
  const std::unique_ptr<rocksdb::DB> db(opened);
  const rocksdb::Status verified = db->VerifyChecksum();
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  return FromRocksDb(verified, "restore");
}

}  // namespace

absl::Status RocksDbKvStore::Restore(const std::string& checkpoint_directory,
                                     const std::string& path) {
  PosixFileSystem files;
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(path));
  if (exists) return absl::AlreadyExistsError(absl::StrCat("restore: ", path, " exists"));
  const std::string copy = absl::StrCat(path, ".restoring");
  // What an earlier try left.
  HIE_RETURN_IF_ERROR(RemoveDirectory(files, copy));
  HIE_RETURN_IF_ERROR(CopyDirectory(files, checkpoint_directory, copy));
  HIE_RETURN_IF_ERROR(Verify(copy));
  HIE_RETURN_IF_ERROR(files.Rename(copy, path));
  return files.SyncDir(ParentDir(path));
}

}  // namespace hie
