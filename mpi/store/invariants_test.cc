#include "mpi/store/invariants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::ValueOrDie;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> AllTables() {
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

// A sound index with a few of everything.
class InvariantsTest : public ::testing::Test {
 protected:
  InvariantsTest() : store_(AllTables()) {
    const MpiMachine machine(DefaultModel());
    RandomPeople people(5);
    for (uint64_t i = 1; i <= 200; ++i) {
      WriteBatch changes;
      const Stamp stamp{i, absl::UnixEpoch()};
      const auto reply = machine.Apply(people.Command().SerializeAsString(), "", stamp,
                                       *store_.Snapshot(), changes);
      if (reply.ok()) {
        EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
      }
    }
  }

  std::vector<std::string> Faults() { return ValueOrDie(CheckInvariants(*store_.Snapshot())); }

  // Deletes the first row of a table.
  void DropFirst(Table table) {
    const auto rows = ValueOrDie(store_.Snapshot()->ScanPrefix(table, "", 1));
    ASSERT_EQ(rows.size(), 1u) << table;
    WriteBatch changes;
    changes.Delete(table, rows[0].key);
    ASSERT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
  }

  MemoryKvStore store_;
};

TEST_F(InvariantsTest, ASoundIndexHasNoFault) { EXPECT_THAT(Faults(), IsEmpty()); }

TEST_F(InvariantsTest, AMissingFilingIsFound) {
  DropFirst(kKeysTable);
  EXPECT_THAT(Faults(), Not(IsEmpty()));
}

TEST_F(InvariantsTest, AMissingCountIsFound) {
  DropFirst(kKeyCountsTable);
  EXPECT_THAT(Faults(), Not(IsEmpty()));
}

TEST_F(InvariantsTest, AHalfDecisionIsFound) {
  DropFirst(kDecisionsTable);
  EXPECT_THAT(Faults(), Not(IsEmpty()));
}

TEST_F(InvariantsTest, AHalfPossibleLinkIsFound) {
  DropFirst(kPossibleLinksTable);
  EXPECT_THAT(Faults(), Not(IsEmpty()));
}

TEST_F(InvariantsTest, AMissingHolderIsFound) {
  DropFirst(kHoldersTable);
  EXPECT_THAT(Faults(), Not(IsEmpty()));
}

TEST_F(InvariantsTest, ARecordInTwoPersonsIsFound) {
  const auto snapshot = store_.Snapshot();
  const auto rows = ValueOrDie(snapshot->ScanPrefix(kPersonsTable, ""));
  WriteBatch changes;
  for (const KvEntry& entry : rows) {
    v1::PersonRow person;
    ASSERT_TRUE(person.ParseFromString(entry.value));
    if (person.state() != v1::PERSON_STATE_ACTIVE) continue;
    changes.Put(kPersonsTable, "0190ffff-7000-8000-000000000000", entry.value);
  }
  ASSERT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
  EXPECT_THAT(Faults(), Not(IsEmpty()));
}

TEST_F(InvariantsTest, ARedirectOfTwoStepsIsFound) {
  v1::PersonRow redirect;
  redirect.set_state(v1::PERSON_STATE_REDIRECT);
  redirect.set_redirect_to("b");
  WriteBatch changes;
  changes.Put(kPersonsTable, "a", redirect.SerializeAsString());
  redirect.set_redirect_to("a");
  changes.Put(kPersonsTable, "b", redirect.SerializeAsString());
  ASSERT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
  EXPECT_THAT(Faults(), Not(IsEmpty()));
}

}  // namespace
}  // namespace hie::mpi
