#include "services/registry/file_submission.h"

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "services/registry/filed_in_memory.h"

namespace hie::registry {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

LocalPatient Patient(absl::string_view id) {
  return {"2.999.1", Phi<std::string>(std::string(id)), 1};
}

DocumentEntry Document(const std::string& unique_id, const std::string& replaces = "") {
  DocumentEntry document;
  document.unique_id = unique_id;
  document.patient = Patient("a");
  document.member = MemberId("north");
  document.facility = "clinic";
  document.created = kNow - absl::Hours(1);
  document.sha256 = std::string(32, 'h');
  if (!replaces.empty()) document.relations = {{RelationKind::kReplaces, replaces}};
  return document;
}

// A submission as feeds make them: out of order.
Submission Feed(std::vector<DocumentEntry> documents) {
  Submission submission{"s", std::move(documents), {}};
  submission.relation_policy = RelationPolicy::kStoreUnlinked;
  return submission;
}

class FileSubmissionTest : public testing::Test {
 protected:
  DocumentStatus StatusOf(const std::string& unique_id) const {
    return filed_.documents.at(EntryId(MemberId("north"), unique_id)).status;
  }
  const LocatorEntry& Locator() const {
    return filed_.locators.at({Patient("a"), MemberId("north")});
  }

  FiledInMemory filed_;
};

TEST_F(FileSubmissionTest, ADocumentVerifiesTheMembersLocatorEntry) {
  ASSERT_TRUE(filed_.File({"s", {Document("1")}, {}}, kNow).ok());
  EXPECT_EQ(Locator().state, LocatorState::kVerified);
  EXPECT_EQ(Locator().documents, 1u);
  EXPECT_EQ(Locator().newest, kNow - absl::Hours(1));
  EXPECT_EQ(Locator().asserted, kNow);
  EXPECT_EQ(Locator().facilities, std::set<std::string>{"clinic"});
}

TEST_F(FileSubmissionTest, AClaimRaisesAndNeverLowers) {
  const auto claim = [](LocatorState state) {
    return Submission{"s", {}, {Claim{Patient("a"), MemberId("north"), state, "ward"}}};
  };
  ASSERT_TRUE(filed_.File(claim(LocatorState::kClaimed), kNow).ok());
  EXPECT_EQ(Locator().state, LocatorState::kClaimed);
  ASSERT_TRUE(filed_.File(claim(LocatorState::kVerified), kNow).ok());
  ASSERT_TRUE(filed_.File(claim(LocatorState::kClaimed), kNow + absl::Hours(1)).ok());
  EXPECT_EQ(Locator().state, LocatorState::kVerified);
  EXPECT_EQ(Locator().asserted, kNow + absl::Hours(1));
  EXPECT_EQ(Locator().documents, 0u);
}

TEST_F(FileSubmissionTest, TheSameDocumentAgainIsTheExistingEntry) {
  ASSERT_TRUE(filed_.File({"s", {Document("1")}, {}}, kNow).ok());
  DocumentEntry again = Document("1");
  again.title = Phi<std::string>("another title");
  ASSERT_TRUE(filed_.File({"t", {again, again}, {}}, kNow).ok());
  EXPECT_EQ(filed_.documents.size(), 1u);
  EXPECT_EQ(filed_.documents.begin()->second.title.value(), "");
  EXPECT_EQ(Locator().documents, 1u);
}

TEST_F(FileSubmissionTest, AnotherHashUnderTheSameUniqueIdIsRefused) {
  ASSERT_TRUE(filed_.File({"s", {Document("1")}, {}}, kNow).ok());
  DocumentEntry other = Document("1");
  other.sha256 = std::string(32, 'i');
  EXPECT_EQ(filed_.File({"t", {other}, {}}, kNow).status().code(),
            absl::StatusCode::kAlreadyExists);
  other.sha256.clear();
  EXPECT_EQ(filed_.File({"t", {other}, {}}, kNow).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(FileSubmissionTest, TheSameDocumentForAnotherPatientIsRefused) {
  ASSERT_TRUE(filed_.File({"s", {Document("1")}, {}}, kNow).ok());
  DocumentEntry other = Document("1");
  other.patient = Patient("b");
  EXPECT_EQ(filed_.File({"t", {other}, {}}, kNow).status().code(),
            absl::StatusCode::kAlreadyExists);
  other.patient = Patient("a");
  other.patient.incarnation = 2;
  EXPECT_EQ(filed_.File({"t", {other}, {}}, kNow).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(FileSubmissionTest, MembersHaveTheirOwnUniqueIds) {
  DocumentEntry other = Document("1");
  other.member = MemberId("south");
  other.sha256 = std::string(32, 'i');
  ASSERT_TRUE(filed_.File({"s", {Document("1"), other}, {}}, kNow).ok());
  EXPECT_EQ(filed_.documents.size(), 2u);
}

TEST_F(FileSubmissionTest, AReplacementSupersedesWhicheverComesFirst) {
  ASSERT_TRUE(filed_.File(Feed({Document("1"), Document("2", "1")}), kNow).ok());
  ASSERT_TRUE(filed_.File(Feed({Document("4", "3")}), kNow).ok());
  ASSERT_TRUE(filed_.File(Feed({Document("3", "2")}), kNow).ok());
  EXPECT_EQ(StatusOf("1"), DocumentStatus::kSuperseded);
  EXPECT_EQ(StatusOf("2"), DocumentStatus::kSuperseded);
  EXPECT_EQ(StatusOf("3"), DocumentStatus::kSuperseded);
  EXPECT_EQ(StatusOf("4"), DocumentStatus::kCurrent);
  EXPECT_EQ(Locator().documents, 1u);
}

TEST_F(FileSubmissionTest, ADocumentOfAnotherPatientIsNotReplaced) {
  DocumentEntry of_another = Document("2", "1");
  of_another.patient = Patient("b");
  ASSERT_TRUE(filed_.File({"s", {Document("1")}, {}}, kNow).ok());
  EXPECT_EQ(filed_.File({"t", {of_another}, {}}, kNow).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(StatusOf("1"), DocumentStatus::kCurrent);
}

TEST_F(FileSubmissionTest, ALateDocumentIsNotSupersededByOneOfAnotherPatient) {
  DocumentEntry of_another = Document("2", "1");
  of_another.patient = Patient("b");
  ASSERT_TRUE(filed_.File(Feed({of_another}), kNow).ok());
  ASSERT_TRUE(filed_.File({"t", {Document("1")}, {}}, kNow).ok());
  EXPECT_EQ(StatusOf("1"), DocumentStatus::kCurrent);
}

TEST_F(FileSubmissionTest, ACircleOfReplacementsIsRefused) {
  EXPECT_EQ(filed_.File(Feed({Document("1", "2"), Document("2", "1")}), kNow).status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(filed_.File(Feed({Document("1", "3"), Document("2", "1")}), kNow).ok());
  EXPECT_EQ(filed_.File(Feed({Document("3", "2")}), kNow).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(FileSubmissionTest, AStatusOnlyRises) {
  ASSERT_TRUE(filed_.File({"s", {Document("1")}, {}}, kNow).ok());
  DocumentEntry withdrawn = Document("1");
  withdrawn.status = DocumentStatus::kEnteredInError;
  ASSERT_TRUE(filed_.File({"t", {withdrawn}, {}}, kNow).ok());
  ASSERT_TRUE(filed_.File({"u", {Document("1")}, {}}, kNow).ok());
  EXPECT_EQ(StatusOf("1"), DocumentStatus::kEnteredInError);
  EXPECT_EQ(Locator().documents, 0u);
  EXPECT_EQ(Locator().state, LocatorState::kVerified);
}

TEST_F(FileSubmissionTest, LabelsOnlyRise) {
  const SensitivitySet hiv = SensitivitySet::Of(Sensitivity::kHiv);
  const SensitivitySet psy = SensitivitySet::Of(Sensitivity::kPsy);
  const auto labelled = [](SensitivitySet set, SensitivitySet known, Confidentiality level) {
    DocumentEntry document = Document("1");
    document.labels = {set, known, level, std::string(kLabelRuleset)};
    return document;
  };
  const auto& filed = [this]() -> const DocumentEntry& {
    return filed_.documents.at(EntryId(MemberId("north"), "1"));
  };
  const DocumentEntry normal = labelled({}, SensitivitySet::All(), Confidentiality::kNormal);
  ASSERT_TRUE(filed_.File({"s", {normal}, {}}, kNow).ok());
  ASSERT_TRUE(filed_.File({"t", {normal}, {}}, kNow).ok());
  EXPECT_EQ(filed().version, 1U);
  // Raised, with one that is not known to be absent any more.
  const auto raised = filed_.File(
      {"u", {labelled(hiv, SensitivitySet::All().Without(psy), Confidentiality::kRestricted)}, {}},
      kNow + absl::Hours(1));
  ASSERT_TRUE(raised.ok());
  EXPECT_EQ(filed().version, 2U);
  EXPECT_EQ(filed().recorded, kNow + absl::Hours(1));
  EXPECT_EQ(filed().labels.sensitivity, hiv);
  EXPECT_EQ(filed().labels.known, SensitivitySet::All().Without(psy));
  EXPECT_EQ(filed().labels.confidentiality, Confidentiality::kRestricted);
  // The first message once more lowers nothing, and another sensitivity comes to those there are.
  ASSERT_TRUE(filed_.File({"v", {normal, Document("1")}, {}}, kNow).ok());
  EXPECT_EQ(filed().version, 2U);
  ASSERT_TRUE(filed_.File({"w", {labelled(psy, psy, Confidentiality::kLow)}, {}}, kNow).ok());
  EXPECT_EQ(filed().version, 3U);
  EXPECT_EQ(filed().labels.sensitivity, hiv.With(psy));
  EXPECT_EQ(filed().labels.known, hiv.With(psy));
  EXPECT_EQ(filed().labels.confidentiality, Confidentiality::kRestricted);
}

TEST_F(FileSubmissionTest, AWithdrawnDocumentSaysNothingAboutWhereRecordsAre) {
  DocumentEntry withdrawn = Document("1");
  withdrawn.status = DocumentStatus::kEnteredInError;
  ASSERT_TRUE(filed_.File({"s", {withdrawn}, {}}, kNow).ok());
  EXPECT_TRUE(filed_.locators.empty());
}

TEST_F(FileSubmissionTest, NoFacilityIsDroppedSilently) {
  Submission submission{"s", {}, {}};
  for (size_t i = 0; i <= kFacilitiesMax; ++i) {
    submission.claims.push_back(
        {Patient("a"), MemberId("north"), LocatorState::kClaimed, std::to_string(i)});
  }
  EXPECT_EQ(filed_.File(submission, kNow).status().code(), absl::StatusCode::kFailedPrecondition);
  submission.claims.pop_back();
  EXPECT_TRUE(filed_.File(submission, kNow).ok());
}

}  // namespace
}  // namespace hie::registry
