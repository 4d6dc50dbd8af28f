#include "mpi/link/membership.h"

#include "mpi/score/score.h"

namespace hie::mpi {
namespace {

constexpr int kContradictionsOfANewHolder = 2;

bool NamesANewborn(const Features& before, const Features& after) {
  const bool same_day =
      CompareBirthDates(before.birth_date, after.birth_date) != BirthDateLevel::kDifferent;
  return before.newborn && same_day;
}

// What was filed for somebody unknown was guessed: only the sex is seldom guessed wrong.
bool NamesAnUnknown(const Features& before, const Features& after) {
  return before.identity_unknown && CompareSex(before.sex, after.sex) != SexLevel::kDiffers;
}

}  // namespace

Membership JudgeMembership(const std::optional<PersonScore>& others, LinkOrigin origin,
                           const Thresholds& thresholds) {
  if (!others || others->mean() >= thresholds.review + thresholds.unlink) {
    return Membership::kStays;
  }
  return origin == LinkOrigin::kDecided ? Membership::kContradictsDecision : Membership::kLeaves;
}

Holder JudgeUpdate(const Features& before, const Features& after, const Model& model) {
  if (NamesANewborn(before, after) || NamesAnUnknown(before, after)) return Holder::kSame;
  const Agreement agreement = Compare(before, after);
  const bool below = Score(agreement, model).weight() < model.thresholds.review;
  const bool contradicts = IndependentContradictions(agreement) >= kContradictionsOfANewHolder;
  return below && contradicts ? Holder::kSuspectedNew : Holder::kSame;
}

}  // namespace hie::mpi
