#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Decides a pair; see MpiService.DecideLink.  The same decision again changes nothing.
//
// Also ends a hold: a decision between a provisional incarnation and the holder before it says
// whether the id has a new holder.
//
// NOT_FOUND: a record is unknown.  INVALID_ARGUMENT: one record twice.  FAILED_PRECONDITION: a
// record was merged away or removed (but for two holders of one id, to end a hold),
// other decisions stand against it (undo these first), or `identity-hold` where a provisional
// record is paired with anyone else.
absl::StatusOr<v1::DecideReply> ApplyDecide(MpiEdit& edit, const v1::DecideCommand& command,
                                            const Model& model);

}  // namespace hie::mpi
