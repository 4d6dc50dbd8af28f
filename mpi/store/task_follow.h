#pragma once

#include "absl/status/status.h"
#include "mpi/store/event_log_changes.h"
#include "mpi/store/task_queue.h"

namespace hie::mpi {

// Opens and ends tasks as a command's changes want it; `edit` reads the state with these changes.
//
// Opened: for a possible link that came, for a record that is held, for an update that contradicts
// a decision, for a person who by matching came to so many records, or got a record that
// contradicts another one so, that PersonNeedsReview doubts.  Ended: with the possible link or the
// hold, where a decision on the pair changed, or where the records came together, or parted, so
// that the question is gone.
//
// Cost: nothing for changes that concern no task; for a task that is opened a few point reads.
absl::Status FollowChanges(TaskEdit& edit, const LinkChanges& changes);

// Two records as tasks see them: versions now, and how many records their persons hold.
absl::StatusOr<NewTask> AboutPair(const KvReader& state, v1::TaskKind kind, RecordNumber first,
                                  RecordNumber second);

}  // namespace hie::mpi
