#include "mpi/link/group_evidence.h"

#include <algorithm>
#include <tuple>

namespace hie::mpi {

void GroupEvidence::Add(const PairEvidence& pair, uint64_t a, uint64_t b) {
  const bool vetoed = pair.vetoes != 0;
  said_ += vetoed ? -kSaidMax : pair.support.said;
  most_ += vetoed ? kSaidMax : pair.support.most;
  household_ +=
      vetoed ? kPairWeightMin : std::clamp(pair.household, kPairWeightMin, kHouseholdWeightMax);
  weight_ += std::max(pair.weight, kPairWeightMin);
  ++pairs_;
  vetoes_ |= pair.vetoes;
  conflict_ = conflict_ || pair.conflict;
  KeepBest(pair.weight, a, b);
}

void GroupEvidence::AddUnscored(int64_t count) {
  said_ += count * kUnscoredWeight;
  most_ += count * kSaidMax;
  household_ += count * kUnscoredWeight;
  weight_ += count * kUnscoredWeight;
  pairs_ += count;
}

void GroupEvidence::Join(const GroupEvidence& other) {
  said_ += other.said_;
  most_ += other.most_;
  household_ += other.household_;
  weight_ += other.weight_;
  pairs_ += other.pairs_;
  vetoes_ |= other.vetoes_;
  conflict_ = conflict_ || other.conflict_;
  decided_apart_ = decided_apart_ || other.decided_apart_;
  if (other.scored_) KeepBest(other.best_weight_, other.best_a_, other.best_b_);
}

void GroupEvidence::KeepBest(Millibits weight, uint64_t a, uint64_t b) {
  const bool better =
      !scored_ || (weight != best_weight_ ? weight > best_weight_
                                          : std::tie(a, b) < std::tie(best_a_, best_b_));
  if (!better) return;
  scored_ = true;
  best_weight_ = weight;
  best_a_ = a;
  best_b_ = b;
}

Millibits GroupEvidence::mean_weight() const {
  return pairs_ == 0 ? kUnscoredWeight : static_cast<Millibits>(weight_ / pairs_);
}

bool GroupEvidence::Forbidden() const {
  return decided_apart_ || (vetoes_ & kBindingVetoes) != 0 || (conflict_ && pairs_ > 1);
}

bool GroupEvidence::Supported(const Thresholds& thresholds) const {
  if (pairs_ == 1) return vetoes_ == 0;
  return said_ * 1000 >= most_ * thresholds.support && household_ >= pairs_ * thresholds.household;
}

bool IsNear(const GroupEvidence& to_own, const GroupEvidence& joined,
            const Thresholds& thresholds) {
  return to_own.mean_weight() >= thresholds.review &&
         to_own.mean_weight() > joined.mean_weight() - thresholds.margin;
}

bool IsSomebodyElse(const GroupEvidence& to_both, const Thresholds& thresholds) {
  return to_both.Forbidden() || !to_both.Supported(thresholds);
}

}  // namespace hie::mpi
