#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mpi/batch/link_batch.h"
#include "mpi/score/combination.h"
#include "services/common/base/clock.h"
#include "services/hiectl/matching/link_run.h"

namespace hie::ctl::matching {

// A file of pairs, read and scored.
struct ScoredPairs {
  OpenInput input;
  mpi::RecordTable left, right;  // Row i of the one against row i of the other.
  TextColumn ids;
  TextColumn truths;
  std::vector<Issue> issues;
  std::string model_sha256;  // Of the model that was given.
  mpi::PairsResult result;
  mpi::CombinationRules rules = mpi::NoCombinations();
};

// Reads `options.inputs[0]` and scores its pairs.
absl::StatusOr<ScoredPairs> ReadAndScore(const RunOptions& options, const Voice& voice);

// The same, and writes outcomes and issues; scores them where a truth is named.  `match_values`:
// ReadVerdict.
absl::StatusOr<PairsReport> RunPairs(const RunOptions& options,
                                     const std::vector<std::string>& match_values,
                                     const Clock& clock, const Voice& voice);

// What the engine's outcome says of a pair.
Verdict VerdictOf(mpi::Outcome outcome);

}  // namespace hie::ctl::matching
