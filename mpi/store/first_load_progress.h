#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/mpi/v1/load_state.pb.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"

// Where a first load stands: in its work directory while it runs, in the index afterwards.
namespace hie::mpi {

// Reads the file `progress` of a work directory.  Nothing: there is none.  DATA_LOSS: it is
// damaged.
absl::StatusOr<std::optional<v1::FirstLoadProgress>> ReadFirstLoadProgress(
    FileSystem& files, const std::string& directory);

// Replaces it, durably: from here on the phase that it names is not done again.
absl::Status WriteFirstLoadProgress(FileSystem& files, const std::string& directory,
                                    const v1::FirstLoadProgress& progress);

// The key of the first load in table `loads`.
std::string FirstLoadKey();

// The first load that filled the index.  Nothing: none did.  DATA_LOSS: its row is bad.
absl::StatusOr<std::optional<v1::FirstLoadRow>> ReadFirstLoad(const KvReader& state);

}  // namespace hie::mpi
