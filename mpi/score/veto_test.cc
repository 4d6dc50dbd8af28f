#include "mpi/score/veto.h"

#include <gtest/gtest.h>

#include <functional>

namespace hie::mpi {
namespace {

Agreement Perfect() {
  Agreement a;
  a.family = FamilyLevel::kExact;
  a.given = GivenLevel::kExact;
  a.birth_date = BirthDateLevel::kExact;
  a.sex = SexLevel::kSame;
  a.ssn = SsnLevel::kExact;
  return a;
}

TEST(FindVetoesTest, NothingSpeaksAgainstPerfectAgreement) { EXPECT_EQ(FindVetoes(Perfect()), 0u); }

TEST(FindVetoesTest, EachContradictionIsNamed) {
  const struct {
    std::function<void(Agreement&)> change;
    Veto veto;
  } cases[] = {
      {[](Agreement& a) { a.birth_order = BirthOrderLevel::kDiffers; }, Veto::kBirthOrder},
      {[](Agreement& a) { a.suffix = SuffixLevel::kConflict; }, Veto::kGeneration},
      {[](Agreement& a) {
         a.ssn = SsnLevel::kDiffersFull;
         a.given = GivenLevel::kAlike;
       },
       Veto::kSsnAndGiven},
      {[](Agreement& a) {
         a.sex = SexLevel::kDiffers;
         a.given = GivenLevel::kDiffers;
       },
       Veto::kSexAndGiven},
      {[](Agreement& a) {
         a.given = GivenLevel::kOneEdit;
         a.multiple_birth = true;
       },
       Veto::kPossibleTwin},
      {[](Agreement& a) {
         a.ssn = SsnLevel::kMissing;
         a.given = GivenLevel::kMissing;
         a.newborn = true;
       },
       Veto::kNoGiven},
  };
  for (const auto& c : cases) {
    Agreement a = Perfect();
    c.change(a);
    const std::vector<Veto> vetoes = ListVetoes(FindVetoes(a));
    EXPECT_NE(std::find(vetoes.begin(), vetoes.end(), c.veto), vetoes.end()) << VetoName(c.veto);
  }
}

TEST(FindVetoesTest, SexAloneOrSsnAloneIsNoVeto) {
  Agreement a = Perfect();
  a.sex = SexLevel::kDiffers;
  EXPECT_EQ(FindVetoes(a), 0u);
  a = Perfect();
  a.ssn = SsnLevel::kDiffersFull;
  EXPECT_EQ(FindVetoes(a), 0u);
}

TEST(FindVetoesTest, WhomNobodyKnowsIsNotLinked) {
  Agreement a = Perfect();
  a.identity_unknown = true;
  EXPECT_EQ(FindVetoes(a), OnlyVeto(Veto::kIdentityUnknown));
}

TEST(VetoNameTest, EveryVetoHasOne) {
  for (const Veto veto : ListVetoes((VetoSet{1} << kVetoCount) - 1)) {
    EXPECT_NE(VetoName(veto), "unknown");
  }
}

}  // namespace
}  // namespace hie::mpi
