#pragma once

#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// Stores of roles, offline: hied must not have them open.
struct StoreOptions {
  std::string data_dir;
  std::string role;      // mpi, registry, consent, directory, audit-keys.
  std::string snapshot;  // Folder of the checkpoint.
};

// `db hash`: SHA-256 over the role's tables; equal states give equal hashes.
ExitCode DbHash(const Context& context, const StoreOptions& options);

// `db checkpoint`: a complete copy of the role's store.
ExitCode DbCheckpoint(const Context& context, const StoreOptions& options);

// `db restore`: puts a checkpoint where the role expects its store; there must be none.
ExitCode DbRestore(const Context& context, const StoreOptions& options);

}  // namespace hie::ctl
