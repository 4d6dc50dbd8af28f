// Stewards, registrars, recalls and golden views over fake roles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "gateway/edge/fake_roles.h"
#include "hie/exchange/v1/identity_service.methods.h"

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

class IdentityTest : public testing::Test {
 protected:
  IdentityTest() {
    for (const char* member : {"north", "lakes", "harbor"}) {
      registry::v1::LocatorEntry* entry = world_.state.located.add_locators();
      *entry->mutable_patient() = PatientAt(member);
      entry->set_member(member);
      entry->set_state(registry::v1::LOCATOR_STATE_CLAIMED);
      entry->add_facilities(std::string(member) + "-main");
    }
  }

  template <typename Method>
  absl::StatusOr<typename Method::Response> Call(const typename Method::Request& request,
                                                 const std::string& member = "hie") {
    return world_.gateway().CallAndWait<Method>(EdgeWorld::As(member, "PATADMIN"), request);
  }

  // Streams, and returns the messages with the end.
  template <typename Method>
  std::pair<std::vector<typename Method::Response>, absl::Status> Stream(
      const typename Method::Request& request, const std::string& member = "hie") {
    Mutex mutex;
    std::vector<typename Method::Response> messages;
    std::optional<absl::Status> end;
    CondVar changed;
    world_.gateway().Stream<Method>(
        EdgeWorld::As(member, "PATADMIN"), request,
        [&](const typename Method::Response& message) {
          const MutexLock lock(mutex);
          messages.push_back(message);
          return true;
        },
        [&](absl::Status status) {
          const MutexLock lock(mutex);
          end = std::move(status);
          changed.NotifyAll();
        });
    const MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return end.has_value(); });
    return {messages, *end};
  }

  // Ids of the patients that are on record under a word.
  std::set<std::string> OnRecord(const std::string& word) {
    std::set<std::string> ids;
    for (const Event& event : world_.Events()) {
      if (std::find(event.details().begin(), event.details().end(), word) == event.details().end())
        continue;
      ids.insert("");
      for (const auto& patient : event.patients()) ids.insert(patient.id());
    }
    return ids;
  }

  void Deny(const std::set<std::string>& items) {
    const MutexLock lock(world_.state.mutex);
    world_.state.denied = items;
  }

  EdgeWorld world_;
};

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

// --- Undo and recall ---------------------------------------------------------------------------

class RecallTest : public IdentityTest {
 protected:
  // North received an item of the record at lakes, harbor did not in the end.
  RecallTest() {
    world_.state.audit_tells = true;
    for (const char* member : {"north", "harbor"}) {
      Event& intent = world_.state.events.emplace_back();
      intent.set_type(audit::v1::EVENT_TYPE_INTENT);
      intent.set_event_id(std::string("intent-") + member);
      intent.mutable_actor()->set_member(member);
      *intent.add_patients() = PatientAt("lakes");
      intent.add_item_ids("doc-1");
    }
    Event& outcome = world_.state.events.emplace_back();
    outcome.set_type(audit::v1::EVENT_TYPE_OUTCOME);
    outcome.set_event_id("outcome-harbor");
    outcome.mutable_actor()->set_member("harbor");
    outcome.set_intent_event_id("intent-harbor");
    outcome.set_outcome(audit::v1::RELEASE_OUTCOME_NOT_RELEASED);
    *outcome.add_patients() = PatientAt("lakes");
    for (const int64_t filed : {500, 2'000}) {
      registry::v1::DocumentEntry& document = *world_.state.located.add_documents();
      document.set_id("doc-" + std::to_string(filed));
      *document.mutable_patient() = PatientAt("lakes");
      document.set_recorded_micros(filed);
    }
  }

  static exchange::v1::UndoEventRequest Undo(uint64_t sequence = 5) {
    exchange::v1::UndoEventRequest request;
    request.set_sequence(sequence);
    request.set_reason("cards compared");
    return request;
  }
};

TEST_F(RecallTest, AnUndoTellsWhatWasFiledAndWhoReceivedSince) {
  const auto undone = Call<IdentityService::UndoEvent>(Undo());
  ASSERT_TRUE(undone.ok()) << undone.status();
  EXPECT_EQ(undone->sequence(), 9u);
  EXPECT_TRUE(undone->exact());
  EXPECT_EQ(world_.state.undone.actor().member(), "hie");
  ASSERT_THAT(undone->fallout().filed(), SizeIs(1));
  EXPECT_EQ(undone->fallout().filed(0).id(), "doc-2000");
  ASSERT_THAT(undone->fallout().recalls(), SizeIs(1));
  EXPECT_EQ(undone->fallout().recalls(0).member(), "north");
  EXPECT_THAT(undone->fallout().recalls(0).item_ids(), ElementsAre("doc-1"));
  EXPECT_THAT(OnRecord("identity-fallout"), ElementsAre("", "L1"));
  EXPECT_THAT(OnRecord("recall-notice"), ElementsAre("", "L1"));
  EXPECT_TRUE(absl::IsNotFound(Call<IdentityService::UndoEvent>(Undo(6)).status()));
}

TEST_F(RecallTest, WhoIsToRecallReadsItsNoticeAndAcknowledges) {
  ASSERT_TRUE(Call<IdentityService::UndoEvent>(Undo()).ok());
  const auto open = Call<IdentityService::ListRecalls>({}, "north");
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_THAT(open->notices(), SizeIs(1));
  EXPECT_EQ(open->notices(0).sequence(), 9u);
  EXPECT_THAT(open->notices(0).item_ids(), ElementsAre("doc-1"));
  EXPECT_THAT(open->notices(0).patients(), IsEmpty());  // The record is of lakes.
  EXPECT_EQ(open->notices(0).acknowledged_micros(), 0);
  EXPECT_THAT(Call<IdentityService::ListRecalls>({}, "harbor")->notices(), IsEmpty());
  exchange::v1::AcknowledgeRecallRequest acknowledge;
  acknowledge.set_sequence(9);
  EXPECT_TRUE(
      absl::IsNotFound(Call<IdentityService::AcknowledgeRecall>(acknowledge, "harbor").status()));
  ASSERT_TRUE(Call<IdentityService::AcknowledgeRecall>(acknowledge, "north").ok());
  ASSERT_TRUE(Call<IdentityService::AcknowledgeRecall>(acknowledge, "north").ok());
  EXPECT_THAT(OnRecord("recall-acknowledged"), ElementsAre("", "L1"));
  exchange::v1::ListRecallsRequest open_only;
  open_only.set_open_only(true);
  EXPECT_THAT(Call<IdentityService::ListRecalls>(open_only, "north")->notices(), IsEmpty());
  open_only.set_member("north");
  EXPECT_TRUE(
      absl::IsPermissionDenied(Call<IdentityService::ListRecalls>(open_only, "harbor").status()));
  open_only.set_open_only(false);
  const auto all = Call<IdentityService::ListRecalls>(open_only);
  ASSERT_THAT(all->notices(), SizeIs(1));
  EXPECT_EQ(all->notices(0).acknowledged_by(), "dr");
  EXPECT_THAT(all->notices(0).patients(), SizeIs(1));
}

TEST_F(RecallTest, ANoticeIsAcknowledgedHoweverMuchIsNewer) {
  ASSERT_TRUE(Call<IdentityService::UndoEvent>(Undo()).ok());
  {
    const MutexLock lock(world_.state.mutex);
    Event newer;
    newer.set_type(audit::v1::EVENT_TYPE_QUERY);
    newer.mutable_actor()->set_member("north");
    world_.state.events.insert(world_.state.events.end(), 20'001, newer);
  }
  const auto listed = Call<IdentityService::ListRecalls>({}, "north");
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_TRUE(listed->truncated());
  EXPECT_THAT(listed->notices(), IsEmpty());
  exchange::v1::AcknowledgeRecallRequest acknowledge;
  acknowledge.set_sequence(9);
  ASSERT_TRUE(Call<IdentityService::AcknowledgeRecall>(acknowledge, "north").ok());
  EXPECT_THAT(OnRecord("recall-acknowledged"), ElementsAre("", "L1"));
  acknowledge.set_sequence(8);
  EXPECT_TRUE(
      absl::IsNotFound(Call<IdentityService::AcknowledgeRecall>(acknowledge, "north").status()));
}

TEST_F(RecallTest, TheFalloutOfAnEventIsToldAgainAndNoticeIsGivenOnce) {
  ASSERT_TRUE(Call<IdentityService::UndoEvent>(Undo()).ok());
  mpi::v1::LinkEvent& event = world_.state.link_events.emplace_back();
  event.set_sequence(5);
  event.set_micros(1'000);
  mpi::v1::LinkEvent& undo = world_.state.link_events.emplace_back();
  undo.set_sequence(9);
  undo.set_undoes(5);
  mpi::v1::MovedRecord& moved = *undo.add_moved();
  *moved.mutable_patient() = PatientAt("lakes");
  moved.set_from_eid("eid");
  moved.set_to_eid("eid-2");
  undo.add_persons()->set_eid("eid");
  undo.mutable_persons(0)->set_fate(mpi::v1::PERSON_FATE_RETIRED);
  const size_t before = world_.Events().size();
  exchange::v1::GetFalloutRequest request;
  request.set_sequence(9);
  const auto again = Call<IdentityService::GetFallout>(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->fallout().since_micros(), 1'000);
  EXPECT_THAT(again->fallout().recalls(), SizeIs(1));
  EXPECT_EQ(world_.Events().size(), before + 1);  // The reading.
  request.set_sequence(7);
  EXPECT_TRUE(absl::IsNotFound(Call<IdentityService::GetFallout>(request).status()));
}

TEST_F(RecallTest, AnEventThatPartedNobodyGivesNoNotice) {
  mpi::v1::LinkEvent& merged = world_.state.link_events.emplace_back();
  merged.set_sequence(5);
  merged.set_kind(mpi::v1::EVENT_KIND_MERGED);
  mpi::v1::MovedRecord& moved = *merged.add_moved();
  *moved.mutable_patient() = PatientAt("lakes");
  moved.set_from_eid("eid-2");
  moved.set_to_eid("eid");
  merged.add_persons()->set_eid("eid-2");
  merged.mutable_persons(0)->set_fate(mpi::v1::PERSON_FATE_REDIRECTED);
  const size_t before = world_.Events().size();
  exchange::v1::GetFalloutRequest request;
  request.set_sequence(5);
  const auto refused = Call<IdentityService::GetFallout>(request);
  EXPECT_EQ(refused.status(), absl::FailedPreconditionError("event: parted nobody"));
  EXPECT_EQ(world_.Events().size(), before);
}

TEST_F(RecallTest, TheFalloutOfASplitIsOfThePartedPersonAlone) {
  mpi::v1::LinkEvent& split = world_.state.link_events.emplace_back();
  split.set_sequence(5);
  for (const auto& [member, from] : {std::pair("lakes", "gone"), std::pair("harbor", "whole")}) {
    mpi::v1::MovedRecord& moved = *split.add_moved();
    *moved.mutable_patient() = PatientAt(member);
    moved.set_from_eid(from);
    moved.set_to_eid("eid");
  }
  split.add_persons()->set_eid("gone");
  split.mutable_persons(0)->set_fate(mpi::v1::PERSON_FATE_RETIRED);
  exchange::v1::GetFalloutRequest request;
  request.set_sequence(5);
  const auto told = Call<IdentityService::GetFallout>(request);
  ASSERT_TRUE(told.ok()) << told.status();
  ASSERT_THAT(told->fallout().affected(), SizeIs(1));
  EXPECT_EQ(told->fallout().affected(0).id(), "L1");
  EXPECT_EQ(told->fallout().since_micros(), 0);
  EXPECT_THAT(OnRecord("recall-notice"), ElementsAre("", "L1"));
}

TEST_F(RecallTest, AnUndoWhoseFalloutCannotBeToldSaysThatItIsDone) {
  world_.state.audit_down = absl::UnavailableError("disk");
  const auto undone = Call<IdentityService::UndoEvent>(Undo());
  EXPECT_TRUE(absl::IsUnavailable(undone.status()));
  EXPECT_THAT(std::string(undone.status().message()), testing::HasSubstr("undone as 9"));
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
