#include "gateway/edge/identity_recall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/edge/identity_fixture.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::IdentityService;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

common::v1::LocalPatient Patient(const std::string& id) {
  common::v1::LocalPatient patient;
  patient.set_assigning_authority("2.999.1");
  patient.set_id(id);
  patient.set_incarnation(1);
  return patient;
}

void Move(mpi::v1::LinkEvent& event, const std::string& id, const std::string& from,
          const std::string& to) {
  mpi::v1::MovedRecord& moved = *event.add_moved();
  *moved.mutable_patient() = Patient(id);
  moved.set_from_eid(from);
  moved.set_to_eid(to);
}

mpi::v1::LinkEvent Event(uint64_t sequence) {
  mpi::v1::LinkEvent event;
  event.set_sequence(sequence);
  event.set_micros(static_cast<int64_t>(sequence) * 100);
  return event;
}

audit::v1::Leaf Leaf(audit::v1::EventType type, const std::string& id, const std::string& member,
                     int64_t micros) {
  audit::v1::Leaf leaf;
  leaf.set_type(type);
  leaf.set_event_id(id);
  leaf.set_member(member);
  leaf.set_time_micros(micros);
  return leaf;
}

audit::v1::Leaf Intent(const std::string& id, const std::string& member, int64_t micros) {
  audit::v1::Leaf leaf = Leaf(audit::v1::EVENT_TYPE_INTENT, id, member, micros);
  leaf.add_item_ids("item-" + id);
  return leaf;
}

audit::v1::Leaf Outcome(const std::string& intent, audit::v1::ReleaseOutcome outcome) {
  audit::v1::Leaf leaf = Leaf(audit::v1::EVENT_TYPE_OUTCOME, intent + "/o", "north", 500);
  leaf.set_intent_event_id(intent);
  leaf.set_outcome(outcome);
  return leaf;
}

void Fate(mpi::v1::LinkEvent& event, const std::string& eid, mpi::v1::PersonFate fate) {
  mpi::v1::PersonChange& person = *event.add_persons();
  person.set_eid(eid);
  person.set_fate(fate);
}

std::vector<std::string> PartedIds(const mpi::v1::LinkEvent& event) {
  std::vector<std::string> ids;
  for (const mpi::v1::MovedRecord& moved : PartedBy(event)) ids.push_back(moved.patient().id());
  return ids;
}

TEST(PartedByTest, ALinkAndAMergePartNobody) {
  mpi::v1::LinkEvent linked = Event(4);
  Move(linked, "a", "", "old");
  Move(linked, "b", "", "other");
  EXPECT_THAT(PartedIds(linked), IsEmpty());
  mpi::v1::LinkEvent merged = Event(5);
  Move(merged, "a", "young", "old");
  Move(merged, "b", "young", "old");
  Fate(merged, "old", mpi::v1::PERSON_FATE_CHANGED);
  Fate(merged, "young", mpi::v1::PERSON_FATE_REDIRECTED);
  EXPECT_THAT(PartedIds(merged), IsEmpty());
}

TEST(PartedByTest, OnlyRecordsOfPersonsThatFellApartAreAffected) {
  mpi::v1::LinkEvent divided = Event(6);
  Move(divided, "a", "old", "new-1");
  Move(divided, "b", "old", "new-2");
  Move(divided, "c", "young", "new-2");
  Move(divided, "d", "", "new-2");
  Fate(divided, "young", mpi::v1::PERSON_FATE_REDIRECTED);
  EXPECT_THAT(PartedIds(divided), ElementsAre("a", "b"));
  mpi::v1::LinkEvent retired = Event(7);
  Move(retired, "a", "old", "new-1");
  Move(retired, "b", "young", "new-1");
  Fate(retired, "old", mpi::v1::PERSON_FATE_RETIRED);
  EXPECT_THAT(PartedIds(retired), ElementsAre("a"));
}

TEST(TogetherSinceTest, OfAnUndoItIsTheEventThatWasUndone) {
  const mpi::v1::LinkEvent undone = Event(3);
  EXPECT_EQ(TogetherSince(Event(9), &undone, {}), 300);
}

TEST(TogetherSinceTest, OfASplitItIsWhenTheSecondPartCame) {
  mpi::v1::LinkEvent made = Event(1);
  Move(made, "a", "", "old");
  mpi::v1::LinkEvent joined = Event(4);
  Move(joined, "b", "", "old");
  mpi::v1::LinkEvent later = Event(6);
  Move(later, "c", "", "old");
  mpi::v1::LinkEvent split = Event(8);
  Move(split, "a", "old", "new-1");
  Move(split, "b", "old", "new-2");
  Move(split, "c", "old", "new-2");
  EXPECT_EQ(TogetherSince(split, nullptr, {made, joined, later, split}), 400);
  // What the history does not tell is as if it had always been so.
  EXPECT_EQ(TogetherSince(split, nullptr, {made, split}), 0);
}

TEST(TogetherSinceTest, OfOneThatLeftItIsWhenItCame) {
  mpi::v1::LinkEvent joined = Event(4);
  Move(joined, "b", "", "old");
  mpi::v1::LinkEvent left = Event(8);
  Move(left, "b", "old", "new");
  EXPECT_EQ(TogetherSince(left, nullptr, {joined, left}), 400);
}

TEST(RecallFinderTest, WhoReceivedSinceIsNamedWithItsItems) {
  RecallFinder finder(9, 100);
  finder.Take(Intent("a", "north", 150));
  finder.Take(Intent("b", "north", 200));
  finder.Take(Intent("c", "harbor", 120));
  finder.Take(Intent("old", "dunes", 99));
  finder.Take(Intent("a", "north", 150));
  const auto recalls = finder.Recalls();
  ASSERT_THAT(recalls, SizeIs(2));
  EXPECT_EQ(recalls[0].member(), "harbor");
  EXPECT_EQ(recalls[1].member(), "north");
  EXPECT_THAT(recalls[1].item_ids(), ElementsAre("item-a", "item-b"));
  EXPECT_EQ(recalls[1].last_release_micros(), 200);
}

TEST(RecallFinderTest, OnlyWhatWasSaidNotToHaveLeftDoesNotCount) {
  for (const auto& [outcome, received] :
       {std::pair(audit::v1::RELEASE_OUTCOME_NOT_RELEASED, size_t{0}),
        std::pair(audit::v1::RELEASE_OUTCOME_RELEASED, size_t{1}),
        std::pair(audit::v1::RELEASE_OUTCOME_BROKEN, size_t{1})}) {
    RecallFinder finder(9, 100);
    finder.Take(Outcome("a", outcome));
    finder.Take(Intent("a", "north", 150));
    EXPECT_THAT(finder.Recalls(), SizeIs(received));
  }
}

TEST(RecallFinderTest, NoticesAndAcknowledgementsOfThisEventAreKnown) {
  RecallFinder finder(9, 100);
  finder.Take(Intent("a", "north", 150));
  audit::v1::Leaf notice =
      Leaf(audit::v1::EVENT_TYPE_SAFETY, RecallEventId(9, "north"), "hie", 300);
  notice.set_custodian("north");
  EXPECT_EQ(RecallOf(notice), 9u);
  EXPECT_EQ(RecallAcknowledgedOf(notice), 0u);
  audit::v1::Leaf acknowledged =
      Leaf(audit::v1::EVENT_TYPE_SAFETY, RecallAcknowledgedEventId(9, "north"), "north", 400);
  acknowledged.set_user("officer");
  EXPECT_EQ(RecallAcknowledgedOf(acknowledged), 9u);
  EXPECT_FALSE(finder.Noticed("north"));
  finder.Take(notice);
  finder.Take(acknowledged);
  EXPECT_TRUE(finder.Noticed("north"));
  EXPECT_EQ(finder.Recalls()[0].acknowledged_micros(), 400);
  EXPECT_EQ(finder.Recalls()[0].acknowledged_by(), "officer");
  RecallFinder other(8, 100);
  other.Take(notice);
  EXPECT_FALSE(other.Noticed("north"));
}

TEST(RecallFinderTest, EventIdsFitTheAudit) {
  const std::string member(128, 'm');
  EXPECT_LE(RecallAcknowledgedEventId(UINT64_MAX, member).size(), 64u);
  EXPECT_NE(RecallEventId(1, "north"), RecallEventId(1, "lakes"));
  EXPECT_THAT(RecallFinder(1, 0).Recalls(), IsEmpty());
}

// --- Undo and recall ---------------------------------------------------------------------------

class RecallTest : public IdentityTest {
 protected:
  // North received an item of the record at lakes, harbor did not in the end.
  RecallTest() {
    world_.state.audit_tells = true;
    for (const char* member : {"north", "harbor"}) {
      audit::v1::Event& intent = world_.state.events.emplace_back();
      intent.set_type(audit::v1::EVENT_TYPE_INTENT);
      intent.set_event_id(std::string("intent-") + member);
      intent.mutable_actor()->set_member(member);
      *intent.add_patients() = PatientAt("lakes");
      intent.add_item_ids("doc-1");
    }
    audit::v1::Event& outcome = world_.state.events.emplace_back();
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
    audit::v1::Event newer;
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

// --- What somebody's word parted ---

class PartingTest : public RecallTest {
 protected:
  PartingTest() {
    for (const uint64_t sequence : {4, 8}) {
      mpi::v1::LinkEvent& event = world_.state.link_events.emplace_back();
      event.set_sequence(sequence);
      mpi::v1::MovedRecord& moved = *event.add_moved();
      *moved.mutable_patient() = PatientAt("lakes");
      moved.set_from_eid(sequence == 4 ? "older" : "gone");
      moved.set_to_eid(sequence == 4 ? "gone" : "new");
    }
    Parting().add_persons()->set_eid("gone");
    Parting().mutable_persons(0)->set_fate(mpi::v1::PERSON_FATE_RETIRED);
  }
  mpi::v1::LinkEvent& Parting() { return world_.state.link_events[1]; }
  void DecideDifferent() {
    mpi::v1::DecisionChange& change = *Parting().add_decisions();
    *change.mutable_first() = PatientAt("harbor");
    *change.mutable_second() = PatientAt("lakes");
    change.mutable_after()->set_same_person(false);
    world_.state.link_reply.set_first_eid("new");
    world_.state.link_reply.set_second_eid("rest");
  }
  static exchange::v1::DecideLinkRequest Different() {
    exchange::v1::DecideLinkRequest request;
    *request.mutable_first() = PatientAt("lakes");
    request.mutable_first()->set_incarnation(0);
    *request.mutable_second() = PatientAt("harbor");
    request.set_reason("cards compared");
    return request;
  }
  static exchange::v1::DecideTaskRequest Answer(mpi::v1::TaskVerdict verdict) {
    exchange::v1::DecideTaskRequest request;
    request.set_task(7);
    request.set_verdict(verdict);
    return request;
  }
  bool Noticed(const std::string& event_id) {
    return world_.Eventually([&](const std::vector<audit::v1::Event>& events) {
      return std::any_of(events.begin(), events.end(), [&](const audit::v1::Event& event) {
        return event.event_id() == event_id;
      });
    });
  }
};

TEST_F(PartingTest, ATaskThatIsDecidedDifferentGivesNotice) {
  world_.state.task_sequence = 8;
  ASSERT_TRUE(Call<IdentityService::DecideTask>(Answer(mpi::v1::TASK_VERDICT_DIFFERENT)).ok());
  EXPECT_TRUE(Noticed(RecallEventId(8, "north")));
  EXPECT_THAT(OnRecord("recall-notice"), ElementsAre("", "L1"));
  EXPECT_THAT(OnRecord("identity-fallout"), IsEmpty());  // Nobody reads.
}

TEST_F(PartingTest, ALinkThatIsDecidedAgainstGivesNoticeOfThatEvent) {
  DecideDifferent();
  ASSERT_TRUE(
      world_.gateway()
          .CallAndWait<ExchangeService::DecideLink>(EdgeWorld::As("hie", "PATADMIN"), Different())
          .ok());
  EXPECT_TRUE(Noticed(RecallEventId(8, "north")));
}

TEST_F(PartingTest, AnUnmergeGivesNoticeInTheOperatorsName) {
  mpi::v1::StandingChange& standing = *Parting().add_standings();
  *standing.mutable_patient() = PatientAt("lakes");
  standing.set_kind(mpi::v1::STANDING_KIND_UNMERGED);
  world_.state.unmerged_eid = "new";
  exchange::v1::UnmergePatientRequest request;
  *request.mutable_subsumed() = PatientAt("lakes");
  ASSERT_TRUE(world_.gateway()
                  .CallAndWait<ExchangeService::UnmergePatient>(
                      EdgeWorld::As("lakes", "PATADMIN", "registrar"), request)
                  .ok());
  ASSERT_TRUE(Noticed(RecallEventId(8, "north")));
  for (const audit::v1::Event& event : world_.Events()) {
    if (event.event_id() == RecallEventId(8, "north")) {
      EXPECT_EQ(event.actor().member(), "hie");
      EXPECT_EQ(event.custodian(), "north");
    }
  }
}

TEST_F(PartingTest, WhereNobodyWasPartedNothingFollows) {
  world_.state.task_sequence = 4;  // It moved a record to another person, whole.
  const size_t before = world_.Events().size();
  {
    testing::internal::CaptureStderr();
    EdgeWorld world;
    world.state.task_sequence = 4;
    world.state.link_events = {world_.state.link_events[0]};
    ASSERT_TRUE(world.gateway()
                    .CallAndWait<IdentityService::DecideTask>(
                        EdgeWorld::As("hie", "PATADMIN"), Answer(mpi::v1::TASK_VERDICT_DIFFERENT))
                    .ok());
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::Not(HasSubstr("fallout")));
  ASSERT_TRUE(Call<IdentityService::DecideTask>(Answer(mpi::v1::TASK_VERDICT_SAME)).ok());
  EXPECT_EQ(world_.Events().size(), before);
}

TEST(PartingLogTest, WhatCouldNotBeGatheredIsLoggedAndTheAnswerStands) {
  testing::internal::CaptureStderr();
  {
    EdgeWorld world;
    world.state.task_sequence = 8;
    world.state.find_down = absl::UnavailableError("disk of L1");
    mpi::v1::LinkEvent& event = world.state.link_events.emplace_back();
    event.set_sequence(8);
    for (const char* to : {"one", "two"}) {
      mpi::v1::MovedRecord& moved = *event.add_moved();
      *moved.mutable_patient() = PatientAt(to == std::string("one") ? "lakes" : "harbor");
      moved.set_from_eid("gone");
      moved.set_to_eid(to);
    }
    exchange::v1::DecideTaskRequest request;
    request.set_task(7);
    request.set_verdict(mpi::v1::TASK_VERDICT_DIFFERENT);
    const auto decided = world.gateway().CallAndWait<IdentityService::DecideTask>(
        EdgeWorld::As("hie", "PATADMIN"), request);
    ASSERT_TRUE(decided.ok()) << decided.status();
    EXPECT_EQ(decided->sequence(), 8u);
  }  // Waits for what is in flight.
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("fallout-not-gathered"));
  EXPECT_THAT(log, HasSubstr("\"sequence\":8"));
  EXPECT_THAT(log, testing::Not(HasSubstr("L1")));
}

}  // namespace
}  // namespace hie::edge
