#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mpi/service/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUpdate = v1::REGISTER_KIND_UPDATE;
constexpr auto kArrival = v1::REGISTER_KIND_ARRIVAL;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

common::v1::Demographics Olga() { return AtHome(Person("Larssen", "Olga", "1980-03-05")); }
common::v1::Demographics Isai() { return AtHome(Person("Quimby", "Isai", "1951-11-23")); }

class MergeServiceTest : public ServiceFixture {
 protected:
  // The record of a key within its person.
  v1::Record RecordOf(const v1::Person& person, const char* id) {
    for (const v1::Record& record : person.records()) {
      if (record.patient().id() == id) return record;
    }
    ADD_FAILURE() << "no record " << id;
    return {};
  }
};

// The lines of the merge table, on an index that holds 1, 2, a (merged into 1) and 9 elsewhere.
struct MergeLine {
  const char* name;
  const char* survivor;
  const char* subsumed;
  const char* authority = kLakes;  // Of the subsumed id.
  bool said = false;               // Demographics came with the survivor.
  bool tombstone = false;
  v1::MergeOutcome outcome;
};
void PrintTo(const MergeLine& line, std::ostream* out) { *out << line.name; }

class MergeTableTest : public MergeServiceTest, public ::testing::WithParamInterface<MergeLine> {};

TEST_P(MergeTableTest, HoldsForTheService) {
  const MergeLine& line = GetParam();
  Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Isai());
  Register(Key(kLakes, "a"), Person("Smith", "John", "1970-01-02"));
  Register(Key(kHills, "9"), Person("Vega", "Ana", "1961-04-02"));
  ASSERT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "a")}}), IsOk());
  const size_t events = OutboxRows();
  v1::MergeRecordsRequest request;
  request.mutable_actor()->set_member("lakes");
  v1::MergePair& pair = *request.add_pairs();
  *pair.mutable_survivor() = Key(kLakes, line.survivor);
  *pair.mutable_subsumed() = Key(line.authority, line.subsumed);
  if (line.said) *pair.mutable_survivor_demographics() = Olga();
  request.set_create_tombstone(line.tombstone);
  const auto response = ValueOrDie(role_->service().MergeRecords(request));
  ASSERT_THAT(response.outcomes(), ElementsAre(line.outcome));
  const bool merged = line.outcome == v1::MERGE_OUTCOME_MERGED;
  EXPECT_EQ(OutboxRows() > events, merged);
  EXPECT_EQ(response.eids_size(), merged || line.outcome == v1::MERGE_OUTCOME_REPEATED ? 1 : 0);
  if (!merged) return;
  const v1::Person person = ValueOrDie(Resolve(Key(kLakes, line.subsumed)));
  EXPECT_EQ(person.eid(), response.eids(0));
  EXPECT_EQ(RecordOf(person, line.subsumed).merged_into().id(), line.survivor);
  EXPECT_EQ(ValueOrDie(Resolve(Key(kLakes, line.survivor))).eid(), response.eids(0));
}

INSTANTIATE_TEST_SUITE_P(
    Table, MergeTableTest,
    ::testing::Values(MergeLine{.name = "Ok",
                                .survivor = "1",
                                .subsumed = "2",
                                .outcome = v1::MERGE_OUTCOME_MERGED},
                      MergeLine{.name = "DifferentAuthorities",
                                .survivor = "1",
                                .subsumed = "9",
                                .authority = kHills,
                                .outcome = v1::MERGE_OUTCOME_DOMAINS_DIFFER},
                      MergeLine{.name = "SameId",
                                .survivor = "1",
                                .subsumed = "1",
                                .outcome = v1::MERGE_OUTCOME_SAME_ID},
                      MergeLine{.name = "SubsumedUnknown",
                                .survivor = "1",
                                .subsumed = "404",
                                .outcome = v1::MERGE_OUTCOME_SUBSUMED_UNKNOWN},
                      MergeLine{.name = "SubsumedUnknownTombstone",
                                .survivor = "1",
                                .subsumed = "404",
                                .tombstone = true,
                                .outcome = v1::MERGE_OUTCOME_MERGED},
                      MergeLine{.name = "SurvivorUnknown",
                                .survivor = "404",
                                .subsumed = "1",
                                .outcome = v1::MERGE_OUTCOME_SURVIVOR_UNKNOWN},
                      MergeLine{.name = "SurvivorUnknownCreated",
                                .survivor = "404",
                                .subsumed = "1",
                                .said = true,
                                .outcome = v1::MERGE_OUTCOME_MERGED},
                      MergeLine{.name = "BothUnknownCreatedWithTombstone",
                                .survivor = "404",
                                .subsumed = "405",
                                .said = true,
                                .tombstone = true,
                                .outcome = v1::MERGE_OUTCOME_MERGED},
                      MergeLine{.name = "Repeat",
                                .survivor = "1",
                                .subsumed = "a",
                                .outcome = v1::MERGE_OUTCOME_REPEATED},
                      MergeLine{.name = "MergedElsewhere",
                                .survivor = "2",
                                .subsumed = "a",
                                .outcome = v1::MERGE_OUTCOME_MERGED_ELSEWHERE},
                      MergeLine{.name = "SurvivorSubsumed",
                                .survivor = "a",
                                .subsumed = "2",
                                .outcome = v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED},
                      MergeLine{.name = "Cycle",
                                .survivor = "a",
                                .subsumed = "1",
                                .outcome = v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(MergeServiceTest, AChainResolvesToItsEnd) {
  Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Isai());
  const auto end = Register(Key(kLakes, "3"), Person("Smith", "John", "1970-01-02"));
  EXPECT_THAT(Merge({{Key(kLakes, "2"), Key(kLakes, "1")}}), IsOk());
  const auto merged = ValueOrDie(Merge({{Key(kLakes, "3"), Key(kLakes, "2")}}));
  const v1::Person person = ValueOrDie(Resolve(Key(kLakes, "1")));
  EXPECT_EQ(person.eid(), merged.eids(0));
  EXPECT_EQ(ValueOrDie(Resolve(end.eid())).eid(), person.eid());
  ASSERT_THAT(person.records(), SizeIs(3));
  EXPECT_EQ(RecordOf(person, "1").merged_into().id(), "2");
  EXPECT_EQ(RecordOf(person, "2").merged_into().id(), "3");
  EXPECT_FALSE(RecordOf(person, "3").has_merged_into());
  // The old message again is a repetition, though its survivor went itself.
  EXPECT_THAT(ValueOrDie(Merge({{Key(kLakes, "2"), Key(kLakes, "1")}})).outcomes(),
              ElementsAre(v1::MERGE_OUTCOME_REPEATED));
}

TEST_F(MergeServiceTest, AllPairsOrNone) {
  Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Isai());
  const size_t events = OutboxRows();
  const auto refused = ValueOrDie(
      Merge({{Key(kLakes, "1"), Key(kLakes, "2")}, {Key(kLakes, "1"), Key(kLakes, "x")}}));
  EXPECT_THAT(refused.outcomes(),
              ElementsAre(v1::MERGE_OUTCOME_MERGED, v1::MERGE_OUTCOME_SUBSUMED_UNKNOWN));
  EXPECT_THAT(refused.eids(), IsEmpty());
  EXPECT_EQ(OutboxRows(), events);
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "2"))).records(), SizeIs(1));
  // A later pair sees what an earlier one did.
  const auto chain = ValueOrDie(
      Merge({{Key(kLakes, "1"), Key(kLakes, "2")}, {Key(kLakes, "1"), Key(kLakes, "2")}}));
  EXPECT_THAT(chain.outcomes(), ElementsAre(v1::MERGE_OUTCOME_MERGED, v1::MERGE_OUTCOME_REPEATED));
}

TEST_F(MergeServiceTest, AMergedRecordTakesNoPartInMatching) {
  Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Isai());
  ASSERT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}}), IsOk());
  const auto isai = Register(Key(kHills, "7"), Isai());
  EXPECT_EQ(isai.outcome(), v1::LINK_OUTCOME_NEW);
  EXPECT_THAT(ValueOrDie(Search(Isai())).candidates(), SizeIs(1));
  const auto olga = Register(Key(kHills, "8"), Olga());
  EXPECT_EQ(olga.outcome(), v1::LINK_OUTCOME_LINKED);
}

TEST_F(MergeServiceTest, TheOldestEidSurvivesAndTheOtherRedirects) {
  const auto a = Register(Key(kLakes, "1"), Olga());
  const auto b = Register(Key(kLakes, "2"), Isai());
  const auto merged = ValueOrDie(Merge({{Key(kLakes, "2"), Key(kLakes, "1")}}));
  EXPECT_EQ(merged.eids(0), a.eid());
  EXPECT_EQ(ValueOrDie(Resolve(b.eid())).eid(), a.eid());
  EXPECT_THAT(Confirm(a.eid(), a.link_version()), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(MergeServiceTest, CompanionsWhoContradictTheSurvivorStayBehindUnderReview) {
  const auto olga = Register(Key(kLakes, "1"), Olga());
  ASSERT_EQ(Register(Key(kHills, "7"), Olga()).eid(), olga.eid());
  const auto isai = Register(Key(kLakes, "2"), Isai());
  const auto merged = ValueOrDie(Merge({{Key(kLakes, "2"), Key(kLakes, "1")}}));
  EXPECT_EQ(merged.eids(0), isai.eid());
  // The person that was parted is retired; who held its id asks again.
  EXPECT_THAT(Resolve(olga.eid()), StatusIs(kPrecondition, HasSubstr("identity-split")));
  const v1::Person left = ValueOrDie(Resolve(Key(kHills, "7")));
  EXPECT_THAT(left.records(), SizeIs(1));
  ASSERT_THAT(left.possible(), SizeIs(1));
  EXPECT_EQ(left.possible(0).patient().id(), "1");
  EXPECT_EQ(ValueOrDie(Unmerge(Key(kLakes, "1"))).eid(), left.eid());
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "1"))).records(), SizeIs(2));
  EXPECT_THAT(ValueOrDie(Resolve(Key(kHills, "7"))).possible(), IsEmpty());
}

TEST_F(MergeServiceTest, CompanionsWhoAreTheSurvivorTooComeAlong) {
  auto known = WithSsn(Olga(), "657680344");
  Register(Key(kLakes, "1"), known);
  Register(Key(kHills, "7"), known);
  const auto later = WithSsn(Olga(), "657680344");
  const auto survivor = Register(Key(kLakes, "2"), Person("Larssen", "Olga", "1980-03-05"));
  ASSERT_THAT(Merge({{Key(kLakes, "2"), Key(kLakes, "1")}}), IsOk());
  EXPECT_EQ(ValueOrDie(Resolve(Key(kHills, "7"))).eid(),
            ValueOrDie(Resolve(Key(kLakes, "2"))).eid());
}

TEST_F(MergeServiceTest, ADecisionOutweighsTheSource) {
  Register(Key(kLakes, "1"), Person("Smith", "John", "1980-03-05"));
  Register(Key(kLakes, "2"), Person("Smith", "John", "1980-03-05"));
  ASSERT_THAT(Decide(Key(kLakes, "1"), Key(kLakes, "2"), false), IsOk());
  EXPECT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}}),
              StatusIs(kPrecondition, HasSubstr("decided")));
  // What was decided of an id holds on after it was merged away.
  Register(Key(kHills, "7"), Person("Smith", "John", "1980-03-05"));
  Register(Key(kLakes, "3"), Person("Smith", "John", "1980-03-05"));
  ASSERT_THAT(Decide(Key(kLakes, "3"), Key(kHills, "7"), false), IsOk());
  ASSERT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "3")}}), IsOk());
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "7"), true), StatusIs(kPrecondition));
}

TEST_F(MergeServiceTest, AnUnmergeParts) {
  const auto a = Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Isai());
  ASSERT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}}), IsOk());
  Register(Key(kHills, "8"), Olga());  // Joins the survivor, and stays with it.
  const auto parted = ValueOrDie(Unmerge(Key(kLakes, "2")));
  EXPECT_THAT(ValueOrDie(Resolve(parted.eid())).records(), SizeIs(1));
  EXPECT_FALSE(RecordOf(ValueOrDie(Resolve(Key(kLakes, "2"))), "2").has_merged_into());
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "1"))).records(), SizeIs(2));
  EXPECT_THAT(Resolve(a.eid()), StatusIs(kPrecondition, HasSubstr("identity-split")));
  EXPECT_THAT(Unmerge(Key(kLakes, "2")), StatusIs(kPrecondition));
  EXPECT_THAT(Unmerge(Key(kLakes, "404")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Register(Key(kHills, "7"), Isai()).eid(), parted.eid());
}

TEST_F(MergeServiceTest, AnUpdateOfAMergedIdIsHistoryOnly) {
  Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Olga());
  ASSERT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}}), IsOk());
  const v1::Person before = ValueOrDie(Resolve(Key(kLakes, "1")));
  for (const auto kind : {kUpdate, v1::REGISTER_KIND_UNSPECIFIED, kUpdate}) {
    const auto kept = ValueOrDie(Feed(Key(kLakes, "2"), Isai(), kind));
    EXPECT_EQ(kept.outcome(), v1::LINK_OUTCOME_MERGED_AWAY);
    EXPECT_EQ(kept.eid(), before.eid());
    EXPECT_FALSE(kept.created());
  }
  EXPECT_EQ(ValueOrDie(Resolve(Key(kLakes, "1"))).SerializeAsString(), before.SerializeAsString());
}

TEST_F(MergeServiceTest, AnArrivalOnAMergedIdIsHeld) {
  Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Olga());
  ASSERT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}}), IsOk());
  const auto held = ValueOrDie(Feed(Key(kLakes, "2"), Isai(), kArrival));
  EXPECT_EQ(held.outcome(), v1::LINK_OUTCOME_HELD);
  EXPECT_EQ(held.patient().incarnation(), 2u);
  EXPECT_TRUE(held.created());
  EXPECT_THAT(Resolve(Key(kLakes, "2")), StatusIs(kPrecondition, HasSubstr("identity-hold")));
  EXPECT_EQ(ValueOrDie(Feed(Key(kLakes, "2"), Isai(), kUpdate)).outcome(), v1::LINK_OUTCOME_HELD);
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "1"))).records(), SizeIs(2));
  ASSERT_THAT(Decide(Key(kLakes, "2", 1), Key(kLakes, "2", 2), false), IsOk());
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "2"))).records(), SizeIs(1));
}

TEST_F(MergeServiceTest, ARemovedRecordLeavesItsDenialsAndNothingElse) {
  const auto olga = Register(Key(kLakes, "1"), Olga());
  ASSERT_EQ(Register(Key(kHills, "7"), Olga()).eid(), olga.eid());
  ASSERT_THAT(Remove(Key(kLakes, "1")), IsOk());
  const size_t events = OutboxRows();
  EXPECT_THAT(Remove(Key(kLakes, "1")), IsOk());
  EXPECT_EQ(OutboxRows(), events);
  EXPECT_THAT(Remove(Key(kLakes, "404")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Resolve(Key(kLakes, "1")), StatusIs(absl::StatusCode::kNotFound));
  const v1::Person person = ValueOrDie(Resolve(Key(kHills, "7")));
  EXPECT_EQ(person.eid(), olga.eid());
  ASSERT_THAT(person.records(), SizeIs(2));
  const v1::Record removed = RecordOf(person, "1");
  EXPECT_TRUE(removed.removed());
  EXPECT_FALSE(removed.has_demographics());
  EXPECT_THAT(removed.history(), IsEmpty());
  EXPECT_THAT(Confirm(olga.eid(), olga.link_version()), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(MergeServiceTest, WhatFollowsARemovalIsHeld) {
  Register(Key(kLakes, "1"), Olga());
  ASSERT_THAT(Remove(Key(kLakes, "1")), IsOk());
  EXPECT_THAT(ValueOrDie(Search(Olga())).candidates(), IsEmpty());
  const auto held = Register(Key(kLakes, "1"), Olga());
  EXPECT_EQ(held.outcome(), v1::LINK_OUTCOME_HELD);
  EXPECT_EQ(held.patient().incarnation(), 2u);
  ASSERT_THAT(Decide(Key(kLakes, "1", 1), Key(kLakes, "1", 2), true), IsOk());
  const v1::Person person = ValueOrDie(Resolve(Key(kLakes, "1")));
  EXPECT_THAT(person.records(), SizeIs(2));
}

TEST_F(MergeServiceTest, ARemovedIdIsNoSurvivor) {
  Register(Key(kLakes, "1"), Olga());
  Register(Key(kLakes, "2"), Olga());
  ASSERT_THAT(Remove(Key(kLakes, "1")), IsOk());
  EXPECT_THAT(ValueOrDie(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}})).outcomes(),
              ElementsAre(v1::MERGE_OUTCOME_SURVIVOR_UNKNOWN));
}

TEST_F(MergeServiceTest, AStaleUpdateChangesNothing) {
  ASSERT_THAT(Feed(Key(kLakes, "1"), Olga(), kUpdate, 100), IsOk());
  auto moved = Olga();
  moved.add_phones("906-111-2233");
  const auto newer = ValueOrDie(Feed(Key(kLakes, "1"), moved, kUpdate, 300));
  EXPECT_EQ(newer.version(), 2u);
  auto between = Olga();
  between.add_phones("906-444-5566");
  const size_t events = OutboxRows();
  for (int i = 0; i < 2; ++i) {
    const auto stale = ValueOrDie(Feed(Key(kLakes, "1"), between, kUpdate, 200));
    EXPECT_EQ(stale.outcome(), v1::LINK_OUTCOME_STALE);
    EXPECT_EQ(stale.version(), 2u);
    EXPECT_EQ(stale.recorded_micros(), newer.recorded_micros());
    EXPECT_EQ(OutboxRows(), events + 1);
  }
  const v1::Record record = ValueOrDie(Resolve(Key(kLakes, "1"))).records(0);
  EXPECT_EQ(record.demographics().phones_size(), 2);
  EXPECT_EQ(record.event_micros(), 300);
  EXPECT_EQ(record.demographics().phones(1), "906-111-2233");
  // The same once more is unchanged, and moves the order on.
  EXPECT_EQ(ValueOrDie(Feed(Key(kLakes, "1"), moved, kUpdate, 400)).outcome(),
            v1::LINK_OUTCOME_UNCHANGED);
  EXPECT_EQ(ValueOrDie(Feed(Key(kLakes, "1"), between, kUpdate, 350)).outcome(),
            v1::LINK_OUTCOME_STALE);
  // Who says nothing of order is taken as newest.
  EXPECT_EQ(
      ValueOrDie(Feed(Key(kLakes, "1"), between, v1::REGISTER_KIND_UNSPECIFIED, 10)).version(), 3u);
}

TEST_F(MergeServiceTest, ARegistrationSaysWhatItMade) {
  const auto first = Register(Key(kLakes, "1"), Olga());
  EXPECT_TRUE(first.created());
  EXPECT_EQ(first.version(), 1u);
  EXPECT_GT(first.recorded_micros(), 0);
  EXPECT_FALSE(Register(Key(kLakes, "1"), Olga()).created());
  v1::RegisterRecordRequest request;
  request.mutable_actor()->set_member("lakes");
  *request.mutable_patient() = Key(kLakes, "1");
  *request.mutable_demographics() = Person("Larssen", "Olga", "1980-03-05");
  request.set_expected_version(2);
  EXPECT_THAT(role_->service().RegisterRecord(request), StatusIs(absl::StatusCode::kAborted));
  request.set_expected_version(1);
  EXPECT_EQ(ValueOrDie(role_->service().RegisterRecord(request)).version(), 2u);
  *request.mutable_patient() = Key(kLakes, "404");
  EXPECT_THAT(role_->service().RegisterRecord(request), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(MergeServiceTest, WhomNobodyKnowsIsNeverLinkedByItself) {
  Register(Key(kLakes, "1"), WithSsn(Olga(), "657680344"));
  auto unknown = WithSsn(Olga(), "657680344");
  unknown.set_identity_unknown(true);
  EXPECT_EQ(Register(Key(kHills, "2"), unknown).outcome(), v1::LINK_OUTCOME_REVIEW);
  const auto found = ValueOrDie(Search(unknown));
  for (const auto& candidate : found.candidates()) EXPECT_FALSE(candidate.certain());
  const auto doe = WithSsn(AtHome(Person("Doe", "Jane", "1980-03-05")), "657680344");
  EXPECT_EQ(Register(Key(kDunes, "3"), doe).outcome(), v1::LINK_OUTCOME_REVIEW);
  // Whom somebody recognises may be linked.
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  // Who is being identified is no new holder of the id.
  EXPECT_NE(Register(Key(kDunes, "3"), Person("Vega", "Ana", "1975-06-01")).outcome(),
            v1::LINK_OUTCOME_HELD);
}

}  // namespace
}  // namespace hie::mpi
