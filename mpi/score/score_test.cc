#include "mpi/score/score.h"

#include <gtest/gtest.h>

namespace hie::mpi {
namespace {

Agreement SamePerson() {
  Agreement a;
  a.family = FamilyLevel::kExact;
  a.given = GivenLevel::kExact;
  a.birth_date = BirthDateLevel::kExact;
  a.sex = SexLevel::kSame;
  return a;
}

bool Links(const Agreement& a) {
  const PairScore score = Score(a, DefaultModel());
  return score.vetoes == 0 && score.weight() >= DefaultModel().thresholds.link;
}

TEST(DefaultModelTest, EveryRowIsFilledAndMissingIsWorthNothing) {
  for (const FieldRow& row : DefaultModel().fields) {
    ASSERT_GT(row.level_count, 1u) << row.name;
    for (size_t i = 0; i < row.level_count; ++i) EXPECT_FALSE(row.levels[i].name.empty());
    for (size_t i = row.level_count; i < kLevelsMax; ++i) EXPECT_TRUE(row.levels[i].name.empty());
    const LevelRow& last = row.levels[row.level_count - 1];
    EXPECT_EQ(last.name, "missing") << row.name;
    EXPECT_EQ(last.stranger, 0) << row.name;
    EXPECT_EQ(last.household, 0) << row.name;
  }
}

TEST(DefaultModelTest, HouseholdFieldsEarnAlmostNothingAgainstTheHousehold) {
  const auto& fields = DefaultModel().fields;
  for (const Field field : {Field::kFamily, Field::kPhone, Field::kAddress}) {
    EXPECT_LE(fields[static_cast<size_t>(field)].levels[0].household, 500);
  }
}

TEST(ScoreTest, RareNameAndBirthDateLink) { EXPECT_TRUE(Links(SamePerson())); }

TEST(ScoreTest, CommonNameAndBirthDateNeedMore) {
  Agreement a = SamePerson();
  a.family = FamilyLevel::kExactCommon;
  a.given = GivenLevel::kExactCommon;
  EXPECT_FALSE(Links(a));
  a.address = AddressLevel::kZip;
  EXPECT_TRUE(Links(a));
}

TEST(ScoreTest, EverythingSharedByAHouseholdDoesNotLinkSiblings) {
  Agreement a = SamePerson();
  a.given = GivenLevel::kDiffers;
  a.birth_date = BirthDateLevel::kDifferent;
  a.address = AddressLevel::kExact;
  a.phone = PhoneLevel::kExact;
  a.mother_maiden = MotherMaidenLevel::kExact;
  a.identifier = IdentifierLevel::kSharedExact;
  EXPECT_GT(Score(a, DefaultModel()).stranger, DefaultModel().thresholds.link);
  EXPECT_LT(Score(a, DefaultModel()).weight(), DefaultModel().thresholds.review);
}

TEST(ScoreTest, FatherAndSonOfOneNameDoNotLink) {
  Agreement a = SamePerson();
  a.birth_date = BirthDateLevel::kDifferent;
  a.address = AddressLevel::kExact;
  a.phone = PhoneLevel::kExact;
  EXPECT_FALSE(Links(a));
}

TEST(ScoreTest, ATwinWithAnAlmostEqualNameDoesNotLink) {
  Agreement a = SamePerson();
  a.given = GivenLevel::kOneEdit;
  a.address = AddressLevel::kExact;
  a.phone = PhoneLevel::kExact;
  a.mother_maiden = MotherMaidenLevel::kExact;
  a.identifier = IdentifierLevel::kSharedExact;
  EXPECT_FALSE(Links(a));
}

TEST(ScoreTest, AMisspelledNameLinksByAPersonalIdentifier) {
  Agreement a = SamePerson();
  a.given = GivenLevel::kOneEdit;
  a.address = AddressLevel::kExact;
  a.ssn = SsnLevel::kExact;
  EXPECT_TRUE(Links(a));
}

TEST(ExplainTest, PartsAddUpToTheWeight) {
  Agreement a = SamePerson();
  a.address = AddressLevel::kExact;
  const PairScore score = Score(a, DefaultModel());
  Millibits sum = score.household < score.stranger ? DefaultModel().prior_household
                                                   : DefaultModel().prior_stranger;
  for (const FieldPart& part : Explain(a, DefaultModel())) sum += part.weight;
  EXPECT_EQ(sum, score.weight());
}

}  // namespace
}  // namespace hie::mpi
