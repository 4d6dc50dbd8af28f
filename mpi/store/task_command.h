#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/review_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Carries out what somebody does with a task; see ReviewService.LeaseTask, ReleaseTask, DecideTask
// and AddDemand, also for errors.
//
// An answer is carried out at once, unless two must agree: where the task is read twice
// (IsReadTwice), where much becomes one (NeedsTwoPersons), or where an earlier answer differs or
// says nothing.  Then it is kept, and nothing changes until two people have said the same.  What
// was answered about earlier versions of the records does not count.
//
// `changes` are those of `edit`.  A task that its own verdict answers is closed here; others follow
// from the changes (FollowChanges).
absl::StatusOr<v1::TaskReply> ApplyTask(MpiEdit& edit, const v1::TaskCommand& command,
                                        const Model& model, WriteBatch& changes);

}  // namespace hie::mpi
