#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Takes a merge back; see MpiService.UnmergeRecord.
//
// The record, what was merged into it and the records that came along with it leave the survivor's
// person, whose EID is retired as by any split; where the companions had stayed behind it goes back
// to them.  Possible links that the merge ended are open again.  Records that joined the person
// since stay with the survivor.
//
// NOT_FOUND: unknown.  FAILED_PRECONDITION: the record is not merged away, or decisions made since
// join what would be parted.
absl::StatusOr<v1::UnmergeReply> ApplyUnmerge(MpiEdit& edit, const v1::UnmergeCommand& command);

}  // namespace hie::mpi
