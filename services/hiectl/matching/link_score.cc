#include "services/hiectl/matching/link_score.h"

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_map.h"

namespace hie::ctl::matching {
namespace {

struct Row {
  uint32_t cluster = 0;
  uint32_t truth = 0;
  uint8_t input = 0;
};

// Counts the rows of a group and with them its pairs.
class Group {
 public:
  void Add(uint8_t input) { ++counts_[input == 0 ? 0 : 1]; }
  // The pairs of the rows so far; starts anew.
  uint64_t TakePairs(PairScope scope) {
    const uint64_t all = counts_[0] + counts_[1];
    const uint64_t pairs =
        scope == PairScope::kAcrossInputs ? counts_[0] * counts_[1] : all * (all - 1) / 2;
    counts_ = {};
    return pairs;
  }

 private:
  std::array<uint64_t, 2> counts_ = {};
};

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double PairCounts::precision() const { return Share(right, linked); }
double PairCounts::recall() const { return Share(right, expected); }

double PairCounts::f1() const { return Share(2 * right, linked + expected); }

std::vector<uint32_t> NumberTruths(const TextColumn& truths) {
  absl::flat_hash_map<absl::string_view, uint32_t> numbers;
  std::vector<uint32_t> result;
  result.reserve(truths.size());
  for (size_t row = 0; row < truths.size(); ++row) {
    const absl::string_view truth = truths.at(row);
    const auto next = static_cast<uint32_t>(numbers.size());
    result.push_back(truth.empty() ? kNoTruth : numbers.try_emplace(truth, next).first->second);
  }
  return result;
}

PairCounts CountPairs(const std::vector<uint32_t>& clusters, const std::vector<uint32_t>& truths,
                      const std::vector<uint8_t>& inputs, PairScope scope) {
  PairCounts counts;
  std::vector<Row> rows;
  rows.reserve(clusters.size());
  for (size_t i = 0; i < clusters.size(); ++i) {
    if (truths[i] == kNoTruth) {
      ++counts.unlabelled;
    } else {
      rows.push_back({clusters[i], truths[i], inputs.empty() ? uint8_t{0} : inputs[i]});
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.cluster != b.cluster ? a.cluster < b.cluster : a.truth < b.truth;
  });
  Group cluster, both, person;
  for (size_t i = 0; i < rows.size(); ++i) {
    cluster.Add(rows[i].input);
    both.Add(rows[i].input);
    const bool cluster_ends = i + 1 == rows.size() || rows[i + 1].cluster != rows[i].cluster;
    if (cluster_ends || rows[i + 1].truth != rows[i].truth) counts.right += both.TakePairs(scope);
    if (cluster_ends) counts.linked += cluster.TakePairs(scope);
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.truth < b.truth; });
  for (size_t i = 0; i < rows.size(); ++i) {
    person.Add(rows[i].input);
    if (i + 1 == rows.size() || rows[i + 1].truth != rows[i].truth) {
      counts.expected += person.TakePairs(scope);
    }
  }
  return counts;
}

}  // namespace hie::ctl::matching
