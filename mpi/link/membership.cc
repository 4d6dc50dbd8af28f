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

// Of a pair its weight tells, of more the share of what they say as well.
bool Contradicts(const GroupEvidence& evidence, const Thresholds& thresholds) {
  const bool supported = evidence.pairs() > 1 && evidence.Supported(thresholds);
  return !supported && evidence.best_weight() < thresholds.link &&
         evidence.mean_weight() < thresholds.review + thresholds.unlink;
}

}  // namespace

Membership JudgeMembership(const std::optional<PersonScore>& others, LinkOrigin origin,
                           const Model& model) {
  if (!others) return Membership::kStays;
  const Thresholds& thresholds = model.thresholds;
  const GroupEvidence evidence = EvidenceOf(*others, model);
  if (Contradicts(evidence, thresholds)) {
    return origin == LinkOrigin::kDecided ? Membership::kContradictsDecision : Membership::kLeaves;
  }
  const bool doubtful = evidence.Forbidden() || !evidence.Supported(thresholds) ||
                        evidence.best_weight() < thresholds.review + thresholds.unlink;
  return doubtful && origin == LinkOrigin::kMatched ? Membership::kDoubtful : Membership::kStays;
}

Holder JudgeUpdate(const Features& before, const Features& after, const Model& model) {
  if (NamesANewborn(before, after) || NamesAnUnknown(before, after)) return Holder::kSame;
  const Agreement agreement = Compare(before, after);
  const bool below = Score(agreement, model).weight() < model.thresholds.review;
  const bool contradicts = IndependentContradictions(agreement) >= kContradictionsOfANewHolder;
  return below && contradicts ? Holder::kSuspectedNew : Holder::kSame;
}

}  // namespace hie::mpi
