// The rules of document sharing, one row each: what was filed, what is sent, what comes of it.

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/registry/file_submission.h"
#include "services/registry/filed_in_memory.h"
#include "services/registry/refusal.h"
#include "services/registry/relate_documents.h"

namespace hie::registry {
namespace {

using absl::StatusCode;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const MemberId kNorth("north");

LocalPatient Patient(absl::string_view id) {
  return {"2.999.1", Phi<std::string>(std::string(id)), 1};
}

DocumentEntry Document(const std::string& unique_id, std::vector<Relation> relations = {}) {
  DocumentEntry document;
  document.unique_id = unique_id;
  document.patient = Patient("a");
  document.member = kNorth;
  document.sha256 = std::string(32, 'h');
  document.relations = std::move(relations);
  return document;
}

Relation Replaces(const std::string& target) { return {RelationKind::kReplaces, target}; }
Relation Transforms(const std::string& target) { return {RelationKind::kTransforms, target}; }
Relation Appends(const std::string& target) { return {RelationKind::kAppends, target}; }
Relation Signs(const std::string& target) { return {RelationKind::kSigns, target}; }

DocumentEntry Of(const std::string& patient, DocumentEntry document) {
  document.patient = Patient(patient);
  return document;
}

DocumentEntry With(DocumentStatus status, DocumentEntry document) {
  document.status = status;
  return document;
}

DocumentEntry Hashed(char hash, DocumentEntry document) {
  document.sha256 = std::string(32, hash);
  return document;
}

DocumentEntry Containing(const std::string& content_id, DocumentEntry document) {
  document.sha256.clear();
  document.content_id = content_id;
  return document;
}

struct Case {
  std::string name;
  std::vector<DocumentEntry> filed;
  std::vector<DocumentEntry> sent;
  StatusCode want = StatusCode::kOk;
  absl::string_view word = "";                      // Of the refusal, or the one warning.
  std::map<std::string, DocumentStatus> then = {};  // Unique id to status; others are current.
  RelationPolicy policy = RelationPolicy::kRefuse;
  std::vector<std::string> same_person = {};
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class SubmissionRulesTest : public testing::TestWithParam<Case> {
 protected:
  SubmissionRulesTest() {
    const ContentFacts facts{std::string(32, 'h'), std::string(20, 's'), 7};
    filed_.contents["whole"] = {Patient("a"), KeptContent::Extent::kWhole, facts, ""};
    filed_.contents["partial"] = {Patient("a"), KeptContent::Extent::kPartial, {}, ""};
    filed_.contents["of b"] = {Patient("b"), KeptContent::Extent::kWhole, facts, ""};
    filed_.contents["taken"] = {Patient("a"), KeptContent::Extent::kWhole, facts, "other"};
  }

  // Every document is current but for those that the case names; counts follow.
  void CheckStatuses() const {
    std::map<LocatorKey, uint64_t> counts;
    for (const auto& [id, document] : filed_.documents) {
      const auto then = GetParam().then.find(document.unique_id);
      const DocumentStatus want =
          then == GetParam().then.end() ? DocumentStatus::kCurrent : then->second;
      EXPECT_EQ(document.status, want) << document.unique_id;
      counts[{document.patient, document.member}] += Counts(document) ? 1 : 0;
    }
    for (const auto& [key, count] : counts) {
      EXPECT_EQ(filed_.locators.at(key).documents, count);
    }
  }

  FiledInMemory filed_;
};

TEST_P(SubmissionRulesTest, IsAcceptedOrRefusedWithItsWord) {
  for (const DocumentEntry& document : GetParam().filed) {
    Submission submission{"s", {document}, {}};
    submission.relation_policy = RelationPolicy::kStoreUnlinked;
    ASSERT_TRUE(filed_.File(submission, kNow).ok()) << document.unique_id;
  }
  Submission submission{"t", GetParam().sent, {}};
  submission.relation_policy = GetParam().policy;
  for (const std::string& id : GetParam().same_person) {
    submission.same_person.push_back(Patient(id));
  }
  const size_t filed_before = filed_.documents.size();
  const auto filing = filed_.File(submission, kNow + absl::Hours(1));
  ASSERT_EQ(filing.status().code(), GetParam().want) << filing.status();
  if (filing.ok()) {
    const std::string warning = filing->warnings.empty() ? "" : filing->warnings.front();
    EXPECT_EQ(warning, std::string(GetParam().word));
  } else {
    EXPECT_EQ(std::string(filing.status().message()).rfind(std::string(GetParam().word), 0), 0u)
        << filing.status();
    EXPECT_EQ(filed_.documents.size(), filed_before);
  }
  CheckStatuses();
}

constexpr DocumentStatus kOld = DocumentStatus::kSuperseded;
constexpr DocumentStatus kWrong = DocumentStatus::kEnteredInError;
constexpr RelationPolicy kStore = RelationPolicy::kStoreUnlinked;
const DocumentEntry kA = Document("A");

INSTANTIATE_TEST_SUITE_P(
    Identity, SubmissionRulesTest,
    testing::Values(
        Case{"TheSameAgain", {kA}, {kA}},
        Case{"AnotherHash", {kA}, {Hashed('i', kA)}, StatusCode::kAlreadyExists, kNonIdenticalHash},
        Case{"AnotherPatient",
             {kA},
             {Of("b", kA)},
             StatusCode::kAlreadyExists,
             kPatientIdDoesNotMatch},
        Case{"ARecordOfTheSamePerson",
             {kA},
             {Of("b", kA)},
             StatusCode::kOk,
             "",
             {},
             RelationPolicy::kRefuse,
             {"a", "b"}},
        Case{"OnePersonNamedWithoutTheOther",
             {kA},
             {Of("b", kA)},
             StatusCode::kAlreadyExists,
             kPatientIdDoesNotMatch,
             {},
             RelationPolicy::kRefuse,
             {"b"}}),
    [](const testing::TestParamInfo<Case>& param_info) { return param_info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Relations, SubmissionRulesTest,
    testing::Values(
        Case{"Replace", {kA}, {Document("B", {Replaces("A")})}, StatusCode::kOk, "", {{"A", kOld}}},
        Case{"ReplaceTakesAppendsAndTransforms",
             {kA, Document("P", {Appends("A")}), Document("T", {Transforms("P")}),
              Document("S", {Signs("A")})},
             {Document("B", {Replaces("A")})},
             StatusCode::kOk,
             "",
             {{"A", kOld}, {"P", kOld}, {"T", kOld}}},
        Case{"AppendAndTransformLeaveTheirTarget",
             {kA},
             {Document("P", {Appends("A")}), Document("T", {Transforms("A")})}},
        Case{"TransformAndReplaceStandsForItself",
             {kA, Document("P", {Appends("A")})},
             {Document("B", {Transforms("A"), Replaces("A")})},
             StatusCode::kOk,
             "",
             {{"A", kOld}, {"P", kOld}}},
        Case{"UnknownTarget",
             {},
             {Document("B", {Replaces("A")})},
             StatusCode::kNotFound,
             kUnresolvedReference},
        Case{"UnknownTargetOfASignature",
             {},
             {Document("B", {Signs("A")})},
             StatusCode::kNotFound,
             kUnresolvedReference},
        Case{"TargetInTheSameSubmission", {}, {Document("B", {Appends("A")}), kA}},
        Case{"SupersededTarget",
             {kA, Document("B", {Replaces("A")})},
             {Document("C", {Replaces("A")})},
             StatusCode::kFailedPrecondition,
             kDeprecatedDocument,
             {{"A", kOld}}},
        Case{"AppendToASupersededTarget",
             {With(kOld, kA)},
             {Document("C", {Appends("A")})},
             StatusCode::kFailedPrecondition,
             kDeprecatedDocument,
             {{"A", kOld}}},
        Case{"TransformOfAWithdrawnTarget",
             {With(kWrong, kA), Document("L")},
             {Document("C", {Transforms("A")})},
             StatusCode::kFailedPrecondition,
             kDeprecatedDocument,
             {{"A", kWrong}}},
        Case{"SignatureOfASupersededTarget",
             {With(kOld, kA)},
             {Document("C", {Signs("A")})},
             StatusCode::kOk,
             "",
             {{"A", kOld}}},
        Case{"AcrossPatients",
             {kA},
             {Of("b", Document("B", {Replaces("A")}))},
             StatusCode::kFailedPrecondition,
             kPatientIdDoesNotMatch},
        Case{"AcrossPatientsInAFeed",
             {kA},
             {Of("b", Document("B", {Appends("A")}))},
             StatusCode::kFailedPrecondition,
             kPatientIdDoesNotMatch,
             {},
             kStore},
        Case{"AcrossRecordsOfOnePerson",
             {kA},
             {Of("b", Document("B", {Replaces("A")}))},
             StatusCode::kOk,
             "",
             {{"A", kOld}},
             RelationPolicy::kRefuse,
             {"b", "a"}},
        Case{"ARetryOfAReplacement",
             {kA, Document("B", {Replaces("A")})},
             {Document("B", {Replaces("A")})},
             StatusCode::kOk,
             "",
             {{"A", kOld}}}),
    [](const testing::TestParamInfo<Case>& param_info) { return param_info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Feeds, SubmissionRulesTest,
    testing::Values(Case{"UnknownParentIsStored",
                         {},
                         {Document("B", {Appends("A")})},
                         StatusCode::kOk,
                         kPartialAppend,
                         {},
                         kStore},
                    Case{"ALateParentIsSuperseded",
                         {Document("B", {Replaces("A")})},
                         {kA},
                         StatusCode::kOk,
                         "",
                         {{"A", kOld}},
                         kStore},
                    Case{"ALateParentOfAnotherPatientIsNot",
                         {Of("b", Document("B", {Replaces("A")}))},
                         {kA},
                         StatusCode::kOk,
                         "",
                         {},
                         kStore},
                    Case{"ALateAppendixOfAReplacedOneIsSuperseded",
                         {kA, Document("B", {Replaces("A")})},
                         {Document("P", {Appends("A")})},
                         StatusCode::kOk,
                         "",
                         {{"A", kOld}, {"P", kOld}},
                         kStore},
                    Case{"ALateAppendixOfWhatItsSourceSuperseded",
                         {With(kOld, kA)},
                         {Document("P", {Appends("A")})},
                         StatusCode::kOk,
                         "",
                         {{"A", kOld}},
                         kStore},
                    Case{"TwoReplacementsStandSideBySide",
                         {kA, Document("B", {Replaces("A")})},
                         {Document("C", {Replaces("A")})},
                         StatusCode::kOk,
                         "",
                         {{"A", kOld}},
                         kStore},
                    Case{"ALateLinkOfAChain",
                         {kA, Document("B", {Replaces("A")}), Document("T", {Transforms("P")})},
                         {Document("P", {Appends("A")})},
                         StatusCode::kOk,
                         "",
                         {{"A", kOld}, {"P", kOld}, {"T", kOld}},
                         kStore},
                    Case{"CircleOfReplacements",
                         {Document("B", {Replaces("A")})},
                         {Document("A", {Replaces("B")})},
                         StatusCode::kFailedPrecondition,
                         "documents[0].relations: want",
                         {},
                         kStore}),
    [](const testing::TestParamInfo<Case>& param_info) { return param_info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Contents, SubmissionRulesTest,
    testing::Values(
        Case{"Staged", {}, {Containing("whole", kA)}},
        Case{"ClaimedRightly", {}, {Hashed('h', Containing("whole", kA))}},
        Case{"Absent", {}, {Containing("nothing", kA)}, StatusCode::kNotFound, kMissingDocument},
        Case{"Partial", {}, {Containing("partial", kA)}, StatusCode::kNotFound, kMissingDocument},
        Case{"OfAnotherPatient",
             {},
             {Containing("of b", kA)},
             StatusCode::kNotFound,
             kMissingDocument},
        Case{"OfAnotherDocument",
             {},
             {Containing("taken", kA)},
             StatusCode::kFailedPrecondition,
             "documents[0].content_id: want"},
        Case{"OfTwoDocuments",
             {},
             {Containing("whole", kA), Containing("whole", Document("B"))},
             StatusCode::kFailedPrecondition,
             "documents[1].content_id: want"},
        Case{"ClaimedWithAnotherHash",
             {},
             {[] {
               DocumentEntry document = Containing("whole", kA);
               document.sha1 = std::string(20, 't');
               return document;
             }()},
             StatusCode::kInvalidArgument,
             kNonIdenticalHash},
        Case{"ClaimedWithAnotherSize",
             {},
             {[] {
               DocumentEntry document = Containing("whole", kA);
               document.size_bytes = 8;
               return document;
             }()},
             StatusCode::kInvalidArgument,
             kNonIdenticalSize},
        Case{"TheSameAgainWithoutContent", {Containing("whole", kA)}, {kA}},
        Case{"TheSameAgainWithItsContent", {Containing("whole", kA)}, {Containing("whole", kA)}}),
    [](const testing::TestParamInfo<Case>& param_info) { return param_info.param.name; });

TEST(RelationLimitsTest, AReplacementSupersedesABoundedNumber) {
  FiledInMemory filed;
  Submission submission{"s", {kA}, {}};
  for (size_t i = 0; i < kSupersededTogetherMax; ++i) {
    submission.documents.push_back(Document(std::to_string(i), {Appends("A")}));
  }
  ASSERT_TRUE(filed.File(submission, kNow).ok());
  Submission replacement{"t", {Document("B", {Replaces("A")})}, {}};
  EXPECT_EQ(filed.File(replacement, kNow).status().code(), StatusCode::kFailedPrecondition);
}

TEST(VersionTest, EachChangeOfAnEntryIsAVersionOnceInASubmission) {
  FiledInMemory filed;
  ASSERT_TRUE(filed.File({"s", {kA, Document("P", {Appends("A")})}, {}}, kNow).ok());
  const std::string id = EntryId(kNorth, "A");
  EXPECT_EQ(filed.documents[id].version, 1u);
  EXPECT_EQ(filed.documents[id].recorded, kNow);
  const absl::Time later = kNow + absl::Hours(1);
  ASSERT_TRUE(filed.File({"t", {Document("B", {Replaces("A")})}, {}}, later).ok());
  EXPECT_EQ(filed.documents[id].version, 2u);
  EXPECT_EQ(filed.documents[id].recorded, later);
  EXPECT_EQ(filed.documents[EntryId(kNorth, "B")].version, 1u);
  ASSERT_TRUE(filed.File({"u", {kA}, {}}, later).ok());
  EXPECT_EQ(filed.documents[id].version, 2u);
}

TEST(ChangeStatusTest, RisesOnceAndNeverFalls) {
  FiledInMemory filed;
  DocumentEntry newer = Document("B");
  newer.created = kNow;
  DocumentEntry older = kA;
  older.created = kNow - absl::Hours(1);
  ASSERT_TRUE(filed.File({"s", {older, newer}, {}}, kNow).ok());
  const LocatorEntry& locator = filed.locators.at({Patient("a"), kNorth});
  EXPECT_EQ(locator.newest, kNow);
  ASSERT_TRUE(filed.Change("north", "B", kWrong, kNow).ok());
  EXPECT_EQ(filed.documents[EntryId(kNorth, "B")].version, 2u);
  EXPECT_EQ(locator.documents, 1u);
  EXPECT_EQ(locator.newest, kNow - absl::Hours(1));
  const auto again = filed.Change("north", "B", kWrong, kNow);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->documents.empty());
  EXPECT_EQ(filed.Change("north", "B", DocumentStatus::kCurrent, kNow).status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(filed.Change("south", "A", kWrong, kNow).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(filed.Change("north", "C", kWrong, kNow).status().code(), StatusCode::kNotFound);
}

TEST(WithheldTest, IsNotCountedUntilItsSourceMakesItAvailable) {
  FiledInMemory filed;
  DocumentEntry withheld = kA;
  withheld.availability = Availability::kWithheld;
  ASSERT_TRUE(filed.File({"s", {withheld}, {}}, kNow).ok());
  const LocatorEntry& locator = filed.locators.at({Patient("a"), kNorth});
  EXPECT_EQ(locator.documents, 0u);
  EXPECT_EQ(locator.state, LocatorState::kVerified);
  ASSERT_TRUE(filed.File({"t", {kA}, {}}, kNow).ok());  // A late message does not list it.
  EXPECT_EQ(locator.documents, 0u);
  ASSERT_TRUE(filed.Change("north", "A", DocumentStatus::kCurrent, kNow).ok());
  EXPECT_EQ(locator.documents, 1u);
  ASSERT_TRUE(filed.File({"u", {withheld}, {}}, kNow).ok());
  EXPECT_EQ(locator.documents, 0u);
}

class SubmissionSetTest : public testing::Test {
 protected:
  SubmissionSetTest() {
    EXPECT_TRUE(filed_.File({"s", {Document("old"), Of("b", Document("of b"))}, {}}, kNow).ok());
    set_.unique_id = "set";
    set_.patient = Patient("a");
    set_.member = kNorth;
  }
  absl::StatusOr<Filing> File(std::vector<DocumentEntry> documents) {
    return filed_.File({"t", std::move(documents), {}, {set_}}, kNow);
  }

  FiledInMemory filed_;
  SubmissionSet set_;
};

TEST_F(SubmissionSetTest, ListsItsDocumentsInOrderAndThoseThatItNames) {
  set_.document_ids = {EntryId(kNorth, "old")};
  const auto filing = File({kA, Document("B"), kA});
  ASSERT_TRUE(filing.ok()) << filing.status();
  EXPECT_EQ(filing->set->id, SubmissionSetId(kNorth, "set"));
  EXPECT_EQ(filing->set->document_ids,
            (std::vector<std::string>{EntryId(kNorth, "A"), EntryId(kNorth, "B"),
                                      EntryId(kNorth, "old")}));
  EXPECT_EQ(filing->novelties,
            (std::vector<Novelty>{Novelty::kFiled, Novelty::kFiled, Novelty::kExisted}));
}

TEST_F(SubmissionSetTest, HoldsDocumentsOfOnePatientOnly) {
  EXPECT_EQ(std::string(File({Of("b", kA)}).status().message()).rfind("XDSPatientIdDoesNotMatch"),
            0u);
  set_.document_ids = {EntryId(kNorth, "of b")};
  EXPECT_EQ(File({kA}).status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(SubmissionSetTest, NamesDocumentsOfItsMemberOnly) {
  set_.document_ids = {"nothing"};
  EXPECT_EQ(File({kA}).status().code(), StatusCode::kNotFound);
  set_.document_ids = {EntryId(MemberId("south"), "old")};
  EXPECT_EQ(File({kA}).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace hie::registry
