#include "mpi/store/merge_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "mpi/store/invariants.h"
#include "mpi/store/mpi_machine.h"
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

std::vector<std::string> AllTables() {
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

// Who is with whom, and every row that does not depend on EIDs.
struct Links {
  std::set<std::set<RecordNumber>> persons;
  std::map<std::string, std::string> rows;
  friend bool operator==(const Links&, const Links&) = default;
};

Links LinksOf(const KvReader& state) {
  Links links;
  for (const KvEntry& entry : ValueOrDie(state.ScanPrefix(kPersonsTable, ""))) {
    v1::PersonRow person;
    EXPECT_TRUE(person.ParseFromString(entry.value));
    const std::vector<RecordNumber> all = AllRecordNumbers(person);
    if (!all.empty()) links.persons.insert({all.begin(), all.end()});
  }
  for (const absl::string_view table :
       {kKeysTable, kQueryKeysTable, kDecisionsTable, kPossibleLinksTable, kMergesTable}) {
    for (const KvEntry& entry : ValueOrDie(state.ScanPrefix(table, ""))) {
      links.rows[absl::StrCat(table, ":", entry.key)] = entry.value;
    }
  }
  for (const KvEntry& entry : ValueOrDie(state.ScanPrefix(kRecordsTable, ""))) {
    v1::RecordRow row;
    EXPECT_TRUE(row.ParseFromString(entry.value));
    row.clear_eid();
    row.clear_latest_event_micros();
    links.rows[absl::StrCat("record:", entry.key)] = row.SerializeAsString();
  }
  return links;
}

class Index {
 public:
  Index() : machine_(DefaultModel()), store_(AllTables()) {}

  absl::StatusOr<std::string> Apply(v1::MpiCommand command) {
    for (int i = 0; i < 6; ++i) {
      command.add_eid_candidates(absl::StrCat("0191", 100000 + ++eids_, "-fresh"));
    }
    const Stamp stamp{++sequence_, absl::UnixEpoch() + absl::Seconds(sequence_)};
    WriteBatch changes;
    auto reply =
        machine_.Apply(command.SerializeAsString(), "", stamp, *store_.Snapshot(), changes);
    if (reply.ok()) {
      EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
    }
    return reply;
  }

  std::shared_ptr<const KvReader> Snapshot() const { return store_.Snapshot(); }

 private:
  MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
  int eids_ = 0;
};

common::v1::LocalPatient Key(uint64_t domain, uint64_t id) {
  common::v1::LocalPatient key;
  key.set_assigning_authority(absl::StrCat("2.999.", 1 + domain));
  key.set_id(absl::StrCat("MRN-", id));
  return key;
}

// A merge of any two ids of RandomPeople.
v1::MpiCommand RandomMerge(RandomPeople& people) {
  v1::MpiCommand command;
  command.mutable_merge()->mutable_actor()->set_member("lakes");
  v1::MergeStep& step = *command.mutable_merge()->add_steps();
  const uint64_t domain = people.Below(3);
  *step.mutable_survivor() = Key(domain, people.Below(8));
  *step.mutable_subsumed() = Key(domain, people.Below(8));
  return command;
}

v1::MpiCommand Unmerge(const v1::MpiCommand& merge) {
  v1::MpiCommand command;
  command.mutable_unmerge()->mutable_actor()->set_member("lakes");
  *command.mutable_unmerge()->mutable_subsumed() = merge.merge().steps(0).subsumed();
  return command;
}

// Returns whether the command was a merge that happened, and was taken back.
bool MergeAndBack(Index& index, const v1::MpiCommand& merge) {
  const Links before = LinksOf(*index.Snapshot());
  const auto reply = index.Apply(merge);
  v1::MergeReply parsed;
  if (!reply.ok() || !parsed.ParseFromString(*reply)) return false;
  if (parsed.outcomes(0) != v1::MERGE_OUTCOME_MERGED) {
    EXPECT_TRUE(LinksOf(*index.Snapshot()) == before);
    return false;
  }
  EXPECT_THAT(ValueOrDie(CheckInvariants(*index.Snapshot())), IsEmpty());
  EXPECT_FALSE(LinksOf(*index.Snapshot()) == before);
  EXPECT_THAT(index.Apply(Unmerge(merge)), IsOk());
  EXPECT_TRUE(LinksOf(*index.Snapshot()) == before);
  EXPECT_THAT(ValueOrDie(CheckInvariants(*index.Snapshot())), IsEmpty());
  return true;
}

TEST(MergeRecordsPropertyTest, AMergeThatIsTakenBackLeavesEveryLinkAsItWas) {
  int merged = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomPeople people(seed);
    Index index;
    for (int i = 0; i < 100; ++i) {
      (void)index.Apply(people.Command());
      if (i % 2 == 0) merged += MergeAndBack(index, RandomMerge(people));
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::cout << "merged and back " << merged << "\n";
  EXPECT_GT(merged, 50);
}

TEST(MergeRecordsPropertyTest, StepsAreAllCarriedOutOrNone) {
  int refused = 0;
  int half = 0;
  for (uint64_t seed = 100; seed < 112; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomPeople people(seed);
    Index index;
    for (int i = 0; i < 100; ++i) {
      v1::MpiCommand command = people.Command();
      if (!command.has_merge()) (void)index.Apply(command);
      command = RandomMerge(people);
      *command.mutable_merge()->add_steps() = RandomMerge(people).merge().steps(0);
      const Links before = LinksOf(*index.Snapshot());
      const auto reply = index.Apply(command);
      v1::MergeReply parsed;
      if (reply.ok() && parsed.ParseFromString(*reply) && MergeCommitted(parsed)) continue;
      ++refused;
      half += reply.ok() && parsed.outcomes(0) == v1::MERGE_OUTCOME_MERGED;
      ASSERT_TRUE(LinksOf(*index.Snapshot()) == before);
    }
    ASSERT_THAT(ValueOrDie(CheckInvariants(*index.Snapshot())), IsEmpty());
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(half, 10);
}

}  // namespace
}  // namespace hie::mpi
