#include "mpi/compare/agreement.h"

#include <algorithm>

namespace hie::mpi {
namespace {

template <typename Level>
void Take(const ComparedSet<Level>& set, Level& level, uint32_t& value, uint8_t& pairings) {
  level = set.level;
  value = set.value;
  pairings = set.pairings;
}

// Takes the stronger of two levels; of equals the lower value, so that the order does not show.
template <typename Level>
void TakeStronger(const Level& other, uint32_t other_value, Level& level, uint32_t& value) {
  if (other > level || (other == level && (value != 0 && other_value >= value))) return;
  level = other;
  value = other_value;
}

void CompareExtras(const PackedView& a, const PackedView& b, Agreement& result) {
  for (size_t i = 0; i < kExtraFieldsMax; ++i) {
    result.extras[i] = CompareExtra(a, b, i);
    if (result.extras[i] == ExtraLevel::kExact) {
      result.values.extras[i] = a.word(a.header().extras[i]).hash;
    }
  }
}

}  // namespace

Agreement Compare(const PackedView& a, const PackedView& b) {
  const PackedHeader& x = a.header();
  const PackedHeader& y = b.header();
  Agreement result;
  Take(CompareFamilyNames(a, b), result.family, result.values.family, result.pairings.family);
  Take(CompareGivenNames(a, b), result.given, result.values.given, result.pairings.given);
  Take(CompareSsns(a, b), result.ssn, result.values.ssn, result.pairings.ssn);
  Take(ComparePhones(a, b), result.phone, result.values.phone, result.pairings.phone);
  Take(CompareEmails(a, b), result.email, result.values.email, result.pairings.email);
  Take(CompareAddresses(a, b), result.address, result.values.address, result.pairings.address);
  Take(CompareIdentifiers(a, b), result.identifier, result.values.identifier,
       result.pairings.identifier);
  result.middle = CompareMiddleNames(a, b);
  result.suffix = CompareGenerations(static_cast<Generation>(x.generation),
                                     static_cast<Generation>(y.generation));
  result.birth_date = CompareBirthDates(a, b);
  if (result.birth_date == BirthDateLevel::kExact) {
    result.values.birth_date = BirthDateValue(a);
  }
  result.sex =
      CompareSex(static_cast<AdministrativeSex>(x.sex), static_cast<AdministrativeSex>(y.sex));
  result.mother_maiden = CompareMotherMaiden(a, b);
  if (result.mother_maiden == MotherMaidenLevel::kExact) {
    result.values.mother_maiden = a.word(x.mother_maiden).hash;
  }
  result.birth_order = CompareBirthOrder(x.birth_order, y.birth_order);
  CompareExtras(a, b, result);
  result.multiple_birth = x.multiple_birth != 0 || y.multiple_birth != 0;
  result.identity_unknown = x.identity_unknown != 0 || y.identity_unknown != 0;
  result.newborn = x.newborn != 0 || y.newborn != 0;
  return result;
}

Agreement Compare(const Features& a, const Features& b) {
  const std::string packed_a = Pack(a);
  const std::string packed_b = Pack(b);
  return Compare(PackedView(packed_a.data()), PackedView(packed_b.data()));
}

Agreement BestOf(const Agreement& a, const Agreement& b) {
  Agreement best = a;
  TakeStronger(b.family, b.values.family, best.family, best.values.family);
  TakeStronger(b.given, b.values.given, best.given, best.values.given);
  TakeStronger(b.birth_date, b.values.birth_date, best.birth_date, best.values.birth_date);
  TakeStronger(b.ssn, b.values.ssn, best.ssn, best.values.ssn);
  TakeStronger(b.phone, b.values.phone, best.phone, best.values.phone);
  TakeStronger(b.email, b.values.email, best.email, best.values.email);
  TakeStronger(b.address, b.values.address, best.address, best.values.address);
  TakeStronger(b.identifier, b.values.identifier, best.identifier, best.values.identifier);
  TakeStronger(b.mother_maiden, b.values.mother_maiden, best.mother_maiden,
               best.values.mother_maiden);
  for (size_t i = 0; i < kExtraFieldsMax; ++i) {
    TakeStronger(b.extras[i], b.values.extras[i], best.extras[i], best.values.extras[i]);
  }
  best.middle = std::min(best.middle, b.middle);
  best.suffix = std::min(best.suffix, b.suffix);
  best.sex = std::min(best.sex, b.sex);
  best.birth_order = std::min(best.birth_order, b.birth_order);
  best.multiple_birth = a.multiple_birth || b.multiple_birth;
  best.identity_unknown = a.identity_unknown || b.identity_unknown;
  best.newborn = a.newborn || b.newborn;
  return best;
}

uint32_t BirthDateValue(const PackedView& record) {
  const PackedHeader& header = record.header();
  return static_cast<uint32_t>(header.birth_year) << 9 |
         static_cast<uint32_t>(header.birth_month) << 5 | header.birth_day;
}

bool PersonalIdentifierAgrees(const Agreement& agreement) {
  return agreement.ssn == SsnLevel::kExact ||
         agreement.identifier <= IdentifierLevel::kPersonalExact;
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
