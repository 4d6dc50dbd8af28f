#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/review_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Takes an event back; see ReviewService.UndoEvent.
//
// Links: what the event moved goes back to those with whom it came; who joined later stays with
// those who stay, and is queued (TASK_KIND_LEFT_BY_UNDO).  A public EID that falls apart is retired
// (PRACTICE 1), so that EIDs differ from those before, and nothing else does where no later event
// touched the persons concerned.  Possible links and decisions that the event changed, and that
// nobody changed since, are as before it; a possible link of a record that was new with the event
// stays open where it leads to neither side.
//
// Parts that come together must not contradict each other as their records are now, whoever parted
// them: vetoes bind as in ApplyDecide, with the same exemptions.
//
// What matching did is not done again: a cannot-link between the best agreeing pair is put between
// parts that it had joined, a must-link between parts that it had parted.  Undoing an undo takes
// these back with the rest.
//
// Undone are events of linking, unlinking, merging, splitting and deciding, merges of records (as
// by UnmergeRecord), and undos of these but the last.  An ended hold is open again.
//
// `changes` are those of `edit`.  NOT_FOUND: no event.  FAILED_PRECONDITION: see ReviewService.
absl::StatusOr<v1::UndoReply> ApplyUndo(MpiEdit& edit, const v1::UndoCommand& command,
                                        const Model& model, WriteBatch& changes);

}  // namespace hie::mpi
