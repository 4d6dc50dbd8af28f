#include "services/registry/validate_submission.h"

#include <functional>
#include <ostream>
#include <string>

#include "gtest/gtest.h"

namespace hie::registry {
namespace {

Submission Valid() {
  DocumentEntry document;
  document.unique_id = "urn:doc:1";
  document.patient = {"2.999.1", Phi<std::string>("MRN-CANARY"), 1};
  document.member = MemberId("north");
  document.sha256 = std::string(kSha256Bytes, 'x');
  Claim claim;
  claim.patient = document.patient;
  claim.member = document.member;
  claim.state = LocatorState::kClaimed;
  SubmissionSet set;
  set.unique_id = "urn:oid:2.999.1.9";
  set.patient = document.patient;
  set.member = document.member;
  return {"s1", {document}, {claim}, {set}};
}

struct Case {
  std::string name;
  std::function<void(Submission&)> spoil;
  std::string want;  // Start of the message.
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ValidateSubmissionTest : public testing::TestWithParam<Case> {};

TEST_P(ValidateSubmissionTest, RefusesAndNamesTheFieldAndNotTheValue) {
  Submission submission = Valid();
  GetParam().spoil(submission);
  const absl::Status status = ValidateSubmission(submission);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()).rfind(GetParam().want, 0), 0u) << status;
  EXPECT_EQ(std::string(status.message()).find("CANARY"), std::string::npos);
}

const std::string kLong(kTextBytesMax + 1, 'x');

const Case kOfDocuments[] = {
    Case{"NoId", [](Submission& s) { s.submission_id.clear(); }, "submission_id: want"},
    Case{"LongId", [](Submission& s) { s.submission_id = kLong; }, "submission_id: want"},
    Case{"Nothing", [](Submission& s) { s.documents.clear(), s.claims.clear(), s.sets.clear(); },
         "documents: want"},
    Case{"ManyDocuments",
         [](Submission& s) { s.documents.resize(kDocumentsMax + 1, s.documents[0]); },
         "documents: want at most"},
    Case{"ManyClaims", [](Submission& s) { s.claims.resize(kClaimsMax + 1, s.claims[0]); },
         "claims: want at most"},
    Case{"NoMember", [](Submission& s) { s.documents[0].member = MemberId(); },
         "documents[0].member: want"},
    Case{"UpperCaseMember", [](Submission& s) { s.documents[0].member = MemberId("North"); },
         "documents[0].member: want"},
    Case{"SecondDocument",
         [](Submission& s) {
           s.documents.push_back(s.documents[0]);
           s.documents[1].unique_id.clear();
         },
         "documents[1].unique_id: want"},
    Case{"ControlCharacter",
         [](Submission& s) { s.documents[0].title = Phi<std::string>("CANARY\n"); },
         "documents[0].title: want"},
    Case{"LongTitle", [](Submission& s) { s.documents[0].title = Phi<std::string>(kLong); },
         "documents[0].title: want"},
    Case{"LongFacility", [](Submission& s) { s.documents[0].facility = kLong; },
         "documents[0].facility: want"},
    Case{"ShortHash", [](Submission& s) { s.documents[0].sha256 = "short"; },
         "documents[0].sha256: want"},
    Case{"ReplacesItself",
         [](Submission& s) {
           s.documents[0].relations = {{RelationKind::kReplaces, s.documents[0].unique_id}};
         },
         "documents[0].relations: want"},
    Case{"OneRelationTwice",
         [](Submission& s) {
           s.documents[0].relations = {{RelationKind::kSigns, "x"}, {RelationKind::kSigns, "x"}};
         },
         "documents[0].relations: want each"},
    Case{"ManyCodes", [](Submission& s) { s.documents[0].description.types.resize(kListMax + 1); },
         "documents[0].types: want at most"},
    Case{"ResourceThatIsNoObject",
         [](Submission& s) { s.documents[0].description.resource = Phi<std::string>("CANARY"); },
         "documents[0].resource: want"},
    Case{"ShortSha1", [](Submission& s) { s.documents[0].sha1 = "short"; },
         "documents[0].sha1: want"}};

INSTANTIATE_TEST_SUITE_P(OfDocuments, ValidateSubmissionTest, testing::ValuesIn(kOfDocuments),
                         [](const testing::TestParamInfo<Case>& param_info) {
                           return param_info.param.name;
                         });

const Case kOfSetsAndClaims[] = {
    Case{"SetWithoutUniqueId", [](Submission& s) { s.sets[0].unique_id.clear(); },
         "submission_set.unique_id: want"},
    Case{"SetWithLongTitle", [](Submission& s) { s.sets[0].title = Phi<std::string>(kLong); },
         "submission_set.title: want"},
    Case{"SupersededThatIsNotReplaced",
         [](Submission& s) {
           s.documents[0].relations = {{RelationKind::kReplaces, "old"}};
           s.superseded_ids = {EntryId(MemberId("north"), "old"), "other"};
         },
         "superseded_ids[1]: want"},
    Case{"ManyRecordsOfOnePerson",
         [](Submission& s) { s.same_person.resize(kSamePersonMax + 1, s.documents[0].patient); },
         "same_person: want at most"},
    Case{"ClaimOfSuspicion", [](Submission& s) { s.claims[0].state = LocatorState::kSuspected; },
         "claims[0].state: want"},
    Case{"ClaimWithoutMember", [](Submission& s) { s.claims[0].member = MemberId(); },
         "claims[0].member: want"},
    Case{"ClaimAtLongFacility", [](Submission& s) { s.claims[0].facility = kLong; },
         "claims[0].facility: want"}};

INSTANTIATE_TEST_SUITE_P(OfSetsAndClaims, ValidateSubmissionTest,
                         testing::ValuesIn(kOfSetsAndClaims),
                         [](const testing::TestParamInfo<Case>& param_info) {
                           return param_info.param.name;
                         });

TEST(ValidateSubmissionLimitsTest, TheLargestIsAccepted) {
  Submission submission = Valid();
  submission.submission_id.resize(kSubmissionIdBytesMax, 's');
  submission.documents[0].unique_id.resize(kUniqueIdBytesMax, 'u');
  submission.documents[0].title = Phi<std::string>(std::string(kTextBytesMax, 't'));
  submission.documents.resize(kDocumentsMax, submission.documents[0]);
  submission.claims.resize(kClaimsMax, submission.claims[0]);
  EXPECT_TRUE(ValidateSubmission(submission).ok());
}

}  // namespace
}  // namespace hie::registry
