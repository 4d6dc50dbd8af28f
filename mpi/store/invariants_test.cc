#include "mpi/store/invariants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::Contains;
using ::testing::IsEmpty;

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

  void Put(Table table, const std::string& key, const std::string& value) {
    WriteBatch changes;
    changes.Put(table, key, value);
    ASSERT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
  }
  void Drop(Table table, const std::string& key) {
    WriteBatch changes;
    changes.Delete(table, key);
    ASSERT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
  }
  // Deletes the first row of a table and returns it.
  KvEntry DropFirst(Table table) {
    const auto rows = ValueOrDie(store_.Snapshot()->ScanPrefix(table, "", 1));
    EXPECT_EQ(rows.size(), 1u) << table;
    if (rows.empty()) return {};
    Drop(table, rows[0].key);
    return rows[0];
  }

  MemoryKvStore store_;
};

TEST_F(InvariantsTest, ASoundIndexHasNoFault) { EXPECT_THAT(Faults(), IsEmpty()); }

TEST_F(InvariantsTest, ARowThatIsLackingIsFound) {
  const std::pair<Table, absl::string_view> cases[] = {
      {kKeysTable, "a record is not filed under a key of its own"},
      {kQueryKeysTable, "a record is not filed under a query key of its own"},
      {kFeaturesTable, "features are not those of the record"},
      {kDecisionsTable, "a decision is not filed in both orders"},
      {kPossibleLinksTable, "a possible link is not filed in both orders"},
      {kHoldersTable, "a record that its holder does not list at its incarnation"},
      {kRecordsTable, "record numbers that are not counted"},
      {kMergesTable, "a merge without a record, or the reverse"},
  };
  for (const auto& [table, fault] : cases) {
    SCOPED_TRACE(table);
    const KvEntry dropped = DropFirst(table);
    EXPECT_THAT(Faults(), Contains(fault));
    Put(table, dropped.key, dropped.value);
    EXPECT_THAT(Faults(), IsEmpty());
  }
}

TEST_F(InvariantsTest, ARowTooManyIsFound) {
  const auto filing = ValueOrDie(store_.Snapshot()->ScanPrefix(kKeysTable, "", 1))[0];
  const std::string other = BaseKey(0x123456789abc0000) + filing.key.substr(kBaseKeyBytes);
  const std::pair<std::pair<Table, std::string>, absl::string_view> cases[] = {
      {{kKeysTable, other}, "a filing under a key that the record does not have"},
      {{kKeyCountsTable, BaseKey(0x123456789abc0000)}, "a count of a key that needs none"},
      {{kQueryKeysTable, QueryFilingKey("n", 1)},
       "a query filing that the record's keys do not make"},
      {{kFeaturesTable, RecordKey(1'000'000)}, "features without a record, or the reverse"},
  };
  for (const auto& [row, fault] : cases) {
    SCOPED_TRACE(row.first);
    const std::string value =
        row.first == kFeaturesTable
            ? ValueOrDie(store_.Snapshot()->ScanPrefix(kFeaturesTable, "", 1))[0].value
            : "";
    Put(row.first, row.second, value);
    EXPECT_THAT(Faults(), Contains(fault));
    Drop(row.first, row.second);
    EXPECT_THAT(Faults(), IsEmpty());
  }
}

TEST_F(InvariantsTest, AHeavyKeyIsCountedExactly) {
  const auto filing = ValueOrDie(store_.Snapshot()->ScanPrefix(kKeysTable, "", 1))[0];
  for (uint64_t i = 0; i <= kCountedByWalking; ++i) {
    const size_t prefix = RefinedKey(BlockKey()).size();
    Put(kKeysTable,
        filing.key.substr(0, prefix) + FilingKey(BlockKey(), 1'000'000 + i).substr(prefix), "");
  }
  EXPECT_THAT(Faults(), Contains("a key is not counted exactly"));
}

TEST_F(InvariantsTest, AFaultNamesItsRecord) {
  const KvEntry dropped = DropFirst(kKeysTable);
  std::vector<InvariantFault> faults;
  ScrubOptions options;
  options.on_fault = [&](const InvariantFault& fault) { faults.push_back(fault); };
  const ScrubCounts counts = ValueOrDie(Scrub(*store_.Snapshot(), options));
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].table, kKeysTable);
  EXPECT_EQ(faults[0].record, ValueOrDie(ReadFilingKey(dropped.key)).record);
  EXPECT_GT(counts.records, 10u);
  EXPECT_GT(counts.persons, 10u);
  EXPECT_GT(counts.filings, 100u);
}

TEST_F(InvariantsTest, AScrubEndsWhenItIsTold) {
  ScrubOptions options;
  options.on_fault = [](const InvariantFault&) {};
  options.progress = [](absl::string_view, uint64_t, uint64_t) { return false; };
  EXPECT_THAT(Scrub(*store_.Snapshot(), options), StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(InvariantsTest, PersonsOfMatchingCohereAndAForcedOneDoesNot) {
  const auto incoherent = [&] {
    int found = 0;
    ScrubOptions options;
    options.model = &DefaultModel();
    options.on_fault = [&](const InvariantFault& fault) {
      found += fault.fault == "a person whose records contradict each other";
    };
    EXPECT_THAT(Scrub(*store_.Snapshot(), options), IsOk());
    return found;
  };
  EXPECT_EQ(incoherent(), 0);
  // Everybody in one person, as nobody decided.
  v1::PersonRow all;
  all.set_state(v1::PERSON_STATE_ACTIVE);
  for (const KvEntry& entry : ValueOrDie(store_.Snapshot()->ScanPrefix(kFeaturesTable, ""))) {
    const RecordNumber number = ValueOrDie(KeyReader(entry.key).U64());
    if (ValueOrDie(MpiReader(*store_.Snapshot()).DecisionsOf(number)).empty()) {
      all.add_record_numbers(number);
    }
  }
  Put(kPersonsTable, PersonKey("0190ffff-7000-8000-8000-000000000000"), all.SerializeAsString());
  EXPECT_EQ(incoherent(), 1);
}

TEST_F(InvariantsTest, APersonThatCannotBeReadIsAFindingAndTheScrubGoesOn) {
  const KvEntry row = ValueOrDie(store_.Snapshot()->ScanPrefix(kPersonsTable, "", 1))[0];
  Put(kPersonsTable, row.key, "\xff");
  DropFirst(kKeysTable);
  EXPECT_THAT(Faults(), Contains("a row cannot be read"));
  EXPECT_THAT(Faults(), Contains("a record is not filed under a key of its own"));
}

TEST_F(InvariantsTest, ARecordInTwoPersonsIsFound) {
  const auto rows = ValueOrDie(store_.Snapshot()->ScanPrefix(kPersonsTable, ""));
  for (const KvEntry& entry : rows) {
    v1::PersonRow person;
    ASSERT_TRUE(person.ParseFromString(entry.value));
    if (person.state() != v1::PERSON_STATE_ACTIVE) continue;
    Put(kPersonsTable, PersonKey("0190ffff-7000-8000-8000-000000000000"), entry.value);
  }
  EXPECT_THAT(Faults(), Contains("a person lists a record that names another person"));
}

TEST_F(InvariantsTest, ARedirectOfTwoStepsIsFound) {
  const std::string a = "0190ffff-7000-8000-8000-00000000000a";
  const std::string b = "0190ffff-7000-8000-8000-00000000000b";
  v1::PersonRow redirect;
  redirect.set_state(v1::PERSON_STATE_REDIRECT);
  redirect.set_redirect_to(b);
  Put(kPersonsTable, PersonKey(a), redirect.SerializeAsString());
  redirect.set_redirect_to(a);
  Put(kPersonsTable, PersonKey(b), redirect.SerializeAsString());
  EXPECT_THAT(Faults(), Contains("a redirect does not end after one step"));
}

}  // namespace
}  // namespace hie::mpi
