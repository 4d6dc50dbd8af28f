#include "mpi/compare/agreement.h"

namespace hie::mpi {

Agreement Compare(const Features& a, const Features& b) {
  return {.family = CompareFamilyNames(a.names, b.names),
          .given = CompareGivenNames(a.names, b.names),
          .middle = CompareMiddleNames(a.names, b.names),
          .suffix = CompareGenerations(a.generation, b.generation),
          .birth_date = CompareBirthDates(a.birth_date, b.birth_date),
          .sex = CompareSex(a.sex, b.sex),
          .ssn = CompareSsns(a.ssns, b.ssns),
          .phone = ComparePhones(a.phones, b.phones),
          .email = CompareEmails(a.emails, b.emails),
          .address = CompareAddresses(a.addresses, b.addresses),
          .identifier = CompareIdentifiers(a.identifiers, b.identifiers),
          .mother_maiden = CompareMotherMaiden(a.mother_maiden, b.mother_maiden),
          .birth_order = CompareBirthOrder(a.birth_order, b.birth_order),
          .multiple_birth = a.multiple_birth || b.multiple_birth,
          .identity_unknown = a.identity_unknown || b.identity_unknown};
}

bool PersonalIdentifierAgrees(const Agreement& agreement) {
  return agreement.ssn == SsnLevel::kExact ||
         agreement.identifier == IdentifierLevel::kPersonalExact;
}

int IndependentContradictions(const Agreement& agreement) {
  const bool given =
      agreement.given == GivenLevel::kDiffers || agreement.given == GivenLevel::kAlike;
  const bool family =
      agreement.family == FamilyLevel::kDiffers || agreement.family == FamilyLevel::kAlike;
  const bool birth_date = agreement.birth_date == BirthDateLevel::kDifferent ||
                          agreement.birth_date == BirthDateLevel::kSameYear;
  const bool sex = agreement.sex == SexLevel::kDiffers;
  const bool ssn = agreement.ssn == SsnLevel::kDiffersFull || agreement.ssn == SsnLevel::kDiffers;
  return int{given} + int{family} + int{birth_date} + int{sex} + int{ssn};
}

}  // namespace hie::mpi
