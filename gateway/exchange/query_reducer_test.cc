#include "gateway/exchange/query_reducer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "gateway/exchange/query_simulator.h"

namespace hie::exchange {
namespace {

Scenario Quiet() {
  Scenario scenario;
  scenario.seed = 7;
  return scenario;
}

struct FaultCase {
  const char* name;
  MemberFault fault;
  OutcomeCode code;
  bool items;  // Whether its items are released.
};

void PrintTo(const FaultCase& c, std::ostream* out) { *out << c.name; }

class MemberFaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(MemberFaultTest, IsReportedByItsCauseAndHarmsNobodyElse) {
  Scenario scenario = Quiet();
  scenario.faults["m2"] = GetParam().fault;
  const Answer answer = QuerySimulator(scenario).Run();
  EXPECT_TRUE(answer.violations.empty()) << testing::PrintToString(answer.violations);
  ASSERT_TRUE(answer.end.has_value());
  EXPECT_EQ(answer.outcomes.at("m2").code, GetParam().code);
  EXPECT_EQ(answer.outcomes.at("m2").items > 0, GetParam().items);
  EXPECT_EQ(answer.outcomes.at("m1").code, OutcomeCode::kOk);
  EXPECT_EQ(answer.outcomes.at("m3").code, OutcomeCode::kOk);
  for (const std::string& id : answer.permitted_items) {
    if (id.rfind("item-2-", 0) == 0) continue;
    EXPECT_EQ(answer.items.count(id), 1U) << id;
  }
  const bool full = GetParam().code == OutcomeCode::kOk;
  EXPECT_EQ(answer.end->completeness,
            full ? Completeness::kCompleteAsPermitted : Completeness::kPartial);
}

INSTANTIATE_TEST_SUITE_P(
    Catalogue, MemberFaultTest,
    testing::Values(
        FaultCase{"none", MemberFault::kNone, OutcomeCode::kOk, true},
        FaultCase{"silent", MemberFault::kSilent, OutcomeCode::kTimeout, false},
        FaultCase{"timeout", MemberFault::kTimeout, OutcomeCode::kTimeout, true},
        FaultCase{"unreachable", MemberFault::kUnreachable, OutcomeCode::kUnreachable, false},
        FaultCase{"wrong_id", MemberFault::kWrongId, OutcomeCode::kWrongPatient, false},
        FaultCase{"wrong_demographics", MemberFault::kWrongDemographics, OutcomeCode::kWrongPatient,
                  false},
        FaultCase{"mixed_chart", MemberFault::kMixedChart, OutcomeCode::kWrongPatient, true},
        FaultCase{"no_subject", MemberFault::kNoSubject, OutcomeCode::kBadResponse, true},
        FaultCase{"empty", MemberFault::kEmpty, OutcomeCode::kOk, false},
        FaultCase{"no_patient", MemberFault::kNoPatient, OutcomeCode::kBadResponse, false},
        FaultCase{"unknown", MemberFault::kUnknown, OutcomeCode::kPatientUnknown, false},
        FaultCase{"too_large", MemberFault::kTooLarge, OutcomeCode::kTooLarge, true},
        FaultCase{"partial", MemberFault::kPartial, OutcomeCode::kPartialUpstream, true},
        FaultCase{"repeats", MemberFault::kRepeats, OutcomeCode::kBadResponse, true}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(QueryReducerTest, AWrongPatientIsASafetyEventThatNamesTheDroppedItems) {
  Scenario scenario = Quiet();
  scenario.faults["m2"] = MemberFault::kWrongDemographics;
  const Answer answer = QuerySimulator(scenario).Run();
  const auto safety =
      std::find_if(answer.audited.begin(), answer.audited.end(),
                   [](const AuditEvent& event) { return event.kind == AuditKind::kSafety; });
  ASSERT_NE(safety, answer.audited.end());
  EXPECT_EQ(safety->custodian, MemberId("m2"));
  EXPECT_EQ(safety->item_ids.size(), 6U);
  EXPECT_EQ(safety->details, std::vector<std::string>{"wrong-patient"});
}

TEST(QueryReducerTest, AMemberThatOnlyPushesDocumentsAnswersFromTheIndex) {
  Scenario scenario = Quiet();
  scenario.index_only = "m2";
  const Answer answer = QuerySimulator(scenario).Run();
  EXPECT_TRUE(answer.violations.empty()) << testing::PrintToString(answer.violations);
  ASSERT_TRUE(answer.end.has_value());
  EXPECT_EQ(answer.outcomes.at("m2").code, OutcomeCode::kOk);
  EXPECT_EQ(answer.outcomes.at("m2").items, 0U);
  EXPECT_EQ(answer.outcomes.at("m2").index_entries, 2U);
  EXPECT_EQ(answer.end->completeness, Completeness::kCompleteAsPermitted);
}

TEST(QueryReducerTest, AnIndexEntryThatNoBatchCarriesIsAGapThatIsTold) {
  for (const char* index_only : {"", "m2"}) {
    Scenario scenario = Quiet();
    scenario.index_only = index_only;
    scenario.document_bytes = kBatchBytesMax + 1;
    const Answer answer = QuerySimulator(scenario).Run();
    EXPECT_TRUE(answer.violations.empty()) << testing::PrintToString(answer.violations);
    ASSERT_TRUE(answer.end.has_value());
    EXPECT_EQ(answer.outcomes.at("m2").code, OutcomeCode::kTooLarge);
    EXPECT_EQ(answer.outcomes.at("m2").index_entries, 1U);
    EXPECT_EQ(answer.outcomes.at("m1").code, OutcomeCode::kOk);
    EXPECT_EQ(answer.end->completeness, Completeness::kPartial);
  }
}

TEST(QueryReducerTest, AnotherMembersIdNamesThePersonOnlyWhereItsPlaceMayBeNamed) {
  Scenario scenario = Quiet();
  scenario.sensitive_member_withheld = true;  // m1
  scenario.any_member_patient = LocalPatient{"2.999.2", Phi<std::string>("p2"), 0};
  const Answer named = QuerySimulator(scenario).Run();
  EXPECT_TRUE(named.violations.empty()) << testing::PrintToString(named.violations);
  EXPECT_TRUE(named.head.has_value());
  scenario.any_member_patient = LocalPatient{"2.999.1", Phi<std::string>("p1"), 0};
  const Answer hidden = QuerySimulator(scenario).Run();
  EXPECT_FALSE(hidden.head.has_value());
  ASSERT_TRUE(hidden.status.has_value());
  EXPECT_EQ(*hidden.status, absl::NotFoundError("subject: unknown"));
  scenario.any_member_patient = LocalPatient{"2.999.77", Phi<std::string>("p1"), 0};
  EXPECT_EQ(QuerySimulator(scenario).Run().status, hidden.status);
}

TEST(QueryReducerTest, AMemberThatMayNotBeNamedIsAbsentFromEveryMessage) {
  Scenario scenario = Quiet();
  scenario.sensitive_member_withheld = true;
  const Answer answer = QuerySimulator(scenario).Run();
  EXPECT_TRUE(answer.violations.empty()) << testing::PrintToString(answer.violations);
  ASSERT_TRUE(answer.head && answer.end);
  EXPECT_EQ(answer.head->expected, (std::vector<MemberId>{MemberId("m2"), MemberId("m3")}));
  EXPECT_EQ(answer.outcomes.count("m1"), 0U);
  EXPECT_EQ(answer.end->expected, 2U);
  EXPECT_EQ(answer.end->completeness, Completeness::kCompleteAsPermitted);
  EXPECT_EQ(answer.documents.count("doc-1-0"), 0U);
}

TEST(QueryReducerTest, AMemberWhoseItemsAreAllWithheldHasAnsweredInFull) {
  Scenario scenario = Quiet();
  scenario.members = 1;
  scenario.items_per_member = 1;
  scenario.documents_per_member = 0;
  for (scenario.seed = 1;; ++scenario.seed) {
    const Answer answer = QuerySimulator(scenario).Run();
    if (!answer.permitted_items.empty()) continue;  // A seed that withholds the only item.
    ASSERT_TRUE(answer.end.has_value());
    EXPECT_EQ(answer.outcomes.at("m1").code, OutcomeCode::kOk);
    EXPECT_EQ(answer.outcomes.at("m1").items, 0U);
    // Said of what was released, so that withheld equals absent.
    EXPECT_EQ(answer.outcomes.at("m1").empty_classes.size(), 3U);
    EXPECT_EQ(answer.end->completeness, Completeness::kCompleteAsPermitted);
    return;
  }
}

TEST(QueryReducerTest, APersonOfWhomNothingMayBeKnownIsNotKnown) {
  Scenario scenario = Quiet();
  scenario.members = 1;
  scenario.own_record = false;
  scenario.sensitive_member_withheld = true;
  const Answer answer = QuerySimulator(scenario).Run();
  EXPECT_TRUE(answer.violations.empty()) << testing::PrintToString(answer.violations);
  EXPECT_FALSE(answer.head.has_value());
  ASSERT_TRUE(answer.status.has_value());
  EXPECT_TRUE(absl::IsFailedPrecondition(*answer.status)) << *answer.status;
  EXPECT_TRUE(std::any_of(answer.audited.begin(), answer.audited.end(), [](const auto& event) {
    return event.kind == AuditKind::kQuery &&
           event.details == std::vector<std::string>{"refused:no-certain-match"};
  }));
}

TEST(QueryReducerTest, NobodyHoldsRecordsIsSaidAsNoKnownSource) {
  Scenario scenario = Quiet();
  scenario.members = 1;
  scenario.sensitive_member_withheld = true;  // The own record remains.
  scenario.documents_per_member = 0;
  const Answer answer = QuerySimulator(scenario).Run();
  ASSERT_TRUE(answer.end.has_value());
  EXPECT_EQ(answer.end->completeness, Completeness::kNoKnownSource);
  EXPECT_EQ(answer.end->expected, 0U);
}

TEST(QueryReducerTest, WeightsAreShownOnlyWhereEveryHolderMayBeNamed) {
  Scenario scenario = Quiet();
  scenario.own_record = false;
  const Answer open = QuerySimulator(scenario).Run();
  ASSERT_TRUE(open.head.has_value());
  EXPECT_EQ(open.head->weight_millibits, 21000);
  scenario.sensitive_member_withheld = true;
  const Answer withheld = QuerySimulator(scenario).Run();
  ASSERT_TRUE(withheld.head.has_value());
  EXPECT_EQ(withheld.head->weight_millibits, 0);
  EXPECT_TRUE(withheld.head->fields.empty());
}

TEST(QueryReducerTest, AuditDownReleasesNothingAndEndsUnavailable) {
  Scenario scenario = Quiet();
  scenario.audit_fails_at = absl::ZeroDuration();
  const Answer answer = QuerySimulator(scenario).Run();
  EXPECT_FALSE(answer.head.has_value());
  EXPECT_TRUE(answer.items.empty());
  ASSERT_TRUE(answer.status.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*answer.status));
}

TEST(QueryReducerTest, ConsentDownReleasesNothingAndEndsUnavailable) {
  Scenario scenario = Quiet();
  scenario.consent_fails_at = absl::ZeroDuration();
  const Answer answer = QuerySimulator(scenario).Run();
  EXPECT_FALSE(answer.head.has_value());
  ASSERT_TRUE(answer.status.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*answer.status));
}

// A reducer at the moment after Begun, for refusals.
std::vector<QueryAction> Begin(Query query) {
  MemberView north;
  north.id = MemberId("north");
  north.standing = MemberStanding::kLive;
  north.domains = {{"2.999.0", true, true}};
  MemberView lakes;
  lakes.id = MemberId("lakes");
  lakes.standing = MemberStanding::kShadow;
  lakes.domains = {{"2.999.1", false, false}};
  query.query_id = "q";
  query.budget = absl::Seconds(1);
  query.directory = std::make_shared<DirectoryView>(std::vector<MemberView>{north, lakes});
  return QueryReducer(std::move(query)).Step(absl::UnixEpoch(), event::Begun{});
}

template <typename T>
const T* Find(const std::vector<QueryAction>& actions) {
  for (const QueryAction& action : actions) {
    if (const T* found = std::get_if<T>(&action)) return found;
  }
  return nullptr;
}

TEST(QueryReducerTest, AnOwnIdIsNormalisedBeforeItIsResolved) {
  Query query;
  query.actor.member = MemberId("north");
  query.subject = LocalPatient{"2.999.0", Phi<std::string>("000n12"), 0};
  const auto actions = Begin(query);
  const auto* resolve = Find<action::ResolvePerson>(actions);
  ASSERT_NE(resolve, nullptr);
  EXPECT_EQ(std::get<LocalPatient>(resolve->subject).id.value(), "N12");
}

TEST(QueryReducerTest, AForeignIdIsRefusedAndRecorded) {
  Query query;
  query.actor.member = MemberId("north");
  query.subject = LocalPatient{"2.999.1", Phi<std::string>("1"), 0};
  const auto actions = Begin(query);
  EXPECT_EQ(Find<action::ResolvePerson>(actions), nullptr);
  const auto* append = Find<action::AppendEvents>(actions);
  ASSERT_NE(append, nullptr);
  EXPECT_EQ(append->events.front().details, std::vector<std::string>{"refused:foreign-id"});
}

TEST(QueryReducerTest, AMemberThatIsNotLiveReceivesNothing) {
  Query query;
  query.actor.member = MemberId("lakes");
  query.subject = LocalPatient{"2.999.1", Phi<std::string>("1"), 0};
  const auto actions = Begin(query);
  EXPECT_EQ(Find<action::ResolvePerson>(actions), nullptr);
  EXPECT_NE(Find<action::AppendEvents>(actions), nullptr);
}

}  // namespace
}  // namespace hie::exchange
