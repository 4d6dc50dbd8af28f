#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/block/candidate_pairs.h"
#include "mpi/compare/record_table.h"
#include "mpi/link/link_plan.h"
#include "mpi/score/model.h"
#include "mpi/score/score.h"
#include "mpi/train/non_value_detector.h"
#include "mpi/train/training_report.h"

// Linking of whole files: the same keys, comparisons, scores and rules as the index, in one run.
namespace hie::mpi {

// Wrong links that a run may expect of those that it adds below the model's own threshold: one, or
// this part of the links at or above it; and the weight below which nothing is linked.
inline constexpr double kWrongLinksMin = 1;
inline constexpr double kWrongLinkShareMax = 1e-4;
inline constexpr Millibits kLinkThresholdMin = 2'000;
// The same where an input shows families: the pairs in doubt are theirs.
inline constexpr Millibits kLinkThresholdMinOfFamilies = 6'500;

// A calibrated model is applied as it is to inputs of up to so many times its population; in larger
// ones its prior is that of the input and its link threshold at least the shipped one's.
inline constexpr uint64_t kPopulationTimesMax = 2;

// Which pairs are looked at.
enum class BatchScope {
  kDedupe,  // All records, whatever input they come from.
  kAcross,  // Only pairs of records of different inputs; clusters may still hold several of one.
};

// Whether the model's m and prior are learnt from the input first.
enum class BatchTraining { kAsShipped, kTrain };

// Reports long work: what it is doing, and how much of it is done.
using BatchProgress = std::function<void(absl::string_view phase, uint64_t done, uint64_t all)>;

struct BatchOptions {
  BatchScope scope = BatchScope::kDedupe;
  BatchTraining training = BatchTraining::kAsShipped;
  size_t threads = 2;
  uint64_t seed = 1;  // Of every sample that is drawn.
  BatchProgress progress = nullptr;
};

// Two groups of records that a person must look at.
struct ReviewTask {
  uint32_t a = 0;  // Row of the record of one group that agrees most, and of the other; a < b.
  uint32_t b = 0;
  Millibits weight = 0;  // Between these two.
  VetoSet vetoes = 0;
  bool ambiguous = false;  // A second person fits as well: the margin is missing.
};

struct BatchResult {
  // Of each row: its cluster.  Numbers depend on the records' contents, not on their order.
  std::vector<uint32_t> cluster;
  uint32_t cluster_count = 0;
  std::vector<ReviewTask> queue;  // Best first.
  uint64_t pairs_compared = 0;
  std::vector<DegradedKey> degraded;
  std::vector<DetectedNonValue> non_values;
  Model model;              // What was scored with: value frequencies and u of this input.
  TrainingReport training;  // Filled where training was asked for.
};

// Links `table`.  The detector mutes values of `table` in place.
//
// The same clusters for any number of threads and any order of rows.  INVALID_ARGUMENT: no records.
// Cost: see mpi/batch/README.md.
absl::StatusOr<BatchResult> LinkBatch(RecordTable& table, const Model& model,
                                      const BatchOptions& options);

// Pairs whose two sides are given: row i of `a` against row i of `b`.
struct PairsResult {
  struct Pair {
    PairScore score;
    Agreement agreement;
    Outcome outcome = Outcome::kNew;
  };
  std::vector<Pair> pairs;
  std::vector<DetectedNonValue> non_values;
  Model model;
  TrainingReport training;
};
absl::StatusOr<PairsResult> ScorePairs(RecordTable& a, RecordTable& b, const Model& model,
                                       const BatchOptions& options);

}  // namespace hie::mpi
