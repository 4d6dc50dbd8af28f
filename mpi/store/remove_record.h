#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Removes a record; see MpiService.RemoveRecord.  It stays a tombstone of its person, so that its
// denials bind; a provisional one ends its hold.  The same again changes nothing.
//
// NOT_FOUND: unknown.
absl::StatusOr<v1::RemoveReply> ApplyRemove(MpiEdit& edit, const v1::RemoveCommand& command);

}  // namespace hie::mpi
