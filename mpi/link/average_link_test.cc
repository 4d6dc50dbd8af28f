#include "mpi/link/average_link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 60'606;
constexpr VetoSet kBinding = OnlyVeto(Veto::kGeneration);
constexpr VetoSet kOutweighed = OnlyVeto(Veto::kSsnAndGiven);

WeightedPair Pair(uint32_t a, uint32_t b, Millibits weight, Millibits household, Millibits said) {
  WeightedPair pair;
  pair.a = std::min(a, b);
  pair.b = std::max(a, b);
  pair.weight = weight;
  pair.household = household;
  pair.support = {said, kSaidMax};
  return pair;
}

// The pairs of a few records: those that were compared, and what the others would say.
class Graph {
 public:
  explicit Graph(uint32_t records) : records_(records) {}

  // A pair whose fields all speak alike for `weight`.
  void Set(uint32_t a, uint32_t b, Millibits weight, VetoSet vetoes = 0) {
    WeightedPair pair = Pair(a, b, weight, weight, std::clamp(weight * 2, -kSaidMax, kSaidMax));
    pair.vetoes = vetoes;
    Set(pair);
  }
  void Set(const WeightedPair& pair) { pairs_[{pair.a, pair.b}] = pair; }

  WeightedPair Weigh(uint32_t a, uint32_t b) const {
    const auto found = pairs_.find({a, b});
    if (found != pairs_.end()) return found->second;
    return Pair(a, b, -15'000, -9'000, -15'000);
  }

  // What a run would have kept of the compared pairs.
  std::vector<WeightedPair> Compared(const Thresholds& thresholds) const {
    std::vector<WeightedPair> compared;
    for (const auto& [key, pair] : pairs_) {
      if (pair.weight >= thresholds.review) compared.push_back(pair);
    }
    return compared;
  }
  uint32_t records() const { return records_; }

 private:
  uint32_t records_;
  std::map<std::pair<uint32_t, uint32_t>, WeightedPair> pairs_;
};

const Thresholds& Bounds() { return DefaultModel().thresholds; }

// What two groups say together: a little more than their best pair.
constexpr Millibits kTogether = 2'000;
Millibits WeighTogether(const Graph& graph, absl::Span<const uint32_t> a,
                        absl::Span<const uint32_t> b) {
  Millibits best = INT32_MIN;
  for (const uint32_t s : a) {
    for (const uint32_t t : b) {
      best = std::max(best, graph.Weigh(std::min(s, t), std::max(s, t)).weight);
    }
  }
  return best + kTogether;
}

Clusters Cluster(const Graph& graph, std::vector<WeightedPair> pairs) {
  return ClusterByAverageLink(
      graph.records(), std::move(pairs), Bounds(),
      [&](uint32_t a, uint32_t b) { return graph.Weigh(a, b); },
      [&](absl::Span<const uint32_t> a, absl::Span<const uint32_t> b) {
        return WeighTogether(graph, a, b);
      });
}
Clusters Cluster(const Graph& graph) { return Cluster(graph, graph.Compared(Bounds())); }

// Oracle: the contract of the header over whole groups, every sum taken anew each time.
class NaiveLink {
 public:
  explicit NaiveLink(const Graph& graph) : graph_(graph), compared_(graph.Compared(Bounds())) {
    for (uint32_t record = 0; record < graph.records(); ++record) groups_[record] = {record};
    while (JoinBest()) {
    }
  }

  std::vector<uint32_t> cluster() const {
    std::vector<uint32_t> cluster(graph_.records());
    for (const auto& [lowest, members] : groups_) {
      for (const uint32_t member : members) cluster[member] = lowest;
    }
    return cluster;
  }

  // The best pair between each two groups that stayed apart.
  std::map<std::pair<uint32_t, uint32_t>, OpenPair> Open() const {
    const std::vector<uint32_t> of = cluster();
    std::map<std::pair<uint32_t, uint32_t>, OpenPair> best;
    for (const WeightedPair& pair : compared_) {
      const auto groups = std::minmax(of[pair.a], of[pair.b]);
      if (groups.first == groups.second) continue;
      const auto [known, first] =
          best.try_emplace(groups, OpenPair{pair.a, pair.b, pair.weight, pair.vetoes, false});
      if (!first && pair.weight > known->second.weight) {
        known->second = {pair.a, pair.b, pair.weight, pair.vetoes, false};
      }
    }
    return best;
  }

 private:
  using Members = std::vector<uint32_t>;
  using Names = std::pair<uint32_t, uint32_t>;

  struct Sum {
    int64_t weight = 0, household = 0, said = 0, most = 0, pairs = 0;
    Millibits best = INT32_MIN;
    VetoSet vetoes = 0;
    bool conflict = false;

    Millibits mean() const { return static_cast<Millibits>(weight / pairs); }
    bool forbidden() const { return (vetoes & kBindingVetoes) != 0 || (conflict && pairs > 1); }
    bool supported() const {
      if (pairs == 1) return vetoes == 0;
      return said * 1000 >= most * Bounds().support && household >= pairs * Bounds().household;
    }
  };

  Sum Between(const Members& a, const Members& b) const {
    Sum sum;
    for (const uint32_t s : a) {
      for (const uint32_t t : b) {
        const WeightedPair pair = graph_.Weigh(std::min(s, t), std::max(s, t));
        const bool vetoed = pair.vetoes != 0;
        sum.weight += std::max(pair.weight, kPairWeightMin);
        ++sum.pairs;
        sum.said += vetoed ? -kSaidMax : pair.support.said;
        sum.most += vetoed ? kSaidMax : pair.support.most;
        sum.household += vetoed ? kPairWeightMin
                                : std::clamp(pair.household, kPairWeightMin, kHouseholdWeightMax);
        sum.conflict = sum.conflict || pair.conflict;
        sum.best = std::max(sum.best, pair.weight);
        sum.vetoes |= pair.vetoes;
      }
    }
    return sum;
  }

  bool Neighbours(const Members& a, const Members& b) const {
    return std::any_of(compared_.begin(), compared_.end(), [&](const WeightedPair& pair) {
      const auto in = [](const Members& group, uint32_t record) {
        return std::find(group.begin(), group.end(), record) != group.end();
      };
      return (in(a, pair.a) && in(b, pair.b)) || (in(a, pair.b) && in(b, pair.a));
    });
  }

  // A third group that fits `own` within the margin and could not join both.
  bool HasRival(uint32_t own, uint32_t other, Millibits mean) const {
    Members both = groups_.at(own);
    both.insert(both.end(), groups_.at(other).begin(), groups_.at(other).end());
    for (const auto& [name, rival] : groups_) {
      if (name == own || name == other || !Neighbours(groups_.at(own), rival)) continue;
      const Millibits fit = Between(groups_.at(own), rival).mean();
      if (fit < Bounds().review || fit <= mean - Bounds().margin) continue;
      const Sum all = Between(both, rival);
      if (all.forbidden() || !all.supported()) return true;
    }
    return false;
  }

  bool ConflictWithin(const Members& group) const {
    for (size_t i = 0; i < group.size(); ++i) {
      for (size_t j = i + 1; j < group.size(); ++j) {
        if (graph_.Weigh(group[i], group[j]).conflict) return true;
      }
    }
    return false;
  }

  // Joins the best two groups that may; a refusal stands until one of both has grown.
  bool JoinBest() {
    std::map<std::tuple<Millibits, Millibits, int64_t, int64_t>, Names> attempts;
    for (auto a = groups_.begin(); a != groups_.end(); ++a) {
      for (auto b = std::next(a); b != groups_.end(); ++b) {
        if (refused_.count({a->second, b->second}) != 0) continue;
        if (!Neighbours(a->second, b->second)) continue;
        if (ConflictWithin(a->second) || ConflictWithin(b->second)) continue;
        const Sum sum = Between(a->second, b->second);
        if (sum.best < Bounds().review || sum.forbidden() || !sum.supported()) continue;
        const bool together = sum.pairs > 1 && sum.best + kTogether >= Bounds().link;
        if (sum.best < Bounds().link && !together) continue;
        attempts[{-sum.mean(), -sum.best, a->first, b->first}] = {a->first, b->first};
      }
    }
    for (const auto& [order, names] : attempts) {
      const auto [a, b] = names;
      if (HasRival(a, b, -std::get<0>(order)) || HasRival(b, a, -std::get<0>(order))) {
        refused_.insert({groups_[a], groups_[b]});
        continue;
      }
      Members& stays = groups_[a];
      stays.insert(stays.end(), groups_[b].begin(), groups_[b].end());
      std::sort(stays.begin(), stays.end());
      groups_.erase(b);
      return true;
    }
    return false;
  }

  const Graph& graph_;
  std::vector<WeightedPair> compared_;
  std::map<uint32_t, Members> groups_;
  std::set<std::pair<Members, Members>> refused_;
};

// Few different weights, so that ties occur.
Graph RandomGraph(std::mt19937_64& random) {
  const auto below = [&](uint32_t count) { return static_cast<uint32_t>(random() % count); };
  Graph graph(2 + below(11));
  const uint32_t density = 1 + below(10);
  for (uint32_t a = 0; a < graph.records(); ++a) {
    for (uint32_t b = a + 1; b < graph.records(); ++b) {
      if (below(10) >= density) continue;
      const Millibits weight = static_cast<Millibits>(below(24)) * 1'500 - 12'000;
      const VetoSet vetoes = below(12) == 0 ? kBinding : below(12) == 0 ? kOutweighed : 0;
      graph.Set(a, b, weight, vetoes);
      if (below(2) == 0) continue;
      WeightedPair pair = graph.Weigh(a, b);
      pair.support.most = 1 + static_cast<Millibits>(below(kSaidMax));
      pair.support.said = std::min(pair.support.said, pair.support.most);
      pair.household += static_cast<Millibits>(below(9)) * 1'000;
      pair.conflict = below(8) == 0;
      graph.Set(pair);
    }
  }
  return graph;
}

TEST(ClusterByAverageLinkTest, EqualsTheContractOnRandomGraphs) {
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  int joined = 0;
  for (int round = 0; round < 4'000; ++round) {
    const Graph graph = RandomGraph(random);
    const Clusters clusters = Cluster(graph);
    const NaiveLink naive(graph);
    ASSERT_EQ(clusters.cluster, naive.cluster()) << "round " << round;
    const auto open = naive.Open();
    ASSERT_EQ(clusters.open.size(), open.size()) << "round " << round;
    for (const OpenPair& pair : clusters.open) {
      const auto groups = std::minmax(clusters.cluster[pair.a], clusters.cluster[pair.b]);
      ASSERT_EQ(open.count(groups), 1u);
      ASSERT_EQ(open.at(groups).a, pair.a);
      ASSERT_EQ(open.at(groups).b, pair.b);
      ASSERT_EQ(open.at(groups).weight, pair.weight);
      ASSERT_EQ(open.at(groups).vetoes, pair.vetoes);
    }
    const std::set<uint32_t> distinct(clusters.cluster.begin(), clusters.cluster.end());
    joined += static_cast<int>(graph.records() - distinct.size());
  }
  EXPECT_GT(joined, 4'000);  // The graphs are worth looking at.
}

TEST(ClusterByAverageLinkTest, TheOrderOfThePairsDoesNotMatter) {
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed + 1);
  for (int round = 0; round < 500; ++round) {
    const Graph graph = RandomGraph(random);
    const Clusters sorted = Cluster(graph);
    std::vector<WeightedPair> pairs = graph.Compared(Bounds());
    std::shuffle(pairs.begin(), pairs.end(), random);
    const Clusters shuffled = Cluster(graph, pairs);
    ASSERT_EQ(sorted.cluster, shuffled.cluster);
    ASSERT_EQ(sorted.open.size(), shuffled.open.size());
    for (size_t i = 0; i < sorted.open.size(); ++i) {
      ASSERT_EQ(sorted.open[i].a, shuffled.open[i].a);
      ASSERT_EQ(sorted.open[i].b, shuffled.open[i].b);
      ASSERT_EQ(sorted.open[i].ambiguous, shuffled.open[i].ambiguous);
    }
  }
}

TEST(ClusterByAverageLinkTest, AChainWhoseEndsContradictStaysApart) {
  Graph graph(3);
  graph.Set(0, 1, 20'000);
  graph.Set(1, 2, 20'000);
  graph.Set(0, 2, -30'000, kOutweighed);
  const Clusters clusters = Cluster(graph);
  EXPECT_NE(clusters.cluster[0], clusters.cluster[2]);
  EXPECT_FALSE(clusters.open.empty());
}

TEST(ClusterByAverageLinkTest, ALongChainNeverBecomesOnePerson) {
  constexpr uint32_t kLong = 50;
  Graph graph(kLong);
  for (uint32_t i = 0; i + 1 < kLong; ++i) {
    graph.Set(i, i + 1, 15'000 + static_cast<Millibits>(i % 7) * 100);
  }
  std::map<uint32_t, int> sizes;
  for (const uint32_t cluster : Cluster(graph).cluster) ++sizes[cluster];
  for (const auto& [cluster, size] : sizes) EXPECT_LE(size, 2) << cluster;
}

TEST(ClusterByAverageLinkTest, WhatFitsBothTwinsIsLinkedToNeither) {
  Graph graph(3);
  graph.Set(0, 1, 6'000, OnlyVeto(Veto::kBirthOrder));
  graph.Set(0, 2, 15'000);
  graph.Set(1, 2, 14'000);
  const Clusters clusters = Cluster(graph);
  EXPECT_EQ(clusters.cluster, (std::vector<uint32_t>{0, 1, 2}));
  ASSERT_EQ(clusters.open.size(), 3u);
  for (const OpenPair& pair : clusters.open) {
    EXPECT_TRUE(pair.ambiguous) << pair.a << " " << pair.b;
  }
}

TEST(ClusterByAverageLinkTest, AMarginToTheSecondPersonIsEnough) {
  Graph graph(3);
  graph.Set(0, 1, 6'000, OnlyVeto(Veto::kBirthOrder));
  graph.Set(0, 2, 20'000);
  graph.Set(1, 2, 20'000 - Bounds().margin);
  EXPECT_EQ(Cluster(graph).cluster, (std::vector<uint32_t>{0, 1, 0}));
}

TEST(ClusterByAverageLinkTest, ABindingVetoIsNotOutweighed) {
  for (const auto& [veto, apart] : {std::pair(kBinding, true), std::pair(kOutweighed, false)}) {
    constexpr uint32_t kRecords = 8;
    Graph graph(kRecords);
    for (uint32_t a = 0; a < kRecords; ++a) {
      for (uint32_t b = a + 1; b < kRecords; ++b) graph.Set(a, b, 20'000);
    }
    graph.Set(0, 7, 20'000, veto);
    const Clusters clusters = Cluster(graph);
    EXPECT_EQ(clusters.cluster[0] != clusters.cluster[7], apart) << veto;
  }
}

TEST(ClusterByAverageLinkTest, AConflictKeepsGroupsApart) {
  for (const uint32_t records : {2u, 4u}) {
    Graph graph(records);
    for (uint32_t a = 0; a < records; ++a) {
      for (uint32_t b = a + 1; b < records; ++b) graph.Set(a, b, 20'000);
    }
    if (records > 2) graph.Set(0, records - 1, Bounds().link - 1);
    WeightedPair pair = graph.Weigh(0, records - 1);
    pair.conflict = true;
    graph.Set(pair);
    const Clusters clusters = Cluster(graph);
    // Of a single pair its weight tells.
    EXPECT_EQ(clusters.cluster[0] == clusters.cluster[records - 1], records == 2);
  }
}

TEST(ClusterByAverageLinkTest, RecordsThatEachKnowAPartAgreeTogether) {
  Graph graph(3);
  graph.Set(0, 1, 20'000);
  graph.Set(0, 2, Bounds().link - kTogether);
  graph.Set(1, 2, Bounds().link - kTogether);
  EXPECT_EQ(Cluster(graph).cluster, (std::vector<uint32_t>{0, 0, 0}));
  graph.Set(0, 2, Bounds().link - kTogether - 1);
  graph.Set(1, 2, Bounds().link - kTogether - 1);
  EXPECT_EQ(Cluster(graph).cluster, (std::vector<uint32_t>{0, 0, 2}));
}

TEST(ClusterByAverageLinkTest, NothingBelowTheLinkIsJoinedAndNothingBelowReviewIsOpen) {
  Graph graph(4);
  graph.Set(0, 1, Bounds().link - 1);
  graph.Set(2, 3, Bounds().review - 1);
  const Clusters clusters = Cluster(graph);
  EXPECT_EQ(clusters.cluster, (std::vector<uint32_t>{0, 1, 2, 3}));
  ASSERT_EQ(clusters.open.size(), 1u);
  EXPECT_EQ(clusters.open[0].a, 0u);
  EXPECT_FALSE(clusters.open[0].ambiguous);
  EXPECT_TRUE(Cluster(Graph(0)).cluster.empty());
}

}  // namespace
}  // namespace hie::mpi
