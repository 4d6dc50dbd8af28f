#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// What is wrong with the events and the review queue of a state, in words without patient data,
// each once; empty: nothing.
//
// Checks: every open task stands in the order of work and under both of its records, and nothing
// else does; every possible link has its task, every provisional record too, and the reverse; what
// is asked of one person is about records of one person; every event is filed under exactly the
// records that it names; an undo and what it undoes name each other; numbers are not above their
// counters.
//
// Streams: holds no table in memory.  Cost: a scan of six tables with a few point reads for each
// row.  DATA_LOSS: a row cannot be read.
absl::StatusOr<std::vector<std::string>> CheckReviewTables(const KvReader& state);

}  // namespace hie::mpi
