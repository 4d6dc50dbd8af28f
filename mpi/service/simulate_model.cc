#include "mpi/service/simulate_model.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mpi/batch/link_batch.h"
#include "mpi/score/score.h"
#include "mpi/service/simulate_model_change.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

constexpr size_t kThreads = 2;
// Changed pairs that are weighed to find the examples of the highest weight, at most.
constexpr size_t kWeighedPairsMax = 10'000;

// A run fits a model to the size of its input; the index does not.
Model AsItIs(Model model) {
  model.calibrated = true;
  model.population = std::numeric_limits<uint32_t>::max();  // The weights are not set anew.
  return model;
}

absl::Status Cancelled() { return absl::CancelledError("run: ended before its time"); }

// The records grouped anew under one model.
struct Regrouped {
  Grouping grouping;
  uint64_t queue = 0;  // Tasks with a record of a drawn person.
};

class Simulation {
 public:
  Simulation(const MpiReader& reader, const Model& present, const Model& candidate,
             const v1::SimulateRun& run, const RunWatch& watch)
      : reader_(reader), present_(present), candidate_(candidate), run_(run), watch_(watch) {}

  absl::StatusOr<v1::SimulateResult> Run() {
    HIE_RETURN_IF_ERROR(Draw());
    HIE_ASSIGN_OR_RETURN(const RowDecisions decisions, ReadDecisions());
    HIE_ASSIGN_OR_RETURN(Regrouped now, Regroup(present_));
    HIE_ASSIGN_OR_RETURN(Regrouped then, Regroup(candidate_));
    KeepDecisions(decisions, now.grouping);
    const DecisionsAgainst against = KeepDecisions(decisions, then.grouping);
    result_.set_must_links_against(against.must);
    result_.set_cannot_links_against(against.cannot);
    result_.set_queue_now(now.queue);
    result_.set_queue_then(then.queue);
    HIE_RETURN_IF_ERROR(FillChange(person_, then.grouping, *result_.mutable_from_index()));
    HIE_RETURN_IF_ERROR(FillChange(now.grouping, then.grouping, *result_.mutable_from_model()));
    const IdsChanged ids = CompareIds(person_, then.grouping, drawn_);
    result_.set_eids_retired(ids.retired);
    result_.set_eids_redirected(ids.redirected);
    result_.set_records_moved(ids.rows_moved);
    return std::move(result_);
  }

 private:
  absl::Status Draw() {
    SampleOptions options;
    options.records_max = run_.records_max() != 0 ? run_.records_max() : kSimulatedRecordsMax;
    options.seed = run_.seed();
    options.watch = watch_;
    HIE_ASSIGN_OR_RETURN(sample_, DrawNeighbourhoods(reader_, options));
    if (sample_.numbers.empty()) {
      return absl::FailedPreconditionError("index: want a record at least");
    }
    CountPersonsFromTheOldest();
    result_.set_model_now(present_.name);
    result_.set_model_then(candidate_.name);
    result_.set_index_records(sample_.index_records);
    result_.set_records(sample_.numbers.size());
    result_.set_persons(sample_.person_keys.size());
    result_.set_persons_drawn(
        static_cast<uint64_t>(std::count(sample_.drawn.begin(), sample_.drawn.end(), true)));
    uint64_t open = 0;
    HIE_RETURN_IF_ERROR(reader_.rows().Scan(kTasksTable, "", "", [&](auto, auto) {
      ++open;
      return true;
    }));
    result_.set_queue_open(open);
    return absl::OkStatus();
  }

  // Older EIDs are lower, and so are their keys.
  void CountPersonsFromTheOldest() {
    std::vector<uint32_t> order(sample_.person_keys.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return sample_.person_keys[a] < sample_.person_keys[b];
    });
    std::vector<uint32_t> place(order.size());
    for (uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    for (const uint32_t person : sample_.person) {
      person_.push_back(place[person]);
      drawn_.push_back(sample_.drawn[person]);
    }
  }

  std::optional<uint32_t> RowOf(RecordNumber record) const {
    const auto found = std::lower_bound(sample_.numbers.begin(), sample_.numbers.end(), record);
    if (found == sample_.numbers.end() || *found != record) return std::nullopt;
    return static_cast<uint32_t>(found - sample_.numbers.begin());
  }

  // Decisions about records that are compared; filed in both orders, read in one.
  absl::StatusOr<RowDecisions> ReadDecisions() const {
    RowDecisions decisions;
    absl::Status bad;
    HIE_RETURN_IF_ERROR(reader_.rows().Scan(
        kDecisionsTable, "", "", [&](absl::string_view key, absl::string_view value) {
          KeyReader pair(key);
          const RecordNumber first = pair.U64().value_or(0);
          const RecordNumber second = pair.U64().value_or(0);
          v1::DecisionRow row;
          if (first == 0 || second == 0 ||
              !row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
            bad = absl::DataLossError("decisions: a row cannot be read");
            return false;
          }
          const std::optional<uint32_t> a = RowOf(first);
          const std::optional<uint32_t> b = RowOf(second);
          if (a && b && *a < *b) {
            (row.same_person() ? decisions.must : decisions.cannot).emplace_back(*a, *b);
          }
          return true;
        }));
    HIE_RETURN_IF_ERROR(bad);
    return decisions;
  }

  absl::StatusOr<Regrouped> Regroup(const Model& model) const {
    RecordTable table = sample_.table;  // A run changes its table.
    bool cancelled = false;
    BatchOptions options;
    options.threads = kThreads;
    options.seed = run_.seed();
    options.progress = [&](absl::string_view phase, uint64_t done, uint64_t all) {
      cancelled = cancelled || (watch_ && !watch_(phase, done, all));
    };
    HIE_ASSIGN_OR_RETURN(BatchResult batch, LinkBatch(table, AsItIs(model), options));
    if (cancelled) return Cancelled();
    Regrouped regrouped;
    regrouped.grouping = std::move(batch.cluster);
    for (const ReviewTask& task : batch.queue) {
      regrouped.queue += drawn_[task.a] || drawn_[task.b];
    }
    return regrouped;
  }

  Millibits Weigh(const RowPair& pair, const Model& model) const {
    return Score(Compare(sample_.table.record(pair.first), sample_.table.record(pair.second)),
                 model)
        .weight();
  }

  absl::Status FillChange(const Grouping& before, const Grouping& then,
                          v1::GroupingChange& out) const {
    const PairsChanged changed = CompareGroupings(before, then, drawn_, kWeighedPairsMax);
    out.set_pairs_gained(changed.gained);
    out.set_pairs_lost(changed.lost);
    HIE_RETURN_IF_ERROR(FillExamples(changed.gained_pairs, candidate_, *out.mutable_gained()));
    return FillExamples(changed.lost_pairs, present_, *out.mutable_lost());
  }

  // Those that agree most tell most of what happens to them.
  absl::Status FillExamples(const std::vector<RowPair>& pairs, const Model& model,
                            google::protobuf::RepeatedPtrField<v1::ChangedPair>& out) const {
    std::vector<std::pair<Millibits, RowPair>> weighed;
    weighed.reserve(pairs.size());
    for (const RowPair& pair : pairs) weighed.emplace_back(-Weigh(pair, model), pair);
    std::sort(weighed.begin(), weighed.end());
    const size_t most = run_.examples_max() != 0 ? run_.examples_max() : kExamplesMax;
    if (weighed.size() > most) weighed.resize(most);
    for (const auto& [weight, pair] : weighed) {
      v1::ChangedPair& example = *out.Add();
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow first, reader_.Record(sample_.numbers[pair.first]));
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow second,
                           reader_.Record(sample_.numbers[pair.second]));
      *example.mutable_first() = first.record().patient();
      *example.mutable_second() = second.record().patient();
      example.set_weight_now_millibits(Weigh(pair, present_));
      example.set_weight_then_millibits(Weigh(pair, candidate_));
    }
    return absl::OkStatus();
  }

  const MpiReader& reader_;
  const Model& present_;
  const Model& candidate_;
  const v1::SimulateRun& run_;
  const RunWatch& watch_;
  IndexSample sample_;
  Grouping person_;          // Of each row: its person, counted from the oldest.
  std::vector<bool> drawn_;  // Of each row: its person is drawn.
  v1::SimulateResult result_;
};

}  // namespace

absl::StatusOr<v1::SimulateResult> SimulateModel(const MpiReader& reader, const Model& present,
                                                 const Model& candidate, const v1::SimulateRun& run,
                                                 const RunWatch& watch) {
  return Simulation(reader, present, candidate, run, watch).Run();
}

}  // namespace hie::mpi
