#include "mpi/score/veto.h"

namespace hie::mpi {
namespace {

bool GivenDiffers(GivenLevel level) {
  return level == GivenLevel::kDiffers || level == GivenLevel::kAlike;
}

bool BirthDateAgrees(BirthDateLevel level) {
  return level == BirthDateLevel::kExact || level == BirthDateLevel::kExactDefault;
}

bool HouseholdAgrees(const Agreement& a) {
  const bool address = a.address <= AddressLevel::kStreetZip;
  const bool phone = a.phone <= PhoneLevel::kSubscriber;
  const bool mother = a.mother_maiden <= MotherMaidenLevel::kSimilar;
  const bool insurance = a.identifier == IdentifierLevel::kSharedExact;
  return address || phone || mother || insurance || a.multiple_birth;
}

// Among children of a multiple birth nothing but the same name excuses: even their numbers are
// mixed up.  Where no multiple birth is said, the weights against a household member decide.
bool PossibleTwin(const Agreement& a) {
  const bool one_name = a.given == GivenLevel::kExact || a.given == GivenLevel::kSwapped ||
                        a.given == GivenLevel::kMissing;
  return a.multiple_birth && BirthDateAgrees(a.birth_date) && HouseholdAgrees(a) && !one_name;
}

bool Holds(Veto veto, const Agreement& a) {
  switch (veto) {
    case Veto::kBirthOrder:
      return a.birth_order == BirthOrderLevel::kDiffers;
    case Veto::kGeneration:
      return a.suffix == SuffixLevel::kConflict;
    case Veto::kSsnAndGiven:
      return a.ssn == SsnLevel::kDiffersFull && GivenDiffers(a.given);
    case Veto::kSexAndGiven:
      return a.sex == SexLevel::kDiffers && GivenDiffers(a.given);
    case Veto::kPossibleTwin:
      return PossibleTwin(a);
    case Veto::kNoGiven:
      return a.newborn && a.given == GivenLevel::kMissing && !PersonalIdentifierAgrees(a);
    case Veto::kIdentityUnknown:
      return a.identity_unknown;
  }
  return true;
}

}  // namespace

VetoSet FindVetoes(const Agreement& agreement) {
  VetoSet set = 0;
  for (int i = 0; i < kVetoCount; ++i) {
    if (Holds(static_cast<Veto>(i), agreement)) set |= VetoSet{1} << i;
  }
  return set;
}

absl::string_view VetoName(Veto veto) {
  switch (veto) {
    case Veto::kBirthOrder:
      return "birth_order";
    case Veto::kGeneration:
      return "generation";
    case Veto::kSsnAndGiven:
      return "ssn_and_given";
    case Veto::kSexAndGiven:
      return "sex_and_given";
    case Veto::kPossibleTwin:
      return "possible_twin";
    case Veto::kNoGiven:
      return "no_given";
    case Veto::kIdentityUnknown:
      return "identity_unknown";
  }
  return "unknown";
}

std::vector<Veto> ListVetoes(VetoSet set) {
  std::vector<Veto> vetoes;
  for (int i = 0; i < kVetoCount; ++i) {
    if ((set >> i & 1U) != 0) vetoes.push_back(static_cast<Veto>(i));
  }
  return vetoes;
}

}  // namespace hie::mpi
