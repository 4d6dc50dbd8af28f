#include "mpi/service/simulate_model_change.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace hie::mpi {
namespace {

// Rows joined step by step; the root is the lowest row.
class Joined {
 public:
  explicit Joined(size_t rows) : parent_(rows) { std::iota(parent_.begin(), parent_.end(), 0); }

  uint32_t Root(uint32_t row) {
    while (parent_[row] != row) row = parent_[row] = parent_[parent_[row]];
    return row;
  }
  void Join(uint32_t a, uint32_t b) {
    a = Root(a);
    b = Root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

// Joins the rows of each group.
void JoinGroups(const Grouping& grouping, Joined& joined) {
  std::map<uint32_t, uint32_t> first;
  for (uint32_t row = 0; row < grouping.size(); ++row) {
    joined.Join(first.emplace(grouping[row], row).first->second, row);
  }
}

void Sort(std::vector<RowPair>& pairs) {
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
}

uint64_t PairsOf(uint64_t rows) { return rows * (rows - 1) / 2; }

// Rows and drawn rows of one group.
struct Count {
  uint64_t rows = 0;
  uint64_t drawn = 0;
  // Pairs of which one row at least is drawn.
  uint64_t pairs() const {
    const uint64_t others = rows - drawn;
    return PairsOf(rows) - (others == 0 ? 0 : PairsOf(others));
  }
};

template <typename Key>
uint64_t SumOfPairs(const std::map<Key, Count>& groups) {
  uint64_t sum = 0;
  for (const auto& [key, count] : groups) sum += count.pairs();
  return sum;
}

// Names pairs that `together` has and `apart` has not.
std::vector<RowPair> NamePairs(const Grouping& together, const Grouping& apart,
                               const std::vector<bool>& drawn, size_t pairs_max) {
  std::map<uint32_t, std::vector<uint32_t>> groups;
  for (uint32_t row = 0; row < together.size(); ++row) groups[together[row]].push_back(row);
  std::vector<RowPair> named;
  std::vector<const std::vector<uint32_t>*> in_order;
  for (const auto& [group, rows] : groups) {
    if (rows.size() > 1) in_order.push_back(&rows);
  }
  std::sort(in_order.begin(), in_order.end(),
            [](const auto* a, const auto* b) { return a->front() < b->front(); });
  for (const std::vector<uint32_t>* rows : in_order) {
    for (size_t i = 0; i < rows->size(); ++i) {
      for (size_t j = i + 1; j < rows->size(); ++j) {
        if (named.size() == pairs_max) break;
        const uint32_t a = (*rows)[i];
        const uint32_t b = (*rows)[j];
        if (apart[a] != apart[b] && (drawn[a] || drawn[b])) named.emplace_back(a, b);
      }
    }
  }
  std::sort(named.begin(), named.end());
  return named;
}

}  // namespace

DecisionsAgainst KeepDecisions(RowDecisions decisions, Grouping& grouping) {
  Sort(decisions.must);
  Sort(decisions.cannot);
  DecisionsAgainst against;
  for (const auto& [a, b] : decisions.must) against.must += grouping[a] != grouping[b];
  for (const auto& [a, b] : decisions.cannot) against.cannot += grouping[a] == grouping[b];
  if (decisions.must.empty() && decisions.cannot.empty()) return against;
  const auto rows = static_cast<uint32_t>(grouping.size());
  Joined groups(rows);
  Joined bound(rows);  // By must-links alone.
  JoinGroups(grouping, groups);
  for (const auto& [a, b] : decisions.must) {
    groups.Join(a, b);
    bound.Join(a, b);
  }
  for (uint32_t row = 0; row < rows; ++row) grouping[row] = groups.Root(row);
  std::map<uint32_t, std::vector<uint32_t>> members;  // Of what leaves, by its root.
  for (const auto& [a, b] : decisions.cannot) members[bound.Root(b)];
  for (uint32_t row = 0; row < rows; ++row) {
    const auto found = members.find(bound.Root(row));
    if (found != members.end()) found->second.push_back(row);
  }
  uint32_t next = rows;
  for (const auto& [a, b] : decisions.cannot) {
    if (grouping[a] != grouping[b] || bound.Root(a) == bound.Root(b)) continue;
    for (const uint32_t row : members[bound.Root(b)]) grouping[row] = next;
    ++next;
  }
  return against;
}

PairsChanged CompareGroupings(const Grouping& before, const Grouping& then,
                              const std::vector<bool>& drawn, size_t pairs_max) {
  std::map<uint32_t, Count> of_before;
  std::map<uint32_t, Count> of_then;
  std::map<RowPair, Count> of_both;
  const auto add = [&](Count& count, uint32_t row) {
    ++count.rows;
    count.drawn += drawn[row];
  };
  for (uint32_t row = 0; row < before.size(); ++row) {
    add(of_before[before[row]], row);
    add(of_then[then[row]], row);
    add(of_both[{before[row], then[row]}], row);
  }
  const uint64_t kept = SumOfPairs(of_both);
  PairsChanged changed;
  changed.gained = SumOfPairs(of_then) - kept;
  changed.lost = SumOfPairs(of_before) - kept;
  changed.gained_pairs = NamePairs(then, before, drawn, pairs_max);
  changed.lost_pairs = NamePairs(before, then, drawn, pairs_max);
  return changed;
}

IdsChanged CompareIds(const Grouping& person, const Grouping& then,
                      const std::vector<bool>& drawn) {
  struct Fate {
    bool parted = false;
    bool drawn = false;
    uint32_t group = 0;
    uint64_t rows = 0;
  };
  std::map<uint32_t, Fate> persons;
  for (uint32_t row = 0; row < person.size(); ++row) {
    const auto [found, fresh] = persons.emplace(person[row], Fate());
    Fate& fate = found->second;
    if (fresh) fate.group = then[row];
    fate.parted = fate.parted || fate.group != then[row];
    fate.drawn = drawn[row];
    ++fate.rows;
  }
  IdsChanged changed;
  std::set<uint32_t> taken;  // Groups that have the id of their oldest whole person.
  for (const auto& [number, fate] : persons) {
    const bool keeps = !fate.parted && taken.insert(fate.group).second;
    if (keeps || !fate.drawn) continue;
    ++(fate.parted ? changed.retired : changed.redirected);
    changed.rows_moved += fate.rows;
  }
  return changed;
}

}  // namespace hie::mpi
