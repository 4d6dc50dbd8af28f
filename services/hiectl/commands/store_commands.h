#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// Stores of roles, offline: hied must not have them open.
struct StoreOptions {
  std::string data_dir;
  std::string role;      // mpi, registry, consent, directory, audit-keys.
  std::string snapshot;  // Folder of the checkpoint.
};

// Opens a role's store, with every table that it has, and refuses one that is behind its mark: a
// hash or a copy of it would pass for the whole.  NOT_FOUND: there is none.  DATA_LOSS: changes
// that were acknowledged are not in it.
absl::StatusOr<std::unique_ptr<RocksDbKvStore>> OpenStoppedStore(const StoreOptions& options);

// `db hash`: SHA-256 over the role's tables; equal states give equal hashes.
ExitCode DbHash(const Context& context, const StoreOptions& options);

// `db checkpoint`: a complete copy of the role's store.
ExitCode DbCheckpoint(const Context& context, const StoreOptions& options);

// `db restore`: puts a checkpoint where the role expects its store; there must be none.
ExitCode DbRestore(const Context& context, const StoreOptions& options);

}  // namespace hie::ctl
