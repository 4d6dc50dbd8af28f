// Stewards, registrars and golden views over fake roles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/edge/identity_fixture.h"

namespace hie::edge {
namespace {

using audit::v1::Event;
using exchange::v1::ExchangeService;
using exchange::v1::IdentityService;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kHarbor[] = "place/harbor/harbor-main";
constexpr char kLakes[] = "place/lakes/lakes-main";

TEST_F(IdentityTest, WhatStewardsDoIsTheOperatorsAlone) {
  const auto denied = [](const auto& answer) { return absl::IsPermissionDenied(answer.status()); };
  EXPECT_TRUE(denied(Call<IdentityService::ListTasks>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::LeaseTask>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::ReleaseTask>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::DecideTask>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::AddDemand>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::ListEvents>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::UndoEvent>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::GetFallout>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::GetHistory>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::ExplainLink>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::ListModels>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::GetModel>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::PutModel>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::ActivateModel>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::RollBackModel>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::StartRun>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::CancelRun>({}, "north")));
  EXPECT_TRUE(denied(Call<IdentityService::GetMonitors>({}, "north")));
  EXPECT_TRUE(absl::IsPermissionDenied(Stream<IdentityService::FollowEvents>({}, "north").second));
  EXPECT_TRUE(absl::IsPermissionDenied(Stream<IdentityService::WatchRun>({}, "north").second));
  EXPECT_THAT(world_.Events(), IsEmpty());
}

TEST_F(IdentityTest, EveryReadingIsOnRecordWithWhomItNames) {
  ASSERT_TRUE(Call<IdentityService::ListTasks>({}).ok());
  EXPECT_THAT(OnRecord("identity-tasks"), ElementsAre("", "H1", "L1"));
  ASSERT_TRUE(Call<IdentityService::LeaseTask>({}).ok());
  EXPECT_THAT(OnRecord("identity-task-lease"), ElementsAre("", "H1", "L1"));
  exchange::v1::GetHistoryRequest history;
  *history.mutable_patient() = PatientAt("north");
  ASSERT_TRUE(Call<IdentityService::GetHistory>(history).ok());
  EXPECT_THAT(OnRecord("identity-history"), ElementsAre("", "H1", "N1"));
  exchange::v1::ExplainLinkRequest explain;
  *explain.mutable_patient() = PatientAt("lakes");
  EXPECT_EQ(Call<IdentityService::ExplainLink>(explain)->explanation().weight_millibits(), 12'000);
  EXPECT_THAT(OnRecord("identity-explanation"), ElementsAre("", "H1", "L1"));
  const auto [told, end] = Stream<IdentityService::WatchRun>({});
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_THAT(told, SizeIs(1));
  EXPECT_THAT(OnRecord("identity-run"), ElementsAre("", "L1"));
}

TEST_F(IdentityTest, NothingIsReadWithoutTheAudit) {
  world_.state.audit_down = absl::UnavailableError("disk");
  EXPECT_TRUE(absl::IsUnavailable(Call<IdentityService::ListTasks>({}).status()));
  EXPECT_TRUE(absl::IsUnavailable(Call<IdentityService::ListEvents>({}).status()));
  const auto [told, end] = Stream<IdentityService::WatchRun>({});
  EXPECT_TRUE(absl::IsUnavailable(end)) << end;
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(IdentityTest, TheCallerIsTheActorOfWhatIsDecided) {
  exchange::v1::DecideTaskRequest request;
  request.set_task(7);
  request.set_verdict(mpi::v1::TASK_VERDICT_SAME);
  request.set_first_version(3);
  ASSERT_TRUE(Call<IdentityService::DecideTask>(request).ok());
  EXPECT_EQ(world_.state.task_decided.actor().member(), "hie");
  EXPECT_EQ(world_.state.task_decided.actor().user(), "dr");
  EXPECT_EQ(world_.state.task_decided.first_version(), 3u);
}

TEST_F(IdentityTest, EventsAreFollowedUntilTheTimeIsOver) {
  mpi::v1::LinkEvent& event = world_.state.link_events.emplace_back();
  event.set_sequence(4);
  *event.add_moved()->mutable_patient() = PatientAt("lakes");
  const auto [told, end] = Stream<IdentityService::FollowEvents>({});
  EXPECT_TRUE(absl::IsDeadlineExceeded(end)) << end;
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].sequence(), 4u);
  EXPECT_THAT(OnRecord("identity-events"), ElementsAre("", "L1"));
}

// --- Golden view -------------------------------------------------------------------------------

class GoldenTest : public IdentityTest {
 protected:
  GoldenTest() {
    world_.state.golden.add_fields()->set_field("family");
    world_.state.golden.add_fields()->set_field("identifier 2.999.2");
    auto* number = world_.state.golden.mutable_demographics()->add_identifiers();
    number->set_system("urn:oid:2.999.2");
    number->set_value("L1");
    request_.mutable_subject()->set_eid("eid");
  }
  absl::StatusOr<exchange::v1::GetGoldenViewResponse> View(const std::string& member = "north") {
    return world_.gateway().CallAndWait<IdentityService::GetGoldenView>(
        EdgeWorld::As(member, "ETREAT"), request_);
  }
  exchange::v1::GetGoldenViewRequest request_;
};

TEST_F(GoldenTest, OnlyRecordsWhosePlacesMayBeKnownAreAskedFor) {
  Deny({kHarbor});
  const auto view = View();
  ASSERT_TRUE(view.ok()) << view.status();
  ASSERT_THAT(world_.state.golden_asked.visible(), SizeIs(2));
  EXPECT_EQ(world_.state.golden_asked.visible(0).id(), "N1");
  EXPECT_EQ(world_.state.golden_asked.visible(1).id(), "L1");
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return events.size() == 3 && events[1].type() == audit::v1::EVENT_TYPE_INTENT &&
           events[2].outcome() == audit::v1::RELEASE_OUTCOME_RELEASED;
  }));
}

TEST_F(GoldenTest, RecordNumbersAmongTheDemographicsAreLeftOut) {
  const auto view = View();
  ASSERT_TRUE(view.ok()) << view.status();
  ASSERT_THAT(view->view().fields(), SizeIs(1));
  EXPECT_EQ(view->view().fields(0).field(), "family");
  EXPECT_THAT(view->view().demographics().identifiers(), IsEmpty());
}

TEST_F(GoldenTest, WhoMayBeKnownNowhereIsUnknown) {
  Deny({kHarbor, "place/north/north-main", "place/north/"});
  const auto hidden = View("lakes");
  EXPECT_TRUE(hidden.ok()) << hidden.status();  // Its own record.
  world_.state.person.mutable_records()->DeleteSubrange(0, 2);
  const auto unknown = View("lakes");
  request_.mutable_subject()->set_eid("nobody");
  EXPECT_EQ(unknown.status(), View("lakes").status());
  EXPECT_TRUE(absl::IsNotFound(unknown.status()));
}

TEST_F(GoldenTest, AnIndexThatFailsReleasesNothing) {
  world_.state.golden.clear_fields();
  EXPECT_TRUE(absl::IsNotFound(View().status()));
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return events.back().outcome() == audit::v1::RELEASE_OUTCOME_NOT_RELEASED;
  }));
}

// --- A registrar's word ------------------------------------------------------------------------

class ConfirmTest : public IdentityTest {
 protected:
  static exchange::v1::ConfirmOwnLinkRequest Pair(const std::string& own,
                                                  const std::string& other) {
    exchange::v1::ConfirmOwnLinkRequest request;
    *request.mutable_own() = PatientAt(own);
    *request.mutable_other() = PatientAt(other);
    request.set_reason("insurance card");
    return request;
  }
  absl::Status Confirm(const exchange::v1::ConfirmOwnLinkRequest& request,
                       const std::string& role = "registrar") {
    return world_.gateway()
        .CallAndWait<IdentityService::ConfirmOwnLink>(EdgeWorld::As("north", "PATADMIN", role),
                                                      request)
        .status();
  }
  static absl::Status UnknownOther() { return absl::NotFoundError("other: unknown"); }
  bool Decided() {
    const MutexLock lock(world_.state.mutex);
    return world_.state.link_decided.same_person();
  }

  // The record of lakes is another person's; both may be one.
  void PartLakes() {
    mpi::v1::Person& other = world_.state.others.emplace_back(world_.state.person);
    other.set_eid("other");
    other.mutable_records()->DeleteSubrange(2, 1);
    other.mutable_records()->DeleteSubrange(0, 1);
    other.mutable_records(0)->set_version(4);
    world_.state.person.mutable_records()->DeleteSubrange(1, 1);
    *world_.state.person.add_possible()->mutable_patient() = PatientAt("lakes");
  }
  void OpenLink(const std::string& first, const std::string& second) {
    mpi::v1::Task& task = world_.state.possible_links.emplace_back();
    task.set_kind(mpi::v1::TASK_KIND_POSSIBLE_LINK);
    *task.mutable_first() = PatientAt(first);
    *task.mutable_second() = PatientAt(second);
  }
};

TEST_F(ConfirmTest, ARegistrarConfirmsTheOwnRecordsLink) {
  world_.state.person.mutable_records(1)->set_version(5);
  const absl::Status confirmed = Confirm(Pair("north", "lakes"));
  ASSERT_TRUE(confirmed.ok()) << confirmed;
  EXPECT_EQ(world_.state.link_decided.second_version(), 5u);
  EXPECT_EQ(world_.state.link_decided.authority(), mpi::v1::DECISION_AUTHORITY_REGISTRAR);
  EXPECT_TRUE(world_.state.link_decided.same_person());
  EXPECT_EQ(world_.state.link_decided.actor().member(), "north");
  EXPECT_THAT(OnRecord("identity-confirm"), ElementsAre("", "L1", "N1"));
}

TEST_F(ConfirmTest, AnotherMembersRecordIsNotTheirs) {
  const absl::Status foreign = Confirm(Pair("lakes", "north"));
  EXPECT_TRUE(absl::IsPermissionDenied(foreign)) << foreign;
}

TEST_F(ConfirmTest, OnlyARegistrarConfirms) {
  for (const char* role : {"ed_physician", "steward", "backend_feed", ""}) {
    const absl::Status refused = Confirm(Pair("north", "lakes"), role);
    EXPECT_TRUE(absl::IsPermissionDenied(refused)) << role << refused;
  }
  EXPECT_FALSE(Decided());
}

TEST_F(ConfirmTest, APossibleLinkMustBeBetweenTheVeryRecords) {
  PartLakes();
  EXPECT_EQ(Confirm(Pair("north", "lakes")), UnknownOther());
  OpenLink("harbor", "lakes");  // Of the same two persons.
  EXPECT_EQ(Confirm(Pair("north", "lakes")), UnknownOther());
  EXPECT_FALSE(Decided());
  OpenLink("lakes", "north");
  const absl::Status confirmed = Confirm(Pair("north", "lakes"));
  EXPECT_TRUE(confirmed.ok()) << confirmed;
  EXPECT_EQ(world_.state.link_decided.second_version(), 4u);
}

TEST_F(ConfirmTest, EveryRefusalOfTheIndexSoundsAlike) {
  absl::Status told;
  for (const absl::Status& refused :
       {absl::FailedPreconditionError("veto: birth_date"), absl::NotFoundError("second: unknown"),
        absl::AbortedError("second_version: the record has moved on"),
        absl::InvalidArgumentError("authority: no")}) {
    {
      const MutexLock lock(world_.state.mutex);
      world_.state.link_refused = refused;
    }
    const absl::Status status = Confirm(Pair("north", "lakes"));
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    if (told.ok()) told = status;
    EXPECT_EQ(status, told);
  }
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.link_refused = absl::UnavailableError("disk");
  }
  EXPECT_TRUE(absl::IsUnavailable(Confirm(Pair("north", "lakes"))));
  auto request = Pair("north", "lakes");
  request.clear_reason();
  EXPECT_TRUE(absl::IsInvalidArgument(Confirm(request)));
}

TEST_F(ConfirmTest, HiddenAndUnknownRecordsSoundAlike) {
  Deny({kLakes, "place/lakes/"});
  const absl::Status hidden = Confirm(Pair("north", "lakes"));
  auto request = Pair("north", "lakes");
  request.mutable_other()->set_id("L-404");
  const absl::Status unknown = Confirm(request);
  EXPECT_TRUE(absl::IsNotFound(hidden)) << hidden;
  EXPECT_EQ(hidden, unknown);
  EXPECT_FALSE(world_.state.link_decided.same_person());
}

// --- An id that a split retired ----------------------------------------------------------------

class SplitTest : public IdentityTest {
 protected:
  SplitTest() {
    world_.state.split_eid = "gone";
    mpi::v1::LinkEvent& split = world_.state.link_events.emplace_back();
    split.set_sequence(8);
    mpi::v1::MovedRecord& moved = *split.add_moved();
    *moved.mutable_patient() = PatientAt("lakes");
    moved.set_from_eid("gone");
    moved.set_to_eid("eid");
  }
  exchange::v1::SearchPatientsResponse Search(const std::string& eid) {
    exchange::v1::SearchPatientsRequest request;
    request.set_include_replaced(true);
    auto* condition = request.add_conditions();
    condition->set_field(mpi::v1::PERSON_FIELD_EID);
    condition->add_values(eid);
    const auto found = world_.gateway().CallAndWait<ExchangeService::SearchPatients>(
        EdgeWorld::As("north", "ETREAT"), request);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : exchange::v1::SearchPatientsResponse();
  }
};

TEST_F(SplitTest, IsToldToWhoMayKnowOfARecordThatItNamed) {
  EXPECT_THAT(Search("gone").split_eids(), ElementsAre("gone"));
}

TEST_F(SplitTest, IsLikeAnIdOfNobodyToOthers) {
  Deny({kLakes, "place/lakes/"});
  EXPECT_EQ(Search("gone").SerializeAsString(), Search("nobody").SerializeAsString());
}

}  // namespace
}  // namespace hie::edge
