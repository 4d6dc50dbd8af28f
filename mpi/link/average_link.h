#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "mpi/link/group_evidence.h"
#include "mpi/score/model.h"
#include "mpi/score/score.h"

namespace hie::mpi {

// A compared pair of records that agree well enough to be looked at.
struct WeightedPair {
  uint32_t a = 0;
  uint32_t b = 0;
  Millibits weight = 0;
  Millibits household = 0;  // The weight against a household member (PairScore).
  VetoSet vetoes = 0;
  bool may_be_kin = false;  // For the caller's use.
  bool conflict = false;    // What several records of one person should not show: two full SSNs.
  PairSupport support;
};

// The weight and vetoes of a pair that was not among the compared ones.
using PairWeight = absl::FunctionRef<WeightedPair(uint32_t a, uint32_t b)>;

// The weight between two groups by the strongest level that each field reaches in any of their
// pairs: records that each know a part may agree together.
using GroupWeight =
    absl::FunctionRef<Millibits(absl::Span<const uint32_t> a, absl::Span<const uint32_t> b)>;

// Two groups that were not joined and that a person should look at.
struct OpenPair {
  uint32_t a = 0;  // The pair of records that agrees most, one of each group.
  uint32_t b = 0;
  Millibits weight = 0;
  VetoSet vetoes = 0;
  bool ambiguous = false;  // The margin to a second group is missing.
};

struct Clusters {
  std::vector<uint32_t> cluster;  // Of each record: the lowest record of its cluster.
  std::vector<OpenPair> open;     // Sorted by a, b.
};

// Groups records by average link.
//
// Best first: two groups are joined if their best pair, or the groups taken together
// (`weigh_groups`, asked only where the best pair is a possible link), reaches Thresholds::link, if
// all of their pairs together say enough of what they could say (Thresholds::support) and speak
// against a household on average (Thresholds::household), if nothing forbids it, and if no third
// group that could not join them as well fits one of them within Thresholds::margin.  A chain of
// strong pairs whose ends contradict stays apart.  Support is a share and not a mean weight: pairs
// that share few fields say little, for or against.  A vetoed pair speaks against the groups with
// all that a pair can say; one with a veto of kBindingVetoes forbids, and so does a conflict where
// more than two records are in question: two that are joined in spite of one take no third.  A
// join that a rival hinders is tried again when one of its two groups has grown.  What is not
// joined and has a pair at Thresholds::review is open.
//
// Deterministic: ties go to the lower record numbers.  `pairs` in any order, each once.
// Cost: O(p log p) for p pairs, and the scores of the pairs between groups that nearly join.
Clusters ClusterByAverageLink(uint32_t records, std::vector<WeightedPair> pairs,
                              const Thresholds& thresholds, PairWeight weigh,
                              GroupWeight weigh_groups);

}  // namespace hie::mpi
