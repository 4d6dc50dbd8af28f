#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

// How two groupings of the same rows differ.  Pure.
namespace hie::mpi {

// The group of each row: any numbers, equal within a group.
using Grouping = std::vector<uint32_t>;
using RowPair = std::pair<uint32_t, uint32_t>;  // The lower row first.

// Decisions between rows.
struct RowDecisions {
  std::vector<RowPair> must;
  std::vector<RowPair> cannot;
};

// How many decisions a grouping contradicts.
struct DecisionsAgainst {
  uint64_t must = 0;
  uint64_t cannot = 0;
};

// Makes a grouping keep the decisions: groups that a must-link joins become one; where a
// cannot-link stands within a group, the higher row leaves it, with those that must-links bind to
// it.  Of decisions that contradict each other the must-links hold.  Returns what it contradicted
// before. The result does not depend on the order of decisions.
DecisionsAgainst KeepDecisions(RowDecisions decisions, Grouping& grouping);

// Pairs of rows of which one is drawn, and that only one of two groupings has together.
struct PairsChanged {
  uint64_t gained = 0;                // Together only afterwards.
  uint64_t lost = 0;                  // Together only before.
  std::vector<RowPair> gained_pairs;  // Some of them, rising.
  std::vector<RowPair> lost_pairs;
};
// At most `pairs_max` of each are named, in the order of rows.  Cost: O(n log n), and the named
// pairs.
PairsChanged CompareGroupings(const Grouping& before, const Grouping& then,
                              const std::vector<bool>& drawn, size_t pairs_max);

// What becomes of the ids of persons.
struct IdsChanged {
  uint64_t retired = 0;     // Persons that are parted.
  uint64_t redirected = 0;  // Persons that come into an older one.
  uint64_t rows_moved = 0;  // Rows whose id is another one.
};
// `person` of each row counts persons from the oldest on, `drawn` is by row; only drawn persons are
// counted.  A person that is parted loses its id; of persons that come together whole the oldest
// keeps its own.
IdsChanged CompareIds(const Grouping& person, const Grouping& then, const std::vector<bool>& drawn);

}  // namespace hie::mpi
