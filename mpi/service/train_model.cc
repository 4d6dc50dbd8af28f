#include "mpi/service/train_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/batch/link_batch.h"
#include "mpi/score/model_file.h"
#include "mpi/service/first_load_model.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

constexpr size_t kThreads = 2;

// The model of a part, for the whole: the same shares, among more records.
void FitToWhole(const Model& shipped, uint64_t records, Model& model) {
  model.population = records;
  model.thresholds.link = std::max(model.thresholds.link, shipped.thresholds.link);
  SetWeights(model);
}

void FillReport(const BatchResult& batch, v1::TrainResult& result) {
  const TrainingReport& report = batch.training;
  result.set_records(report.records);
  result.set_blocked_pairs(report.blocked_pairs);
  result.set_random_pairs(report.random_pairs);
  result.set_iterations(static_cast<uint32_t>(report.trained ? report.iterations : 0));
  result.set_expected_matches(static_cast<uint64_t>(std::llround(report.expected_matches)));
  result.set_expected_recall_permille(
      static_cast<uint32_t>(std::llround(1000 * report.expected_pair_recall)));
  for (const DetectedNonValue& value : batch.non_values) {
    ++(*result.mutable_non_values())[std::string(value.field)];
  }
  for (const std::string& warning : report.warnings) result.add_warnings(warning);
}

}  // namespace

absl::StatusOr<TrainedModel> TrainModel(const MpiReader& reader, const Model& shipped,
                                        const v1::TrainRun& run, const RunWatch& watch) {
  SampleOptions sampling;
  sampling.records_max = run.records_max() != 0 ? run.records_max() : kTrainedRecordsMax;
  sampling.seed = run.seed();
  sampling.watch = watch;
  HIE_ASSIGN_OR_RETURN(IndexSample sample, DrawPersons(reader, sampling));
  if (sample.numbers.size() < 2) {
    return absl::FailedPreconditionError("index: want two records at least");
  }
  bool cancelled = false;
  BatchOptions options;
  options.training = run.learn_matches() ? BatchTraining::kTrain : BatchTraining::kAsShipped;
  options.threads = kThreads;
  options.seed = run.seed();
  options.progress = [&](absl::string_view phase, uint64_t done, uint64_t all) {
    cancelled = cancelled || (watch && !watch(phase, done, all));
  };
  Model base = shipped;
  base.calibrated = false;
  HIE_ASSIGN_OR_RETURN(const BatchResult batch, LinkBatch(sample.table, base, options));
  if (cancelled) return absl::CancelledError("run: ended before its time");
  Model model = WithNonValues(batch.model, sample.table, batch.non_values);
  TrainedModel trained;
  FillReport(batch, trained.result);
  trained.result.set_index_records(sample.index_records);
  if (!sample.whole()) {
    FitToWhole(shipped, sample.index_records, model);
    trained.result.add_warnings(
        absl::StrCat("fitted to ", sample.numbers.size(), " records of ", sample.index_records,
                     ": whole persons were drawn; matches between persons are counted too low"));
  }
  trained.text = WriteModel(model);
  return trained;
}

}  // namespace hie::mpi
