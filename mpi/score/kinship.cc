#include "mpi/score/kinship.h"

#include <algorithm>

namespace hie::mpi {
namespace {

// Prior against a household member above which that is hardly ever what is taken for the same
// person.
constexpr Millibits kNoFamilies = 3'000;
// Above it there are more than a hundred matches to a household pair.
constexpr Millibits kSurelyNoFamilies = 7'000;

}  // namespace

bool AtOneDoor(const Agreement& agreement) {
  return agreement.address <= AddressLevel::kSimilar || agreement.phone == PhoneLevel::kExact;
}

bool MayBeKin(const Agreement& agreement) {
  if (agreement.ssn == SsnLevel::kDiffersFull || agreement.sex == SexLevel::kDiffers) return true;
  if (PersonalIdentifierAgrees(agreement)) return false;
  const bool other_name =
      agreement.given == GivenLevel::kDiffers || agreement.given == GivenLevel::kAlike;
  if (agreement.birth_date == BirthDateLevel::kExact) return other_name;
  return AtOneDoor(agreement) && agreement.birth_date >= BirthDateLevel::kTwoParts;
}

bool Conflicts(const Agreement& agreement) {
  return agreement.ssn == SsnLevel::kDiffersFull ||
         agreement.birth_date == BirthDateLevel::kDifferent;
}

bool FamiliesShow(const Model& model) { return model.prior_household < kNoFamilies; }

bool KinAreApart(const Model& model) { return model.prior_household < kSurelyNoFamilies; }

Millibits JudgedWeight(Millibits weight, bool may_be_kin, const Model& model) {
  const Millibits lowered = std::max(model.thresholds.kin - model.thresholds.link, 0);
  return may_be_kin && KinAreApart(model) ? weight - lowered : weight;
}

}  // namespace hie::mpi
