#include "services/hiectl/commands/store_commands.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/db_hash.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/journal/high_water_mark.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/rocksdb_kv_store.h"

namespace hie::ctl {
namespace {

std::string StorePath(const StoreOptions& options) {
  return absl::StrCat(options.data_dir, "/", options.role, "/db");
}

std::string MarkPath(const StoreOptions& options) {
  return absl::StrCat(options.data_dir, "/", options.role, "/mark");
}

absl::Status Restore(const StoreOptions& options) {
  HIE_RETURN_IF_ERROR(RocksDbKvStore::Restore(options.snapshot, StorePath(options)));
  RocksDbKvStore::Options open;
  open.path = StorePath(options);
  HIE_ASSIGN_OR_RETURN(open.tables, RocksDbKvStore::ListTables(open.path));
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbKvStore> store, RocksDbKvStore::Open(open));
  HIE_ASSIGN_OR_RETURN(const uint64_t applied, AppliedSequence(*store->Snapshot()));
  PosixFileSystem files;
  return WriteMark(files, MarkPath(options), applied);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbKvStore>> OpenStoppedStore(const StoreOptions& options) {
  const std::string path = StorePath(options);
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> tables, RocksDbKvStore::ListTables(path));
  RocksDbKvStore::Options open;
  open.path = path;
  open.tables = tables;
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbKvStore> store, RocksDbKvStore::Open(open));
  HIE_ASSIGN_OR_RETURN(const uint64_t applied, AppliedSequence(*store->Snapshot()));
  PosixFileSystem files;
  HIE_ASSIGN_OR_RETURN(const std::optional<uint64_t> mark,
                       HighWaterMark::Read(files, MarkPath(options)));
  if (mark && applied < *mark) {
    return absl::DataLossError(
        absl::StrCat(path, ": holds ", applied, " changes, and ", *mark, " were acknowledged"));
  }
  return store;
}

ExitCode DbHash(const Context& context, const StoreOptions& options) {
  const auto store = OpenStoppedStore(options);
  if (!store.ok()) return context.output.Fail(store.status());
  auto tables = RocksDbKvStore::ListTables(StorePath(options));
  if (!tables.ok()) return context.output.Fail(tables.status());
  // Which rows of the outbox are delivered is no part of the state.
  tables->erase(std::remove(tables->begin(), tables->end(), std::string(outbox::kTable)),
                tables->end());
  std::sort(tables->begin(), tables->end());
  const auto hash = DbHash(*(*store)->Snapshot(), *tables);
  if (!hash.ok()) return context.output.Fail(hash.status());
  context.output.RawJson(
      absl::StrCat("{\"role\":\"", options.role, "\",\"sha256\":\"", *hash, "\"}"));
  context.output.Line(absl::StrCat(*hash, "  ", options.role));
  return ExitCode::kOk;
}

ExitCode DbCheckpoint(const Context& context, const StoreOptions& options) {
  const auto store = OpenStoppedStore(options);
  if (!store.ok()) return context.output.Fail(store.status());
  if (const absl::Status made = (*store)->Checkpoint(options.snapshot); !made.ok()) {
    return context.output.Fail(made);
  }
  context.output.Line(absl::StrCat(options.snapshot, ": checkpoint of ", options.role));
  return ExitCode::kOk;
}

ExitCode DbRestore(const Context& context, const StoreOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(absl::StrCat(options.data_dir, "/", options.role), error);
  if (const absl::Status restored = Restore(options); !restored.ok()) {
    return context.output.Fail(restored);
  }
  context.output.Line(absl::StrCat(StorePath(options), ": restored from ", options.snapshot));
  return ExitCode::kOk;
}

}  // namespace hie::ctl
