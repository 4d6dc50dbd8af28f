#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/model.pb.h"
#include "mpi/score/model.h"
#include "mpi/service/train_model_sample.h"

namespace hie::mpi {

// Records looked at, and examples of a kind, where the request does not say.  A run takes about 900
// bytes for each record.
inline constexpr uint64_t kSimulatedRecordsMax = 500'000;
inline constexpr uint32_t kExamplesMax = 20;

// Tells what `candidate` would change in an index that scores with `present`; changes nothing.
//
// The records of one state are grouped anew under each of the two, as a run over a file would
// (mpi/batch), with the weights as they are; decisions hold in both groupings.  Against the index
// as it stands shows what re-linking everything would do, the two groupings against each other
// what the model alone does: both are empty where the index was just grouped anew under the same
// model.  Of an index of more than `run.records_max` records, persons are drawn with all who share
// a key with them, and only what concerns drawn persons is counted; rivals of those others are
// missing, so that a few pairs come out otherwise than in the whole.
// Deterministic for a state and a seed.  FAILED_PRECONDITION: the index is empty.  CANCELLED:
// `watch` said so, which is asked between the steps of a run.  Cost: two runs over the records.
absl::StatusOr<v1::SimulateResult> SimulateModel(const MpiReader& reader, const Model& present,
                                                 const Model& candidate, const v1::SimulateRun& run,
                                                 const RunWatch& watch);

}  // namespace hie::mpi
