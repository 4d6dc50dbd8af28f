#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/mpi/v1/review_service.pb.h"
#include "hie/mpi/v1/review_state.pb.h"
#include "services/common/storage/kv_store.h"

// Rows of events and tasks as the wire has them.
namespace hie::mpi {

// An event.  DATA_LOSS: a record that it names cannot be read.  Cost: a point read for each record.
absl::StatusOr<v1::LinkEvent> ViewEvent(const KvReader& state, uint64_t sequence,
                                        const v1::EventRow& event);

// An open task at a time.  Answers are left out while it is read a second time without them.
// DATA_LOSS: a record that it names cannot be read.
absl::StatusOr<v1::Task> ViewTask(const KvReader& state, uint64_t number, const v1::TaskRow& task,
                                  absl::Time now);

// How far a task has come at a time.
v1::ReviewState StateOf(uint64_t number, const v1::TaskRow& task, absl::Time now);

// A record's versions, events, decisions and open tasks.  NOT_FOUND: unknown.
absl::StatusOr<v1::GetRecordHistoryResponse> ViewRecordHistory(
    const KvReader& state, const common::v1::LocalPatient& patient, absl::Time now);

}  // namespace hie::mpi
