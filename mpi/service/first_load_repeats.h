#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/mpi/v1/load_state.pb.h"
#include "mpi/store/first_load_input.h"
#include "services/common/base/clock.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

struct RepeatsOptions {
  KvStore* store = nullptr;      // Filled by the load; must outlive the call.
  FileSystem* files = nullptr;   // Must outlive the call.
  std::string mark_path = "";    // High-water mark; empty only for a store in memory.
  std::string spool_path;        // kRepeatSpool of ReadInput.
  const Clock* clock = nullptr;  // Must outlive the call.
  LoadProgressReport progress = nullptr;
};

// Registers the lines of a first load that name an id again, by the rules of every registration: a
// new version, a suspected overlay, or nothing new.  They are a bulk load of the same actor, whose
// id follows from the input; one that was broken off goes on behind its last line.
//
// Returns the lines that the index refused, which are the rejects of that load, by file and line of
// the input; the same when all were registered before.  Errors as of EmbeddedJournal::Open, and
// DATA_LOSS: the spool is damaged.  Cost: as of registering.
absl::StatusOr<std::vector<LoadProblem>> RegisterLoadedRepeats(const RepeatsOptions& options,
                                                               const v1::FirstLoadRow& load);

// Whether an index that a first load filled may be served.  FAILED_PRECONDITION: lines that name an
// id again are not all registered; the message says what to run.  DATA_LOSS: a row is bad.
absl::Status CheckFirstLoadComplete(const KvReader& state);

}  // namespace hie::mpi
