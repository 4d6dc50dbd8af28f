#pragma once

#include <cstdint>

#include "mpi/score/model.h"
#include "mpi/score/score.h"

// What all pairs of records between two groups say together, and whether that makes them one
// person.  The same judgement for whole files and for the index.
namespace hie::mpi {

// What one pair says of the groups that its records belong to.
struct PairEvidence {
  Millibits weight = 0;     // As it counts against Thresholds::link (JudgedWeight).
  Millibits household = 0;  // The weight against a household member (PairScore).
  VetoSet vetoes = 0;
  bool conflict = false;  // What several records of one person should not show: two full SSNs.
  PairSupport support;
  friend bool operator==(const PairEvidence&, const PairEvidence&) = default;
};

// A pair that was not scored counts as this against a group.
inline constexpr Millibits kUnscoredWeight = -2'000;
// What a pair's weight counts at least, and against a household member at most, where weights are
// averaged: one strong pair must not carry a contradiction.
inline constexpr Millibits kPairWeightMin = -10'000;
inline constexpr Millibits kHouseholdWeightMax = 15'000;

// Pairs scored at most to judge two groups; the rest count as unscored.
inline constexpr size_t kPairsOfTwoGroupsMax = 400;

// What is known between two groups of records.  A value; the order in which pairs are added and
// evidence is joined does not show.
class GroupEvidence {
 public:
  // Adds a pair; `a` and `b` name its records.
  void Add(const PairEvidence& pair, uint64_t a, uint64_t b);
  // Adds pairs that nobody scored.
  void AddUnscored(int64_t count);
  // Adds what is known between one of the groups and a third, which is to become part of the other.
  void Join(const GroupEvidence& other);
  // Somebody decided that the two are different.
  void Forbid() { decided_apart_ = true; }

  int64_t pairs() const { return pairs_; }
  // The mean weight, for margins and order; of no pairs that of one that was not scored.
  Millibits mean_weight() const;
  // The strongest weight of a scored pair, and its records; of equals the lowest.
  Millibits best_weight() const { return best_weight_; }
  uint64_t best_a() const { return best_a_; }
  uint64_t best_b() const { return best_b_; }
  VetoSet vetoes() const { return vetoes_; }
  bool conflict() const { return conflict_; }

  // A veto of kBindingVetoes, a decision, or a conflict among more than two records: a person of
  // several records with two SSNs or two birth dates is for people to judge; of a single pair its
  // weight tells.
  bool Forbidden() const;
  // Whether the pairs together speak for one person: they say Thresholds::support of what they
  // could say, and Thresholds::household against a household on average.  A vetoed pair speaks
  // against with all that a pair can say.  Of a single pair its weight tells.
  bool Supported(const Thresholds& thresholds) const;

  friend bool operator==(const GroupEvidence&, const GroupEvidence&) = default;

 private:
  void KeepBest(Millibits weight, uint64_t a, uint64_t b);

  int64_t weight_ = 0;     // Sum of weights.
  int64_t household_ = 0;  // Sum of weights against a household member.
  int64_t said_ = 0;       // Sums of PairSupport.
  int64_t most_ = 0;
  int64_t pairs_ = 0;
  bool scored_ = false;  // Whether there is a best pair.
  Millibits best_weight_ = kUnscoredWeight;
  uint64_t best_a_ = 0;
  uint64_t best_b_ = 0;
  VetoSet vetoes_ = 0;
  bool conflict_ = false;
  bool decided_apart_ = false;
};

// Tells whether two groups may be one person as far as they themselves say: not forbidden,
// supported, the best pair at Thresholds::review, and it or what the groups say together at
// Thresholds::link.  `weigh_together` gives the weight by the strongest level of each field over
// all pairs; it is asked only where there are several pairs, none of which reaches the bar.
template <typename WeighTogether>
bool MayBeOne(const GroupEvidence& evidence, const Thresholds& thresholds,
              WeighTogether weigh_together) {
  if (evidence.best_weight() < thresholds.review || evidence.Forbidden() ||
      !evidence.Supported(thresholds)) {
    return false;
  }
  if (evidence.best_weight() >= thresholds.link) return true;
  return evidence.pairs() > 1 && weigh_together() >= thresholds.link;
}

// Tells whether a third group that fits one of two (`to_own`) is too near to `joined`, what is
// known between the two, to be passed over: it comes within Thresholds::margin.
bool IsNear(const GroupEvidence& to_own, const GroupEvidence& joined, const Thresholds& thresholds);

// Tells whether such a third group is somebody else than the two: all that is known between it and
// both (`to_both`) does not let them be one person.
bool IsSomebodyElse(const GroupEvidence& to_both, const Thresholds& thresholds);

}  // namespace hie::mpi
