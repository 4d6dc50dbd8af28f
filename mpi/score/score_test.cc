#include "mpi/score/score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "mpi/score/log2.h"

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
    SCOPED_TRACE(row.name);
    ASSERT_GT(row.level_count, 1u) << row.name;
    for (size_t i = 0; i < row.level_count; ++i) EXPECT_FALSE(row.levels[i].name.empty());
    for (size_t i = row.level_count; i < kLevelsMax; ++i) EXPECT_TRUE(row.levels[i].name.empty());
    const Level& last = row.levels[row.level_count - 1];
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

TEST(ScoreTest, AgreementOnACommonNameSaysLess) {
  const auto names = [](const char* family, const char* given) {
    Features f;
    f.names = {{{family}, given, {}, Generation::kNone, false}};
    return f;
  };
  const auto stranger = [&](const char* family, const char* given) {
    const Features f = names(family, given);
    return Score(Compare(f, f), DefaultModel()).stranger;
  };
  EXPECT_GT(stranger("larssen", "fyodor"), stranger("larssen", "john") + 2'000);
  EXPECT_GT(stranger("larssen", "fyodor"), stranger("smith", "fyodor") + 4'000);
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

TEST(ScoreTest, TheNumberOfATwinIsNotEnoughForAnotherName) {
  Agreement a = SamePerson();
  a.given = GivenLevel::kDiffers;
  a.address = AddressLevel::kExact;
  a.ssn = SsnLevel::kExact;
  EXPECT_FALSE(Links(a));
}

TEST(ScoreTest, AMisspelledNameLinksByAPersonalIdentifier) {
  Agreement a = SamePerson();
  a.given = GivenLevel::kOneEdit;
  a.address = AddressLevel::kExact;
  a.ssn = SsnLevel::kExact;
  EXPECT_TRUE(Links(a));
}

TEST(ScoreTest, AValueThatManyHoldIsWorthLess) {
  Model model = DefaultModel();
  Agreement a = SamePerson();
  a.ssn = SsnLevel::kExact;
  a.values.ssn = 77;
  const Millibits before = Score(a, model).stranger;
  std::vector<uint64_t> holders(kFrequencySlots, 0);
  const auto slot = static_cast<size_t>(Field::kSsn);
  holders[slot] = 10'000;
  model.frequencies = std::make_shared<ValueFrequencies>(
      std::vector<ValueFrequencies::Entry>{{ValueFrequencies::Key(slot, 77), 12}}, holders);
  EXPECT_LT(Score(a, model).stranger, before - 8'000);
  a.values.ssn = 78;  // Counted, and rare: no more than the mean.
  EXPECT_EQ(Score(a, model).stranger, before);
}

TEST(ScoreTest, ManyValuesAgreeByChanceMoreEasily) {
  Agreement a = SamePerson();
  const Millibits before = Score(a, DefaultModel()).stranger;
  a.pairings.family = 4;
  EXPECT_EQ(Score(a, DefaultModel()).stranger, before - 2'000);
}

TEST(ScoreTest, SupportIsAShareOfWhatCouldBeSaid) {
  const PairSupport all = Score(SamePerson(), DefaultModel()).support;
  EXPECT_EQ(all.said, all.most);
  EXPECT_EQ(all.most, kSaidMax);
  Agreement a = SamePerson();
  a.given = GivenLevel::kDiffers;
  a.birth_date = BirthDateLevel::kDifferent;
  EXPECT_LT(Score(a, DefaultModel()).support.said, all.said / 4);
}

TEST(Log2MillibitsTest, EqualsTheLogarithm) {
  for (uint64_t value = 1; value < (uint64_t{1} << 40); value += value / 7 + 1) {
    EXPECT_NEAR(Log2Millibits(value), std::log2(static_cast<double>(value)) * 1000, 1.0) << value;
  }
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
