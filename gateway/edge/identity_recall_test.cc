#include "gateway/edge/identity_recall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hie::edge {
namespace {

using testing::ElementsAre;
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

}  // namespace
}  // namespace hie::edge
