#include "mpi/link/average_link.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <queue>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"

namespace hie::mpi {
namespace {

// Adds a pair to what is known between its groups.
void AddPair(const WeightedPair& pair, GroupEvidence& between) {
  between.Add({pair.weight, pair.household, pair.vetoes, pair.conflict, pair.support}, pair.a,
              pair.b);
}

struct Group {
  std::vector<uint32_t> members;
  // By the lowest member of the other group.
  absl::flat_hash_map<uint32_t, GroupEvidence> neighbours;
  uint32_t version = 0;
  bool conflict = false;  // Between two of its members: nobody else joins.
};

// A join to try, best first.
struct Attempt {
  Millibits mean;
  Millibits best;
  uint32_t a, b;
  uint32_t version_a, version_b;

  bool operator<(const Attempt& other) const {
    // The queue gives the greatest: of equals the lowest numbers.
    return std::tie(mean, best, other.a, other.b) < std::tie(other.mean, other.best, a, b);
  }
};

// Records that pairs connect: what follows for them depends on nothing else.
class Component {
 public:
  // `pairs` sorted; `clusters.cluster` holds each record's own number so far.
  Component(absl::Span<const WeightedPair> pairs, const Thresholds& thresholds, PairWeight weigh,
            GroupWeight weigh_groups, Clusters& clusters)
      : thresholds_(thresholds),
        weigh_(weigh),
        weigh_groups_(weigh_groups),
        pairs_(pairs),
        clusters_(clusters) {
    for (const WeightedPair& pair : pairs_) {
      AddPair(pair, GroupOf(pair.a).neighbours[pair.b]);
      AddPair(pair, GroupOf(pair.b).neighbours[pair.a]);
      Try(pair.a, pair.b);
    }
  }

  void Run() {
    while (!attempts_.empty()) {
      const Attempt attempt = attempts_.top();
      attempts_.pop();
      const auto a = groups_.find(attempt.a);
      const auto b = groups_.find(attempt.b);
      if (a == groups_.end() || b == groups_.end()) continue;
      if (a->second->version != attempt.version_a || b->second->version != attempt.version_b) {
        continue;
      }
      if (MayJoin(attempt.a, attempt.b)) Join(attempt.a, attempt.b);
    }
    AddOpen();
  }

 private:
  Group& GroupOf(uint32_t lowest) {
    std::unique_ptr<Group>& group = groups_[lowest];
    if (!group) {
      group = std::make_unique<Group>();
      group->members = {lowest};
    }
    return *group;
  }

  // Queues a join if the best pair allows one.
  void Try(uint32_t a, uint32_t b) {
    if (a > b) std::swap(a, b);
    const Group& group = *groups_.at(a);
    const GroupEvidence& between = group.neighbours.at(b);
    if (group.conflict || groups_.at(b)->conflict) return;
    const bool may = MayBeOne(between, thresholds_, [&] {
      return weigh_groups_(groups_.at(a)->members, groups_.at(b)->members);
    });
    if (!may) return;
    attempts_.push({between.mean_weight(), between.best_weight(), a, b, group.version,
                    groups_.at(b)->version});
  }

  // What is known between two groups, scoring what was not compared.
  GroupEvidence Look(uint32_t a, uint32_t b) {
    const Group& x = *groups_.at(a);
    const Group& y = *groups_.at(b);
    if (const auto known = x.neighbours.find(b); known != x.neighbours.end()) return known->second;
    GroupEvidence between;
    for (const uint32_t s : x.members) {
      for (const uint32_t t : y.members) {
        if (between.pairs() >= static_cast<int64_t>(kPairsOfTwoGroupsMax)) break;
        AddPair(weigh_(std::min(s, t), std::max(s, t)), between);
      }
    }
    const auto all = static_cast<int64_t>(x.members.size() * y.members.size());
    if (all > between.pairs()) between.AddUnscored(all - between.pairs());
    return between;
  }

  // Tells whether `rival`, which fits `own` nearly as well as `other` does, is somebody else.
  bool IsRival(uint32_t other, uint32_t rival, const GroupEvidence& joined,
               const GroupEvidence& to_own) {
    if (!IsNear(to_own, joined, thresholds_)) return false;
    GroupEvidence to_both = Look(other, rival);
    to_both.Join(to_own);
    return IsSomebodyElse(to_both, thresholds_);
  }

  bool HasRival(uint32_t own, uint32_t other, const GroupEvidence& joined) {
    for (const auto& [rival, to_own] : groups_.at(own)->neighbours) {
      if (rival != other && IsRival(other, rival, joined, to_own)) return true;
    }
    return false;
  }

  bool MayJoin(uint32_t a, uint32_t b) {
    const GroupEvidence joined = groups_.at(a)->neighbours.at(b);
    const bool ambiguous = HasRival(a, b, joined) || HasRival(b, a, joined);
    if (ambiguous) {
      ambiguous_.insert(
          {static_cast<uint32_t>(joined.best_a()), static_cast<uint32_t>(joined.best_b())});
    }
    return !ambiguous;
  }

  // Joins b to a; a < b.
  void Join(uint32_t a, uint32_t b) {
    const bool conflict = groups_.at(a)->neighbours.at(b).conflict();
    std::vector<uint32_t> others;
    for (const uint32_t from : {a, b}) {
      for (const auto& [other, between] : groups_.at(from)->neighbours) {
        if (other != a && other != b) others.push_back(other);
      }
    }
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    std::vector<GroupEvidence> joined;
    for (const uint32_t other : others) {
      joined.push_back(Look(std::min(a, other), std::max(a, other)));
      joined.back().Join(Look(std::min(b, other), std::max(b, other)));
    }
    const std::unique_ptr<Group> gone = std::move(groups_.at(b));
    groups_.erase(b);
    Group& stays = *groups_.at(a);
    stays.members.insert(stays.members.end(), gone->members.begin(), gone->members.end());
    std::sort(stays.members.begin(), stays.members.end());
    for (const uint32_t member : gone->members) clusters_.cluster[member] = a;
    stays.neighbours.clear();
    ++stays.version;
    stays.conflict = conflict;
    for (size_t i = 0; i < others.size(); ++i) {
      Group& other = *groups_.at(others[i]);
      other.neighbours.erase(b);
      other.neighbours[a] = joined[i];
      stays.neighbours[others[i]] = joined[i];
      Try(a, others[i]);
    }
  }

  // The best pair between each two groups that stayed apart.
  void AddOpen() {
    absl::flat_hash_map<uint64_t, OpenPair> open;
    for (const WeightedPair& pair : pairs_) {
      const uint32_t a = std::min(clusters_.cluster[pair.a], clusters_.cluster[pair.b]);
      const uint32_t b = std::max(clusters_.cluster[pair.a], clusters_.cluster[pair.b]);
      if (a == b || pair.weight < thresholds_.review) continue;
      OpenPair& best = open[static_cast<uint64_t>(a) << 32 | b];
      if (best.a != best.b && best.weight >= pair.weight) continue;
      const bool ambiguous = ambiguous_.count(pair.a) != 0 || ambiguous_.count(pair.b) != 0;
      best = {pair.a, pair.b, pair.weight, pair.vetoes, ambiguous};
    }
    for (const auto& [groups, pair] : open) clusters_.open.push_back(pair);
  }

  const Thresholds& thresholds_;
  const PairWeight weigh_;
  const GroupWeight weigh_groups_;
  const absl::Span<const WeightedPair> pairs_;
  Clusters& clusters_;
  absl::flat_hash_map<uint32_t, std::unique_ptr<Group>> groups_;
  absl::flat_hash_set<uint32_t> ambiguous_;
  std::priority_queue<Attempt> attempts_;
};

uint32_t FindRoot(std::vector<uint32_t>& parent, uint32_t record) {
  while (parent[record] != record) record = parent[record] = parent[parent[record]];
  return record;
}

}  // namespace

Clusters ClusterByAverageLink(uint32_t records, std::vector<WeightedPair> pairs,
                              const Thresholds& thresholds, PairWeight weigh,
                              GroupWeight weigh_groups) {
  Clusters clusters;
  clusters.cluster.resize(records);
  std::iota(clusters.cluster.begin(), clusters.cluster.end(), 0);
  std::vector<uint32_t> parent = clusters.cluster;
  for (const WeightedPair& pair : pairs) {
    const uint32_t a = FindRoot(parent, pair.a);
    const uint32_t b = FindRoot(parent, pair.b);
    parent[std::max(a, b)] = std::min(a, b);
  }
  for (uint32_t i = 0; i < records; ++i) parent[i] = FindRoot(parent, i);
  std::sort(pairs.begin(), pairs.end(), [&](const WeightedPair& x, const WeightedPair& y) {
    return std::tie(parent[x.a], x.a, x.b) < std::tie(parent[y.a], y.a, y.b);
  });
  for (size_t begin = 0, end = 0; begin < pairs.size(); begin = end) {
    while (end < pairs.size() && parent[pairs[end].a] == parent[pairs[begin].a]) ++end;
    const auto component = absl::MakeConstSpan(pairs).subspan(begin, end - begin);
    Component(component, thresholds, weigh, weigh_groups, clusters).Run();
  }
  std::sort(clusters.open.begin(), clusters.open.end(), [](const OpenPair& x, const OpenPair& y) {
    return std::tie(x.a, x.b) < std::tie(y.a, y.b);
  });
  return clusters;
}

}  // namespace hie::mpi
