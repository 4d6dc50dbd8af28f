#include "services/common/storage/rocksdb_status.h"

#include <rocksdb/status.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie {

absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat(what, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsNoSpace() || status.IsMemoryLimit()) return absl::ResourceExhaustedError(text);
  if (status.IsPathNotFound()) return absl::DataLossError(text);
  // RocksDB has no code for "another process holds it", only these words of its Env.
  if (status.IsIOError() && (absl::StrContains(text, "lock file") ||
                             absl::StrContains(text, "lock hold by current process"))) {
    return absl::FailedPreconditionError(absl::StrCat(what, ": in use by another process"));
  }
  if (status.IsInvalidArgument() || status.IsNotSupported()) return absl::InternalError(text);
  return absl::UnavailableError(text);
}

}  // namespace hie
