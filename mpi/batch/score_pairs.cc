#include <algorithm>
#include <utility>

#include "mpi/batch/link_batch.h"
#include "mpi/block/distinct_records.h"
#include "mpi/train/calibrate.h"
#include "mpi/train/expectation_maximization.h"
#include "mpi/train/value_counts.h"

namespace hie::mpi {
namespace {

Outcome OutcomeOf(const PairScore& score, const Thresholds& thresholds) {
  if (score.vetoes == 0 && score.weight() >= thresholds.link) return Outcome::kLink;
  return score.weight() >= thresholds.review ? Outcome::kReview : Outcome::kNew;
}

}  // namespace

absl::StatusOr<PairsResult> ScorePairs(RecordTable& a, RecordTable& b, const Model& model,
                                       const BatchOptions& options) {
  if (a.size() == 0) return absl::InvalidArgumentError("input: want at least one pair");
  if (a.size() != b.size()) return absl::InvalidArgumentError("input: sides of unequal length");
  // Both sides together are the population that frequencies and u are taken from.
  RecordTable both = a;
  RecordTable right = b;
  both.Append(std::move(right));
  PairsResult result;
  result.model = model;
  result.non_values = MuteNonValues(both);
  const DistinctRecords records = FindDistinctRecords(both, DistinctRecords::Sources::kApart);
  // Pairs that somebody has chosen tell nothing of the population that they come from: the model's
  // own stands.
  PairSpace space = MeasurePairSpace(both, records, PairScope::kAcrossSources);
  space.pairs = static_cast<double>(space.records) * static_cast<double>(model.population) / 2;
  // A model that was fitted to a population stays as it is.
  if (!model.calibrated || options.training == BatchTraining::kTrain) {
    result.model.frequencies = CountValues(both, records, std::max<size_t>(options.threads, 1));
    result.model = Calibrate(result.model, both, records, space, PairScope::kAcrossSources,
                             options.seed, &result.training.random_pairs);
  }
  std::vector<Agreement> agreements;
  agreements.reserve(a.size());
  PatternCounts patterns;
  for (size_t i = 0; i < a.size(); ++i) {
    agreements.push_back(Compare(both.record(i), both.record(a.size() + i)));
    ++patterns[KeyOf(PatternOf(agreements.back()))];
  }
  result.training.records = records.size();
  result.training.blocked_pairs = a.size();
  if (options.training == BatchTraining::kTrain) {
    Model learnt =
        LearnFromPatterns(result.model, patterns, space, Learning::kAll, result.training);
    learnt.matches_per_record = model.matches_per_record;
    learnt.household_per_record = model.household_per_record;
    SetWeights(learnt);
    result.model = std::move(learnt);
  }
  for (Agreement& agreement : agreements) {
    PairsResult::Pair pair;
    pair.score = Score(agreement, result.model);
    pair.outcome = OutcomeOf(pair.score, result.model.thresholds);
    pair.agreement = std::move(agreement);
    result.pairs.push_back(std::move(pair));
  }
  return result;
}

}  // namespace hie::mpi
