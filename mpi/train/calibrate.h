#pragma once

#include <cstdint>

#include "mpi/block/candidate_pairs.h"
#include "mpi/block/distinct_records.h"
#include "mpi/compare/record_table.h"
#include "mpi/score/model.h"

namespace hie::mpi {

// Pairs drawn for u.
inline constexpr uint64_t kRandomPairsMax = 300'000;
// What the model's own u counts for: so many agreements seen.  A level that the sample is too
// small to see keeps its u.
inline constexpr double kPriorAgreements = 5;

// The pairs among which matches are looked for: all, or all across two inputs.
struct PairSpace {
  uint64_t records = 0;
  double pairs = 0;
};
PairSpace MeasurePairSpace(const RecordTable& table, const DistinctRecords& records,
                           PairScope scope);

// Records among which each record looks for its matches, on average, itself counted: at least 1.
uint64_t PopulationOf(const PairSpace& space);

// Returns `model` for this population: its size (hence the priors), and u of every level from
// random pairs (Jaro 1989), drawn by `seed` over records in the order of their contents.  No
// labels are needed and no m is changed.  Pairs that the model takes for one person's do not count.
// `sampled` is set to the pairs that did.
Model Calibrate(const Model& model, const RecordTable& table, const DistinctRecords& records,
                const PairSpace& space, PairScope scope, uint64_t seed, uint64_t* sampled);

}  // namespace hie::mpi
