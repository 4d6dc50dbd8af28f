#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/model.pb.h"
#include "mpi/score/model.h"
#include "mpi/service/train_model_sample.h"

namespace hie::mpi {

// Records looked at where the request does not say.  A run takes about 650 bytes for each.
inline constexpr uint64_t kTrainedRecordsMax = 1'000'000;

// A model that was fitted to the index, as it would be stored, and what the fit says.
struct TrainedModel {
  std::string text;
  v1::TrainResult result;  // All but `model`.
};

// Fits `shipped` to the records of one state: value frequencies, u of every level, how many matches
// and household pairs there are, and m where `run` asks for it.  Values that many different people
// hold are counted as what they are.
//
// Of an index of more than `run.records_max` records whole persons are drawn; population and prior
// are those of the whole, and the link threshold is at least the shipped one's, for one that
// follows a small file is too bold for a large index.  Warnings say so.
// Deterministic for a state and a seed.  FAILED_PRECONDITION: fewer than two records.  CANCELLED:
// `watch` said so, which is asked between the steps of a run.  Cost: mpi/batch/README.md.
absl::StatusOr<TrainedModel> TrainModel(const MpiReader& reader, const Model& shipped,
                                        const v1::TrainRun& run, const RunWatch& watch);

}  // namespace hie::mpi
