#include "mpi/store/write_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/invariants.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/journal/overlay_reader.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::HasSubstr;

constexpr char kA[] = "0190ffff-7000-8000-8000-00000000000a";
constexpr char kB[] = "0190ffff-7000-8000-8000-00000000000b";

std::vector<std::string> AllTables() {
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

std::string PersonOf(std::vector<RecordNumber> numbers) {
  v1::PersonRow row;
  row.set_state(v1::PERSON_STATE_ACTIVE);
  for (const RecordNumber number : numbers) row.add_record_numbers(number);
  return row.SerializeAsString();
}

std::string RecordOf(const char* eid) {
  v1::RecordRow row;
  row.set_eid(eid);
  return row.SerializeAsString();
}

// Two persons: A has 1 and 2, B has 3, whom somebody decided to be another than 1.
class WriteCheckTest : public ::testing::Test {
 protected:
  WriteCheckTest() : store_(AllTables()) {
    WriteBatch rows;
    rows.Put(kPersonsTable, PersonKey(kA), PersonOf({1, 2}));
    rows.Put(kPersonsTable, PersonKey(kB), PersonOf({3}));
    rows.Put(kRecordsTable, RecordKey(1), RecordOf(kA));
    rows.Put(kRecordsTable, RecordKey(2), RecordOf(kA));
    rows.Put(kRecordsTable, RecordKey(3), RecordOf(kB));
    rows.Put(kDecisionsTable, PairKey(1, 3), v1::DecisionRow().SerializeAsString());
    rows.Put(kDecisionsTable, PairKey(3, 1), v1::DecisionRow().SerializeAsString());
    EXPECT_THAT(CheckWrite(*store_.Snapshot(), rows), IsOk());
    EXPECT_THAT(store_.Write(rows, Durability::kBuffered), IsOk());
  }

  absl::Status Check() { return CheckWrite(*store_.Snapshot(), changes_); }
  void PutPerson(const char* eid, std::vector<RecordNumber> numbers) {
    changes_.Put(kPersonsTable, PersonKey(eid), PersonOf(std::move(numbers)));
  }
  void PutRecord(RecordNumber number, const char* eid) {
    changes_.Put(kRecordsTable, RecordKey(number), RecordOf(eid));
  }

  MemoryKvStore store_;
  WriteBatch changes_;
};

TEST_F(WriteCheckTest, AMoveThatBothPersonsAndTheRecordSayIsSound) {
  PutPerson(kA, {1});
  PutPerson(kB, {2, 3});
  PutRecord(2, kB);
  EXPECT_THAT(Check(), IsOk());
}

TEST_F(WriteCheckTest, ARecordThatMovesAloneIsInTwoPersons) {
  PutRecord(2, kB);
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal));
  PutPerson(kB, {2, 3});
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal, HasSubstr("two persons")));
}

TEST_F(WriteCheckTest, APersonThatDropsARecordWhichStillNamesItIsBroken) {
  PutPerson(kA, {1});
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal, HasSubstr("not its own")));
}

TEST_F(WriteCheckTest, APersonThatTakesARecordWhichNamesAnotherIsBroken) {
  PutPerson(kB, {2, 3});
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(WriteCheckTest, ACannotLinkDoesNotComeIntoAPerson) {
  PutPerson(kA, {2});
  PutPerson(kB, {1, 3});
  PutRecord(1, kB);
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal, HasSubstr("cannot-link")));
  // The decision that is taken back in the same command binds nobody.
  v1::DecisionRow same;
  same.set_same_person(true);
  changes_.Put(kDecisionsTable, PairKey(1, 3), same.SerializeAsString());
  changes_.Put(kDecisionsTable, PairKey(3, 1), same.SerializeAsString());
  EXPECT_THAT(Check(), IsOk());
}

TEST_F(WriteCheckTest, ACannotLinkIsNotDecidedWithinAPersonThatStays) {
  changes_.Put(kDecisionsTable, PairKey(1, 2), v1::DecisionRow().SerializeAsString());
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal, HasSubstr("cannot-link")));
}

TEST_F(WriteCheckTest, ATombstoneStandsApart) {
  v1::RecordRow row;
  row.set_eid(kA);
  row.mutable_record()->set_removed(true);
  changes_.Put(kRecordsTable, RecordKey(2), row.SerializeAsString());
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal));
  v1::PersonRow person;
  person.set_state(v1::PERSON_STATE_ACTIVE);
  person.add_record_numbers(1);
  person.add_tombstone_numbers(2);
  changes_.Put(kPersonsTable, PersonKey(kA), person.SerializeAsString());
  EXPECT_THAT(Check(), IsOk());
}

TEST_F(WriteCheckTest, ARedirectEndsAfterOneStepAtARowThatListsIt) {
  PutPerson(kB, {});
  PutPerson(kA, {1, 2});
  v1::PersonRow redirect;
  redirect.set_state(v1::PERSON_STATE_REDIRECT);
  redirect.set_redirect_to(kA);
  changes_.Put(kPersonsTable, PersonKey(kB), redirect.SerializeAsString());
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal, HasSubstr("redirect")));
}

TEST_F(WriteCheckTest, NothingThatNamesPersonsIsDeleted) {
  changes_.Delete(kPersonsTable, PersonKey(kB));
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal));
  changes_.Clear();
  changes_.Delete(kRecordsTable, RecordKey(3));
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kInternal));
}

// The faults of which CheckWrite promises that they do not come.
bool IsOfPersons(const std::string& fault) {
  static const std::set<std::string> kFaults = {
      "a record's person is not active",
      "a record is not listed by exactly one person",
      "a tombstone is compared",
      "a record that stands is listed as a tombstone",
      "a person lists a record that names another person",
      "a person without records, or records of no person",
      "a redirect does not end after one step",
  };
  return kFaults.count(fault) != 0;
}

WriteBatch Without(const WriteBatch& changes, size_t left_out) {
  WriteBatch rest;
  for (size_t i = 0; i < changes.changes().size(); ++i) {
    const WriteBatch::Change& change = changes.changes()[i];
    if (i == left_out) continue;
    if (change.value) {
      rest.Put(change.table, change.key, *change.value);
    } else {
      rest.Delete(change.table, change.key);
    }
  }
  return rest;
}

// Leaves one change of one command out, and asks the whole check whether that shows.
TEST(WriteCheckPropertyTest, AChangeThatIsLackingIsFoundWhereTheWholeCheckFindsIt) {
  const MpiMachine machine(DefaultModel());
  int broken = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomPeople people(seed);
    MemoryKvStore store(AllTables());
    for (uint64_t i = 1; i <= 120; ++i) {
      const auto state = store.Snapshot();
      WriteBatch changes;
      const auto reply = machine.Apply(people.Command().SerializeAsString(), "",
                                       {i, absl::UnixEpoch()}, *state, changes);
      if (!reply.ok()) continue;
      ASSERT_THAT(CheckWrite(*state, changes), IsOk());
      for (size_t j = 0; j < changes.changes().size(); ++j) {
        const std::string& table = changes.changes()[j].table;
        if (table != kPersonsTable && table != kRecordsTable) continue;
        const WriteBatch rest = Without(changes, j);
        OverlayReader then(*state);
        then.Add(rest);
        const std::vector<std::string> faults = ValueOrDie(CheckInvariants(then));
        if (std::none_of(faults.begin(), faults.end(), IsOfPersons)) continue;
        ++broken;
        ASSERT_THAT(CheckWrite(*state, rest), StatusIs(absl::StatusCode::kInternal))
            << "command " << i << ", change " << j << " of " << table << ": "
            << ::testing::PrintToString(faults);
      }
      ASSERT_THAT(store.Write(changes, Durability::kBuffered), IsOk());
    }
  }
  EXPECT_GT(broken, 100);
}

}  // namespace
}  // namespace hie::mpi
