#pragma once

#include "absl/status/status.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/active_model.h"
#include "services/common/journal/journal.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Adds to a command's changes what follows from them: its event, and the tasks that are opened and
// ended.  The one place where events are made, so that no change of a link goes without.
//
// `before` is the state before the command.  Deterministic.  Cost: as ReadLinkChanges and
// FollowChanges; no read where a new record stands alone.  DATA_LOSS: a row cannot be read.
absl::Status NoteLinkChanges(const v1::MpiCommand& command, const ActiveModel& models,
                             const Stamp& stamp, const KvReader& before, WriteBatch& changes);

}  // namespace hie::mpi
