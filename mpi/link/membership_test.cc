#include "mpi/link/membership.h"

#include <gtest/gtest.h>

#include <utility>

namespace hie::mpi {
namespace {

constexpr VetoSet kBinding = OnlyVeto(Veto::kGeneration);

RecordScore Says(RecordNumber record, Millibits weight, VetoSet vetoes = 0) {
  return {record, weight, vetoes, weight, {weight, kSaidMax}, false, false};
}

Membership Judge(std::vector<RecordScore> others, LinkOrigin origin = LinkOrigin::kMatched) {
  return JudgeMembership(PersonScore{EnterpriseId("p"), std::move(others)}, origin, DefaultModel());
}

TEST(JudgeMembershipTest, WhoIsAloneStays) {
  EXPECT_EQ(JudgeMembership(std::nullopt, LinkOrigin::kMatched, DefaultModel()),
            Membership::kStays);
}

TEST(JudgeMembershipTest, LinksDoNotFlicker) {
  const Thresholds& t = DefaultModel().thresholds;
  EXPECT_EQ(Judge({Says(1, t.link - 1)}), Membership::kStays);
  EXPECT_EQ(Judge({Says(1, t.review + t.unlink)}), Membership::kStays);
  EXPECT_EQ(Judge({Says(1, t.review + t.unlink - 1)}), Membership::kLeaves);
  EXPECT_EQ(Judge({Says(1, t.review + t.unlink - 1)}, LinkOrigin::kDecided),
            Membership::kContradictsDecision);
}

TEST(JudgeMembershipTest, WhoIsNearOneOfThemIsInDoubtAndStays) {
  EXPECT_EQ(Judge({Says(1, 20'000), Says(2, -30'000), Says(3, -30'000)}), Membership::kDoubtful);
  EXPECT_EQ(Judge({Says(1, 8'000), Says(2, -30'000), Says(3, -30'000)}), Membership::kLeaves);
}

TEST(JudgeMembershipTest, PoorPairsThatSayWhatTheyCanKeepTheRecord) {
  const RecordScore poor{1, 0, 0, 6'000, {4'000, 5'000}, false, false};
  const RecordScore poorer{2, -4'000, 0, 6'000, {2'000, 3'000}, false, false};
  EXPECT_EQ(Judge({poor, poorer}), Membership::kStays);
  EXPECT_EQ(Judge({poorer}), Membership::kLeaves);
}

TEST(JudgeMembershipTest, VetoesAndConflictsAreForPeopleToJudge) {
  RecordScore conflict = Says(2, 15'000);
  conflict.conflict = true;
  EXPECT_EQ(Judge({Says(1, 15'000, kBinding)}), Membership::kDoubtful);
  EXPECT_EQ(Judge({Says(1, 15'000), conflict}), Membership::kDoubtful);
  EXPECT_EQ(Judge({Says(1, 15'000, kBinding)}, LinkOrigin::kDecided), Membership::kStays);
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
