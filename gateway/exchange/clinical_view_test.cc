#include "gateway/exchange/clinical_view.h"

#include <gtest/gtest.h>

namespace hie::exchange {
namespace {

ShownItem Allergy(const std::string& id, const std::string& member, const std::string& code,
                  const std::string& date) {
  ShownItem item;
  item.id = id;
  item.member = MemberId(member);
  item.clinical_class = ClinicalClass::kAllergy;
  item.code = code;
  item.display = code;
  item.date = date;
  item.clinical_status = "active";
  return item;
}

MemberOutcome Outcome(const std::string& member, OutcomeCode code,
                      std::vector<ClinicalClass> empty) {
  MemberOutcome outcome;
  outcome.member = MemberId(member);
  outcome.member_name = member;
  outcome.code = code;
  outcome.empty_classes = std::move(empty);
  return outcome;
}

TEST(ClinicalViewTest, AllergiesMedicinesAndProblemsComeFirst) {
  ShownItem encounter = Allergy("1", "a", "x", "");
  encounter.clinical_class = ClinicalClass::kEncounter;
  ShownItem medicine = Allergy("2", "a", "y", "");
  medicine.clinical_class = ClinicalClass::kMedication;
  const auto view = MakeClinicalView({encounter, medicine, Allergy("3", "a", "z", "")}, {});
  ASSERT_EQ(view.size(), 3U);
  EXPECT_EQ(view[0].clinical_class, ClinicalClass::kAllergy);
  EXPECT_EQ(view[1].clinical_class, ClinicalClass::kMedication);
  EXPECT_EQ(view[2].clinical_class, ClinicalClass::kEncounter);
}

TEST(ClinicalViewTest, TheSameCodeCollapsesAndNamesAllSources) {
  const auto view = MakeClinicalView(
      {Allergy("1", "a", "penicillin", "2001"), Allergy("2", "b", "penicillin", "2010"),
       Allergy("3", "b", "latex", "2020")},
      {});
  ASSERT_EQ(view.size(), 1U);
  ASSERT_EQ(view[0].lines.size(), 2U);
  EXPECT_EQ(view[0].lines[0].display, "latex");  // Newest first.
  EXPECT_EQ(view[0].lines[1].sources.size(), 2U);
}

TEST(ClinicalViewTest, StatementsWithoutACodeNeverCollapse) {
  const auto view = MakeClinicalView({Allergy("1", "a", "", ""), Allergy("2", "b", "", "")}, {});
  EXPECT_EQ(view[0].lines.size(), 2U);
}

TEST(ClinicalViewTest, NegationsStandBelowPositivesAndConflictWithThem) {
  ShownItem none = Allergy("2", "b", "none-known", "2024");
  none.negation = true;
  const auto view = MakeClinicalView({none, Allergy("1", "a", "penicillin", "1999")}, {});
  ASSERT_EQ(view[0].lines.size(), 2U);
  EXPECT_EQ(view[0].lines[0].display, "penicillin");
  EXPECT_EQ(view[0].lines[1].standing, Standing::kNegative);
  EXPECT_TRUE(view[0].lines[0].conflicting);
  EXPECT_TRUE(view[0].lines[1].conflicting);
}

TEST(ClinicalViewTest, WithdrawnStatementsAreNeverActive) {
  for (const char* status : {"entered-in-error", "refuted"}) {
    ShownItem item = Allergy("1", "a", "penicillin", "");
    item.verification_status = status;
    EXPECT_EQ(StandingOf(item), Standing::kWithdrawn) << status;
  }
}

TEST(ClinicalViewTest, ConflictingStandingsOfOneCodeStandSideBySide) {
  ShownItem past = Allergy("2", "b", "penicillin", "2020");
  past.clinical_status = "resolved";
  const auto view = MakeClinicalView({Allergy("1", "a", "penicillin", "1999"), past}, {});
  ASSERT_EQ(view[0].lines.size(), 2U);
  EXPECT_TRUE(view[0].lines[0].conflicting);
  EXPECT_TRUE(view[0].lines[1].conflicting);
}

TEST(ClinicalViewTest, DocumentsCollapseOnlyOnIdHashAndPatient) {
  ShownItem document = Allergy("1", "a", "", "");
  document.clinical_class = ClinicalClass::kDocument;
  document.master_identifier = "urn:oid:1.2";
  document.content_sha256 = "aa";
  ShownItem same = document;
  same.id = "2";
  ShownItem other_hash = document;
  other_hash.id = "3";
  other_hash.content_sha256 = "bb";
  ShownItem other_patient = document;
  other_patient.id = "4";
  other_patient.patient.assigning_authority = "2.999";
  const auto view = MakeClinicalView({document, same, other_hash, other_patient}, {});
  EXPECT_EQ(view[0].lines.size(), 3U);
}

TEST(ClinicalViewTest, SilenceIsNamedByItsSourceAndNoneOnlyWhenAllAnswered) {
  const std::vector<ClinicalClass> allergy = {ClinicalClass::kAllergy};
  const auto all = MakeClinicalView(
      {}, {Outcome("a", OutcomeCode::kOk, allergy), Outcome("b", OutcomeCode::kOk, allergy)});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].silent.front(), "no allergy information received from a");
  EXPECT_TRUE(all[0].none_anywhere);
  const auto part = MakeClinicalView(
      {}, {Outcome("a", OutcomeCode::kOk, allergy), Outcome("b", OutcomeCode::kTimeout, {})});
  EXPECT_FALSE(part[0].none_anywhere);
  EXPECT_EQ(part[0].unanswered.front(), "b: timed out");
}

TEST(ClinicalViewTest, ARepeatedStatementIsShownOnce) {
  const auto view = MakeClinicalView({Allergy("1", "a", "x", ""), Allergy("1", "a", "x", "")}, {});
  ASSERT_EQ(view[0].lines.size(), 1U);
  EXPECT_EQ(view[0].lines[0].sources.size(), 1U);
}

}  // namespace
}  // namespace hie::exchange
