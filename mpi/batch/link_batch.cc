#include "mpi/batch/link_batch.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <tuple>
#include <utility>

#include "mpi/block/distinct_records.h"
#include "mpi/block/parallel.h"
#include "mpi/link/average_link.h"
#include "mpi/score/kinship.h"
#include "mpi/score/log2.h"
#include "mpi/train/calibrate.h"
#include "mpi/train/expectation_maximization.h"
#include "mpi/train/pair_recall.h"
#include "mpi/train/value_counts.h"

namespace hie::mpi {
namespace {

PairScope ScopeOf(BatchScope scope) {
  return scope == BatchScope::kAcross ? PairScope::kAcrossSources : PairScope::kAll;
}

// How much the priors may rise when the shares are learnt: pairs so far below are dropped at once.
constexpr Millibits kPriorSlack = 13'000;

struct ScoredPair {
  uint32_t a;
  uint32_t b;
  bool conflict;
  bool may_be_kin;
  PairScore score;
};

// What one thread scored.
struct alignas(64) ScoredPart {
  std::vector<ScoredPair> pairs;
  uint64_t compared = 0;
};

// Lowers the threshold as far as the links that this adds are expected to hold few wrong ones in
// all: in a small file a likely pair is worth more than a rule made for millions.
Millibits ChooseLinkThreshold(const std::vector<WeightedPair>& pairs, Millibits threshold,
                              bool families) {
  const Millibits lowest = families ? kLinkThresholdMinOfFamilies : kLinkThresholdMin;
  std::vector<Millibits> below;
  double links = 0;
  for (const WeightedPair& pair : pairs) {
    if (pair.vetoes != 0 || pair.weight < lowest) continue;
    if (families && pair.may_be_kin && pair.weight < threshold) continue;  // Not for these.
    if (pair.weight >= threshold) {
      ++links;
    } else {
      below.push_back(pair.weight);
    }
  }
  std::sort(below.begin(), below.end(), std::greater<>());
  const double allowed = std::max(kWrongLinksMin, kWrongLinkShareMax * links);
  double wrong = 0;
  for (const Millibits weight : below) {
    wrong += 1 / (1 + std::exp2(weight / 1000.0));
    if (wrong > allowed) break;
    threshold = weight;
  }
  return threshold;
}

// A model that was fitted to a population stays as it is.
bool IsFrozen(const Model& model, const BatchOptions& options) {
  return model.calibrated && options.training == BatchTraining::kAsShipped;
}

// One run over one table.
class Batch {
 public:
  Batch(RecordTable& table, const Model& model, const BatchOptions& options, BatchResult& result)
      : table_(table),
        options_(options),
        scope_(ScopeOf(options.scope)),
        frozen_(IsFrozen(model, options)),
        result_(result) {
    result_.model = model;
  }

  void Run() {
    Say("non-values", 0, 1);
    result_.non_values = MuteNonValues(table_);
    const auto sources = scope_ == PairScope::kAll ? DistinctRecords::Sources::kTogether
                                                   : DistinctRecords::Sources::kApart;
    records_ = FindDistinctRecords(table_, sources);
    space_ = MeasurePairSpace(table_, records_, scope_);
    TrainingReport& report = result_.training;
    report.records = records_.size();
    if (frozen_) {
      FitToLargerPopulation();
    } else {
      Calibrate();
    }
    Say("keys", 0, 1);
    const CandidatePairs pairs(table_, records_, scope_, options_.threads);
    result_.degraded = pairs.degraded();
    if (options_.training == BatchTraining::kTrain) Train(pairs);
    std::vector<WeightedPair> weighted = ScoreAll(pairs);
    if (!frozen_) LowerLinkThreshold(weighted);
    for (WeightedPair& pair : weighted) pair.weight = Judged(pair.weight, pair.may_be_kin);
    report.blocked_pairs = result_.pairs_compared;
    report.expected_pair_recall = EstimatePairRecall(table_, records_, Likely(weighted));
    Cluster(std::move(weighted));
  }

 private:
  void Say(absl::string_view phase, uint64_t done, uint64_t all) const {
    if (options_.progress) options_.progress(phase, done, all);
  }

  // A model of a small population is too bold in a large one: its prior and its threshold are those
  // of a file of hundreds.
  void FitToLargerPopulation() {
    Model& model = result_.model;
    const uint64_t population = PopulationOf(space_);
    if (population <= kPopulationTimesMax * model.population) return;
    model.population = population;
    model.thresholds.link = std::max(model.thresholds.link, DefaultModel().thresholds.link);
    SetWeights(model);
  }

  // Takes value frequencies and u from the input.
  void Calibrate() {
    Say("values", 0, 1);
    result_.model.frequencies = CountValues(table_, records_, options_.threads);
    result_.model = mpi::Calibrate(result_.model, table_, records_, space_, scope_, options_.seed,
                                   &result_.training.random_pairs);
  }

  void LowerLinkThreshold(const std::vector<WeightedPair>& weighted) {
    Millibits& link = result_.model.thresholds.link;
    link = ChooseLinkThreshold(weighted, link, KinAreApart(result_.model) && FamiliesCanBeSeen());
  }

  // Whether most records name a street or a telephone.
  bool FamiliesCanBeSeen() const {
    const ValueFrequencies& frequencies = *result_.model.frequencies;
    const auto holders = [&](Field field) {
      return frequencies.holders(static_cast<size_t>(field));
    };
    return std::max(holders(Field::kAddress), holders(Field::kPhone)) * 2 >=
           holders(Field::kFamily);
  }

  // The weight as it counts against a threshold that was lowered.
  Millibits Judged(Millibits weight, bool may_be_kin) const {
    return JudgedWeight(weight, may_be_kin, result_.model);
  }

  PackedView NodeRecord(uint32_t node) const { return table_.record(records_.first_row[node]); }

  // Learns m, and the shares of matches and household pairs.
  void Train(const CandidatePairs& pairs) {
    Say("training", 0, 1);
    std::vector<PatternCounts> counts(options_.threads);
    pairs.ForEach(options_.threads, [&](size_t thread, uint32_t a, uint32_t b) {
      ++counts[thread][KeyOf(PatternOf(Compare(NodeRecord(a), NodeRecord(b))))];
    });
    Learn(counts, Learning::kAll);
  }

  void Learn(std::vector<PatternCounts>& counts, Learning learning) {
    for (size_t i = 1; i < counts.size(); ++i) {
      for (const auto& [key, count] : counts[i]) counts[0][key] += count;
      PatternCounts().swap(counts[i]);
    }
    result_.model = LearnFromPatterns(result_.model, counts[0], space_, learning, result_.training);
  }

  // Scores all pairs.  Unless the model was trained, the shares are learnt in the same pass: only
  // the priors follow from them, and these are added afterwards.
  std::vector<WeightedPair> ScoreAll(const CandidatePairs& pairs) {
    Say("pairs", 0, 1);
    const bool learn = options_.training == BatchTraining::kAsShipped && !frozen_;
    const Millibits slack = learn ? kPriorSlack : 0;
    const Millibits floor = result_.model.thresholds.review - slack;
    std::vector<PatternCounts> counts(options_.threads);
    std::vector<ScoredPart> parts(options_.threads);
    const Model& model = result_.model;
    pairs.ForEach(options_.threads, [&](size_t thread, uint32_t a, uint32_t b) {
      ++parts[thread].compared;
      const Agreement agreement = Compare(NodeRecord(a), NodeRecord(b));
      if (learn) ++counts[thread][KeyOf(PatternOf(agreement))];
      const PairScore score = Score(agreement, model);
      if (score.weight() < floor) return;
      parts[thread].pairs.push_back({a, b, Conflicts(agreement), MayBeKin(agreement), score});
    });
    const Millibits stranger = model.prior_stranger;
    const Millibits household = model.prior_household;
    if (learn) Learn(counts, Learning::kShares);
    return Weigh(parts, model.prior_stranger - stranger, model.prior_household - household);
  }

  // Adds what the priors changed, and keeps what can be a possible link.
  std::vector<WeightedPair> Weigh(std::vector<ScoredPart>& parts, Millibits stranger,
                                  Millibits household) {
    std::vector<WeightedPair> weighted;
    for (ScoredPart& part : parts) {
      result_.pairs_compared += part.compared;
      for (ScoredPair& pair : part.pairs) {
        pair.score.stranger += stranger;
        pair.score.household += household;
        if (pair.score.weight() < result_.model.thresholds.review) continue;
        weighted.push_back({pair.a, pair.b, pair.score.weight(), pair.score.household,
                            pair.score.vetoes, pair.may_be_kin, pair.conflict && FamiliesShow(result_.model),
                            pair.score.support});
      }
      std::vector<ScoredPair>().swap(part.pairs);
    }
    return weighted;
  }

  std::vector<std::pair<uint32_t, uint32_t>> Likely(const std::vector<WeightedPair>& pairs) const {
    std::vector<std::pair<uint32_t, uint32_t>> likely;
    for (const WeightedPair& pair : pairs) {
      if (pair.weight >= result_.model.thresholds.link) likely.emplace_back(pair.a, pair.b);
    }
    std::sort(likely.begin(), likely.end());
    return likely;
  }

  // Whether rows of this very content are one person's.
  bool LinksWithItself(uint32_t node) const {
    const PackedView record = NodeRecord(node);
    const PairScore score = Score(Compare(record, record), result_.model);
    return score.vetoes == 0 && score.weight() >= result_.model.thresholds.link;
  }

  void Cluster(std::vector<WeightedPair> weighted) {
    Say("clusters", 0, 1);
    std::vector<bool> one_person(records_.size(), true);
    for (uint32_t node = 0; node < records_.size(); ++node) {
      if (records_.copies[node] > 1) one_person[node] = LinksWithItself(node);
    }
    const std::vector<WeightedPair> namesakes = BornTogether(weighted);
    // Several who look the same: no other record can tell which of them it belongs to.
    std::vector<ReviewTask> tasks;
    const auto end = std::remove_if(weighted.begin(), weighted.end(), [&](const WeightedPair& p) {
      if (one_person[p.a] && one_person[p.b]) return false;
      tasks.push_back(Task(p.a, p.b, p.weight, p.vetoes, true));
      return true;
    });
    weighted.erase(end, weighted.end());
    const Model& model = result_.model;
    const Clusters clusters = ClusterByAverageLink(
        static_cast<uint32_t>(records_.size()), std::move(weighted), model.thresholds,
        [&](uint32_t a, uint32_t b) {
          const Agreement agreement = Compare(NodeRecord(a), NodeRecord(b));
          const PairScore score = Score(agreement, model);
          const bool may_be_kin = MayBeKin(agreement);
          return WeightedPair{a,
                              b,
                              Judged(score.weight(), may_be_kin),
                              score.household,
                              score.vetoes,
                              may_be_kin,
                              Conflicts(agreement) && FamiliesShow(result_.model),
                              score.support};
        },
        [&](absl::Span<const uint32_t> a, absl::Span<const uint32_t> b) {
          return WeighGroups(a, b);
        });
    for (const OpenPair& open : clusters.open) {
      tasks.push_back(Task(open.a, open.b, open.weight, open.vetoes, open.ambiguous));
    }
    // Joined because the input shows no families; somebody should look all the same.
    std::vector<bool> asked(records_.size(), false);
    for (const WeightedPair& pair : namesakes) {
      const uint32_t cluster = clusters.cluster[pair.a];
      if (cluster != clusters.cluster[pair.b] || asked[cluster]) continue;
      asked[cluster] = true;
      tasks.push_back(Task(pair.a, pair.b, pair.weight, OnlyVeto(Veto::kPossibleTwin), false));
    }
    NumberClusters(clusters, one_person);
    std::sort(tasks.begin(), tasks.end(), [](const ReviewTask& x, const ReviewTask& y) {
      return x.weight != y.weight ? x.weight > y.weight : std::tie(x.a, x.b) < std::tie(y.a, y.b);
    });
    result_.queue = Bearable(std::move(tasks));
  }

  // The strongest level of each field over all pairs; that the best of so many was taken is held
  // against it.
  Millibits WeighGroups(absl::Span<const uint32_t> a, absl::Span<const uint32_t> b) const {
    Agreement best;
    size_t pairs = 0;
    for (const uint32_t x : a) {
      for (const uint32_t y : b) {
        if (pairs++ >= kPairsOfTwoGroupsMax) break;
        best = BestOf(best, Compare(NodeRecord(x), NodeRecord(y)));
      }
    }
    const PairScore score = Score(best, result_.model);
    return Judged(score.weight(), MayBeKin(best)) - Log2Millibits(pairs);
  }

  // Pairs born on one day with other first names at one door, which no number joins.
  std::vector<WeightedPair> BornTogether(const std::vector<WeightedPair>& weighted) const {
    std::vector<WeightedPair> found;
    for (const WeightedPair& pair : weighted) {
      if (!pair.may_be_kin) continue;
      const Agreement agreement = Compare(NodeRecord(pair.a), NodeRecord(pair.b));
      if (AtOneDoor(agreement) && agreement.birth_date == BirthDateLevel::kExact)
        found.push_back(pair);
    }
    std::sort(found.begin(), found.end(), [](const WeightedPair& x, const WeightedPair& y) {
      return std::tie(x.a, x.b) < std::tie(y.a, y.b);
    });
    return found;
  }

  // The best tasks of each person: more is noise that nobody reviews.
  std::vector<ReviewTask> Bearable(std::vector<ReviewTask> tasks) const {
    std::vector<uint8_t> open(result_.cluster_count, 0);
    std::vector<ReviewTask> kept;
    for (const ReviewTask& task : tasks) {
      uint8_t& of_a = open[result_.cluster[task.a]];
      uint8_t& of_b = open[result_.cluster[task.b]];
      if (std::max(of_a, of_b) >= kPossibleLinksMax) continue;
      ++of_a;
      ++of_b;
      kept.push_back(task);
    }
    return kept;
  }

  ReviewTask Task(uint32_t a, uint32_t b, Millibits weight, VetoSet vetoes, bool ambiguous) const {
    const uint32_t x = records_.first_row[a];
    const uint32_t y = records_.first_row[b];
    return {std::min(x, y), std::max(x, y), weight, vetoes, ambiguous};
  }

  // Numbers follow the nodes, which follow the contents; rows of one content that are not one
  // person's get numbers of their own after all others.
  void NumberClusters(const Clusters& clusters, const std::vector<bool>& one_person) {
    std::vector<uint32_t> number(records_.size(), 0);
    uint32_t next = 0;
    for (uint32_t node = 0; node < records_.size(); ++node) {
      if (clusters.cluster[node] == node) number[node] = next++;
    }
    result_.cluster.resize(table_.size());
    for (uint32_t row = 0; row < table_.size(); ++row) {
      const uint32_t node = records_.node_of_row[row];
      const bool alone = !one_person[node] && records_.first_row[node] != row;
      result_.cluster[row] = alone ? next++ : number[clusters.cluster[node]];
    }
    result_.cluster_count = next;
  }

  RecordTable& table_;
  const BatchOptions& options_;
  const PairScope scope_;
  const bool frozen_;
  BatchResult& result_;
  DistinctRecords records_;
  PairSpace space_;
};

}  // namespace

absl::StatusOr<BatchResult> LinkBatch(RecordTable& table, const Model& model,
                                      const BatchOptions& options) {
  if (table.size() == 0) return absl::InvalidArgumentError("input: want at least one record");
  BatchResult result;
  BatchOptions checked = options;
  checked.threads = std::max<size_t>(options.threads, 1);
  Batch(table, model, checked, result).Run();
  return result;
}

}  // namespace hie::mpi
