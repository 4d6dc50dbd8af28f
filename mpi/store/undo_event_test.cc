#include "mpi/store/undo_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mpi/store/event_log.h"
#include "mpi/store/invariants.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/random_people.h"
#include "mpi/store/review_task_check.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/key_codec.h"
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

// Who is with whom, what is possible, what is decided, who is held: no EIDs.
struct Links {
  std::set<std::set<RecordNumber>> persons;
  std::map<RecordPair, Millibits> possible;
  std::map<RecordPair, std::string> decisions;
  std::set<RecordNumber> held;
  std::map<RecordNumber, std::string> eids;
};

RecordPair PairOf(const std::string& bytes) {
  KeyReader key(bytes);
  const RecordNumber first = ValueOrDie(key.U64());
  return {first, ValueOrDie(key.U64())};
}

Links LinksOf(const KvReader& state) {
  Links links;
  for (const KvEntry& entry : ValueOrDie(state.ScanPrefix(kPersonsTable, ""))) {
    v1::PersonRow person;
    EXPECT_TRUE(person.ParseFromString(entry.value));
    const std::vector<RecordNumber> all = AllRecordNumbers(person);
    if (!all.empty()) links.persons.insert({all.begin(), all.end()});
  }
  for (const KvEntry& entry : ValueOrDie(state.ScanPrefix(kPossibleLinksTable, ""))) {
    v1::PossibleLinkRow row;
    EXPECT_TRUE(row.ParseFromString(entry.value));
    links.possible[PairOf(entry.key)] = row.weight_millibits();
  }
  for (const KvEntry& entry : ValueOrDie(state.ScanPrefix(kDecisionsTable, ""))) {
    links.decisions[PairOf(entry.key)] = entry.value;
  }
  for (const KvEntry& entry : ValueOrDie(state.ScanPrefix(kRecordsTable, ""))) {
    v1::RecordRow row;
    EXPECT_TRUE(row.ParseFromString(entry.value));
    const RecordNumber record = ValueOrDie(KeyReader(entry.key).U64());
    if (row.record().provisional()) links.held.insert(record);
    links.eids[record] = row.eid();
  }
  return links;
}

bool Known(const Links& links, const RecordPair& pair) {
  return links.eids.count(pair.first) != 0 && links.eids.count(pair.second) != 0;
}

// The same of the records that `known` has.
std::set<std::set<RecordNumber>> PersonsAmong(const Links& links, const Links& known) {
  std::set<std::set<RecordNumber>> persons;
  for (const std::set<RecordNumber>& person : links.persons) {
    std::set<RecordNumber> kept;
    for (const RecordNumber record : person) {
      if (known.eids.count(record) != 0) kept.insert(record);
    }
    if (!kept.empty()) persons.insert(std::move(kept));
  }
  return persons;
}

bool Same(const std::string& decision) {
  v1::DecisionRow row;
  EXPECT_TRUE(row.ParseFromString(decision));
  return row.same_person();
}

// Tells whether somebody decided that the persons of the two are different.
bool DecidedApart(const Links& links, const RecordPair& pair) {
  for (const auto& [decided, row] : links.decisions) {
    const bool meant = links.eids.at(decided.first) == links.eids.at(pair.first) &&
                       links.eids.at(decided.second) == links.eids.at(pair.second);
    if (meant && !Same(row)) return true;
  }
  return false;
}

// Everything is as before, but for what makes the undo of matching stick.
void ExpectBefore(const Links& before, const Links& undone, bool automatic) {
  EXPECT_EQ(PersonsAmong(undone, before), before.persons);
  EXPECT_EQ(undone.held, before.held);
  for (const auto& [pair, row] : before.decisions) {
    const auto found = undone.decisions.find(pair);
    ASSERT_TRUE(found != undone.decisions.end());
    EXPECT_EQ(found->second, row);
  }
  for (const auto& [pair, row] : undone.decisions) {
    if (before.decisions.count(pair) != 0) continue;
    EXPECT_TRUE(automatic);
    EXPECT_EQ(undone.eids.at(pair.first) == undone.eids.at(pair.second), Same(row));
  }
  for (const auto& [pair, weight] : before.possible) {
    const auto found = undone.possible.find(pair);
    if (found == undone.possible.end()) {
      EXPECT_TRUE(automatic && DecidedApart(undone, pair));
    } else {
      EXPECT_EQ(found->second, weight);
    }
  }
  for (const auto& [pair, weight] : undone.possible) {
    EXPECT_TRUE(!Known(before, pair) || before.possible.count(pair) != 0);
  }
}

void ExpectSame(const Links& a, const Links& b) {
  EXPECT_EQ(a.persons, b.persons);
  EXPECT_EQ(a.possible, b.possible);
  EXPECT_EQ(a.decisions, b.decisions);
  EXPECT_EQ(a.held, b.held);
}

class Index {
 public:
  Index() : machine_(DefaultModel()), store_(AllTables()) {}

  absl::StatusOr<std::string> Apply(v1::MpiCommand command) {
    for (int i = 0; i < 16; ++i) {
      command.add_eid_candidates(absl::StrFormat("0191%08x-7000-8000-000000000000", ++eids_));
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

  absl::StatusOr<v1::UndoReply> Undo(uint64_t sequence) {
    v1::MpiCommand command;
    command.mutable_undo()->mutable_actor()->set_member("steward");
    command.mutable_undo()->set_sequence(sequence);
    command.mutable_undo()->set_reason("a mistake");
    const auto reply = Apply(command);
    if (!reply.ok()) return reply.status();
    v1::UndoReply parsed;
    EXPECT_TRUE(parsed.ParseFromString(*reply));
    return parsed;
  }

  std::optional<v1::EventRow> LastEvent() const {
    return ValueOrDie(EventReader(*Snapshot()).Find(sequence_));
  }

  // The first event after a sequence; the sequence where there is none.
  uint64_t EventFrom(uint64_t after) const {
    uint64_t found = after;
    EXPECT_THAT(EventReader(*Snapshot())
                    .VisitAfter(after,
                                [&](uint64_t sequence, const auto&) {
                                  found = sequence;
                                  return false;
                                }),
                IsOk());
    return found;
  }

  void ExpectSound() const {
    EXPECT_THAT(ValueOrDie(CheckInvariants(*Snapshot())), IsEmpty());
    EXPECT_THAT(ValueOrDie(CheckReviewTables(*Snapshot())), IsEmpty());
  }

  uint64_t sequence() const { return sequence_; }
  std::shared_ptr<const KvReader> Snapshot() const { return store_.Snapshot(); }

 private:
  MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
  uint32_t eids_ = 0;
};

bool HasStanding(const v1::EventRow& event, v1::StandingKind kind) {
  for (const v1::StandingRow& standing : event.standings()) {
    if (standing.kind() == kind) return true;
  }
  return false;
}

bool MayBeUndone(const v1::EventRow& event) {
  if (event.kind() == v1::EVENT_KIND_HELD || event.kind() == v1::EVENT_KIND_POSSIBLE) return false;
  return !HasStanding(event, v1::STANDING_KIND_REMOVED) &&
         !HasStanding(event, v1::STANDING_KIND_UNMERGED);
}

// What histories came to, so that a test that reaches nothing fails.
struct Reached {
  std::map<v1::EventKind, int> undone;
  int vetoed = 0;
  int sticky = 0;
  int redone = 0;
};

// Undoes the last event and the undo.
void UndoAndBack(Index& index, const Links& before, Reached& reached) {
  const std::optional<v1::EventRow> event = index.LastEvent();
  if (!event || event->kind() == v1::EVENT_KIND_UNDONE) return;
  const Links after = LinksOf(*index.Snapshot());
  const auto reply = index.Undo(index.sequence());
  if (!MayBeUndone(*event)) {
    ASSERT_FALSE(reply.ok()) << event->DebugString();
    return;
  }
  if (!reply.ok() && absl::StrContains(reply.status().message(), "contradict")) {
    // What matching parted is joined again only where the records allow it.
    ASSERT_TRUE(event->automatic());
    ++reached.vetoed;
    return;
  }
  ASSERT_THAT(reply, IsOk()) << event->DebugString();
  EXPECT_TRUE(reply->exact());
  ++reached.undone[event->kind()];
  const Links undone = LinksOf(*index.Snapshot());
  const bool merge = HasStanding(*event, v1::STANDING_KIND_MERGED);
  // A merge that made a record known leaves it known, and linked.
  const bool comparable = !merge || undone.eids.size() == before.eids.size();
  if (comparable) ExpectBefore(before, undone, event->automatic());
  reached.sticky += undone.decisions.size() > before.decisions.size();
  index.ExpectSound();
  ASSERT_FALSE(index.Undo(index.sequence() - 1).ok()) << "undone twice";
  const auto again = index.Undo(index.sequence() - 1);
  if (merge) {
    ASSERT_FALSE(again.ok());
    return;
  }
  ASSERT_THAT(again, IsOk()) << event->DebugString();
  ++reached.redone;
  ExpectSame(LinksOf(*index.Snapshot()), after);
  index.ExpectSound();
}

TEST(UndoEventPropertyTest, UndoingTheLastEventRestoresLinksAndUndoingThatUndoesIt) {
  Reached reached;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomPeople people(seed);
    Index index;
    for (int i = 0; i < 90; ++i) {
      SCOPED_TRACE(::testing::Message() << "step " << i);
      const Links before = LinksOf(*index.Snapshot());
      if (!index.Apply(people.Command()).ok()) continue;
      UndoAndBack(index, before, reached);
      if (::testing::Test::HasFailure()) return;
    }
  }
  for (const auto kind : {v1::EVENT_KIND_LINKED, v1::EVENT_KIND_UNLINKED, v1::EVENT_KIND_MERGED,
                          v1::EVENT_KIND_DECIDED, v1::EVENT_KIND_RECORD_MERGED}) {
    EXPECT_GT(reached.undone[kind], 5) << v1::EventKind_Name(kind);
    std::cout << v1::EventKind_Name(kind) << " " << reached.undone[kind] << "\n";
  }
  std::cout << "sticky " << reached.sticky << ", redone " << reached.redone << ", vetoed "
            << reached.vetoed << "\n";
  EXPECT_GT(reached.sticky, 20);
  EXPECT_GT(reached.redone, 50);
}

TEST(UndoEventPropertyTest, UndosOfAnyEventKeepWhatMustHold) {
  int undone = 0;
  int refused = 0;
  int left = 0;
  for (uint64_t seed = 200; seed < 216; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomPeople people(seed, Repertoire::kReviews);
    Index index;
    for (int i = 0; i < 150; ++i) {
      if (i % 4 != 3) {
        (void)index.Apply(people.Command());
      } else {
        const auto reply = index.Undo(index.EventFrom(people.Below(index.sequence())));
        undone += reply.ok();
        refused += absl::IsFailedPrecondition(reply.status());
        if (reply.ok()) left += reply->left_size();
        index.ExpectSound();
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::cout << "undone " << undone << ", refused " << refused << ", left " << left << "\n";
  EXPECT_GT(undone, 30);
  EXPECT_GT(refused, 30);
  EXPECT_GT(left, 0);
}

}  // namespace
}  // namespace hie::mpi
