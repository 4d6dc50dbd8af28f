#include "mpi/link/link_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "mpi/link/membership.h"
#include "mpi/score/score.h"

namespace hie::mpi {
namespace {

constexpr Thresholds kThresholds{
    .link = 10'000, .review = 0, .merge = 14'000, .margin = 3'000, .unlink = -3'000};

PersonScore Person(const char* eid, std::vector<RecordScore> records) {
  return {EnterpriseId(eid), std::move(records), false};
}

LinkPlan Plan(std::vector<PersonScore> persons, bool may_merge = false) {
  return PlanLinks(std::move(persons), kThresholds,
                   [&](const EnterpriseId&, const EnterpriseId&) { return may_merge; });
}

TEST(PlanLinksTest, NobodyNearIsNew) {
  EXPECT_EQ(Plan({}).outcome, Outcome::kNew);
  const LinkPlan plan = Plan({Person("p", {{1, -1, 0}})});
  EXPECT_EQ(plan.outcome, Outcome::kNew);
  EXPECT_EQ(plan.best_weight, -1);
}

TEST(PlanLinksTest, ReviewBetweenTheThresholds) {
  const LinkPlan plan = Plan({Person("p", {{1, 9'999, 0}})});
  EXPECT_EQ(plan.outcome, Outcome::kReview);
  ASSERT_EQ(plan.possible.size(), 1u);
  EXPECT_EQ(plan.possible[0].record, 1u);
}

TEST(PlanLinksTest, LinksTheOneThatPasses) {
  const LinkPlan plan = Plan({Person("p", {{1, 15'000, 0}}), Person("q", {{2, 11'999, 0}})});
  EXPECT_EQ(plan.outcome, Outcome::kLink);
  EXPECT_EQ(plan.link, std::vector<EnterpriseId>{EnterpriseId("p")});
  ASSERT_EQ(plan.possible.size(), 1u);
  EXPECT_EQ(plan.possible[0].record, 2u);
}

TEST(PlanLinksTest, TheMeanDecidesNotTheBestRecord) {
  const LinkPlan plan = Plan({Person("p", {{1, 19'000, 0}, {2, 0, 0}})});
  EXPECT_EQ(plan.outcome, Outcome::kReview);
}

TEST(PlanLinksTest, AVetoAgainstOneRecordHoldsAgainstThePerson) {
  const LinkPlan plan = Plan({Person("p", {{1, 30'000, 0}, {2, 30'000, 1}})});
  EXPECT_EQ(plan.outcome, Outcome::kReview);
}

TEST(PlanLinksTest, TwoWithinTheMarginGoToReview) {
  const LinkPlan plan = Plan({Person("p", {{1, 15'000, 0}}), Person("q", {{2, 12'001, 0}})});
  EXPECT_EQ(plan.outcome, Outcome::kReview);
  EXPECT_EQ(plan.possible.size(), 2u);
}

TEST(PlanLinksTest, AVetoedRivalStillBlocks) {
  const LinkPlan plan = Plan({Person("p", {{1, 15'000, 0}}), Person("q", {{2, 15'000, 1}})}, true);
  EXPECT_EQ(plan.outcome, Outcome::kReview);
}

TEST(PlanLinksTest, MergesTwoThatBothPassWhenTheyMay) {
  const LinkPlan plan = Plan({Person("q", {{2, 14'000, 0}}), Person("p", {{1, 15'000, 0}})}, true);
  EXPECT_EQ(plan.link, (std::vector<EnterpriseId>{EnterpriseId("p"), EnterpriseId("q")}));
}

TEST(PlanLinksTest, AForbiddenPersonDoesNotExist) {
  PersonScore person = Person("p", {{1, 30'000, 0}});
  person.forbidden = true;
  EXPECT_EQ(Plan({person}).outcome, Outcome::kNew);
  EXPECT_EQ(Plan({person}).best_weight, 0);
}

TEST(PlanLinksTest, OrderOfCandidatesDoesNotShow) {
  const uint64_t seed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::vector<PersonScore> persons;
    for (uint64_t n = 0; n < 5; ++n) {
      const auto weight = static_cast<Millibits>(random() % 8) * 2'500;
      persons.push_back(Person(std::string(1, static_cast<char>('a' + n)).c_str(),
                               {{n, weight, random() % 6 == 0 ? 1U : 0U}}));
    }
    const LinkPlan plan = Plan(persons, true);
    std::shuffle(persons.begin(), persons.end(), random);
    ASSERT_EQ(Plan(persons, true), plan);
  }
}

TEST(JudgeMembershipTest, LinksDoNotFlicker) {
  const auto judge = [](Millibits mean, LinkOrigin origin) {
    return JudgeMembership(Person("p", {{1, mean, 0}}), origin, kThresholds);
  };
  EXPECT_EQ(JudgeMembership(std::nullopt, LinkOrigin::kMatched, kThresholds), Membership::kStays);
  EXPECT_EQ(judge(-2'999, LinkOrigin::kMatched), Membership::kStays);
  EXPECT_EQ(judge(-3'001, LinkOrigin::kMatched), Membership::kLeaves);
  EXPECT_EQ(judge(-3'001, LinkOrigin::kDecided), Membership::kContradictsDecision);
}

Features Person(const char* family, const char* given, CivilDate birth_date,
                AdministrativeSex sex = AdministrativeSex::kMale) {
  Demographics d;
  d.names = {{"", family, {given}, ""}};
  d.birth_date = birth_date;
  d.sex = sex;
  return Normalize(d);
}

TEST(JudgeUpdateTest, AnotherPersonUnderTheIdIsSuspected) {
  const Features before = Person("Larssen", "Fyodor", {1980, 3, 5});
  EXPECT_EQ(JudgeUpdate(before, Person("Quimby", "Isai", {1951, 11, 23}), DefaultModel()),
            Holder::kSuspectedNew);
  EXPECT_EQ(JudgeUpdate(before, Person("Quimby", "Fyodor", {1980, 3, 5}), DefaultModel()),
            Holder::kSame);
  EXPECT_EQ(JudgeUpdate(before, Person("Larssen", "Fyodor", {1951, 11, 23}), DefaultModel()),
            Holder::kSame);
}

TEST(JudgeUpdateTest, ANewbornBeingNamedIsNotAnOverlay) {
  const Features before = Person("Larssen", "BABY BOY", {2024, 3, 5});
  const Features after = Person("Quimby", "Olga", {2024, 3, 5}, AdministrativeSex::kFemale);
  EXPECT_EQ(JudgeUpdate(before, after, DefaultModel()), Holder::kSame);
}

}  // namespace
}  // namespace hie::mpi
