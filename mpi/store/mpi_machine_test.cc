#include "mpi/store/mpi_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "mpi/store/invariants.h"
#include "mpi/store/random_people.h"
#include "mpi/store/review_task_check.h"
#include "mpi/store/tables.h"
#include "services/common/journal/db_hash.h"
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

// One index that applies commands by hand.
class Index {
 public:
  Index() : machine_(DefaultModel()), store_(AllTables()) {}

  std::string Plan(const std::string& command) const {
    return machine_.Prepare(command, *store_.Snapshot()).value_or("");
  }

  absl::StatusOr<std::string> Apply(const std::string& command, const std::string& plan) {
    const Stamp stamp{++sequence_, absl::UnixEpoch() + absl::Seconds(sequence_)};
    WriteBatch changes;
    auto reply = machine_.Apply(command, plan, stamp, *store_.Snapshot(), changes);
    if (reply.ok()) {
      EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
    }
    last_changes_ = reply.ok() ? changes.changes().size() : 0;
    return reply;
  }

  std::string Hash() const { return ValueOrDie(DbHash(*store_.Snapshot(), AllTables())); }
  std::vector<std::string> Faults() const {
    std::vector<std::string> faults = ValueOrDie(CheckInvariants(*store_.Snapshot()));
    for (std::string& fault : ValueOrDie(CheckReviewTables(*store_.Snapshot()))) {
      faults.push_back(std::move(fault));
    }
    return faults;
  }
  size_t last_changes() const { return last_changes_; }

 private:
  MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
  size_t last_changes_ = 0;
};

void ExpectSame(const absl::StatusOr<std::string>& a, const absl::StatusOr<std::string>& b) {
  ASSERT_EQ(a.status(), b.status());
  if (a.ok()) {
    ASSERT_EQ(*a, *b);
  }
}

// What a history came to, so that a test that reaches nothing fails.
struct Reached {
  std::map<v1::LinkOutcome, int> outcomes;
  std::map<v1::MergeOutcome, int> merges;
  int decided = 0;
  int unmerged = 0;
  int removed = 0;
  int undone = 0;
  int tasks = 0;
  int refused = 0;
};

void Note(const v1::MpiCommand& command, const std::string& reply, Reached& reached) {
  v1::RegisterReply registered;
  v1::MergeReply merged;
  if (command.has_register_() && registered.ParseFromString(reply)) {
    ++reached.outcomes[registered.outcome()];
  } else if (command.has_merge() && merged.ParseFromString(reply)) {
    for (const int outcome : merged.outcomes()) {
      ++reached.merges[static_cast<v1::MergeOutcome>(outcome)];
    }
  }
  reached.decided += command.has_decide();
  reached.unmerged += command.has_unmerge();
  reached.removed += command.has_remove();
  reached.undone += command.has_undo();
  reached.tasks += command.has_task();
}

// Runs one history with fresh plans, old plans, a stranger's plans and none.
void RunHistory(uint64_t seed, Reached& reached) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  RandomPeople people(seed, Repertoire::kReviews);
  Index with_plan;
  Index old_plan;
  Index no_plan;
  std::deque<std::pair<std::string, std::string>> waiting;  // Planned early, applied late.
  std::string strangers_plan;
  for (int i = 0; i < 120; ++i) {
    const std::string next = people.Command().SerializeAsString();
    waiting.emplace_back(next, old_plan.Plan(next));
    if (waiting.size() < 6) continue;
    const auto [command, early] = waiting.front();
    waiting.pop_front();
    const std::string fresh = with_plan.Plan(command);
    const auto reply = with_plan.Apply(command, fresh);
    ExpectSame(old_plan.Apply(command, people.Below(8) == 0 ? strangers_plan : early), reply);
    ExpectSame(no_plan.Apply(command, ""), reply);
    strangers_plan = fresh;
    if (i % 10 == 0) {
      ASSERT_THAT(with_plan.Faults(), IsEmpty()) << "step " << i;
    }
    if (!reply.ok()) {
      ++reached.refused;
      continue;
    }
    v1::MpiCommand parsed;
    ASSERT_TRUE(parsed.ParseFromString(command));
    Note(parsed, *reply, reached);
  }
  ASSERT_EQ(with_plan.Hash(), no_plan.Hash());
  ASSERT_EQ(old_plan.Hash(), no_plan.Hash());
}

TEST(MpiMachineTest, PlansAreOnlyHintsAndInvariantsHoldAfterAnyHistory) {
  Reached reached;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    RunHistory(seed, reached);
    if (HasFatalFailure()) return;
  }
  for (const auto outcome : {v1::LINK_OUTCOME_LINKED, v1::LINK_OUTCOME_REVIEW, v1::LINK_OUTCOME_NEW,
                             v1::LINK_OUTCOME_UNCHANGED, v1::LINK_OUTCOME_HELD,
                             v1::LINK_OUTCOME_STALE, v1::LINK_OUTCOME_MERGED_AWAY}) {
    EXPECT_GT(reached.outcomes[outcome], 10) << v1::LinkOutcome_Name(outcome);
    std::cout << v1::LinkOutcome_Name(outcome) << " " << reached.outcomes[outcome] << "\n";
  }
  std::cout << "decided " << reached.decided << ", refused " << reached.refused << "\n";
  EXPECT_GT(reached.decided, 30);
  for (int outcome = v1::MERGE_OUTCOME_MERGED; outcome <= v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED;
       ++outcome) {
    const auto name = static_cast<v1::MergeOutcome>(outcome);
    EXPECT_GT(reached.merges[name], 0) << v1::MergeOutcome_Name(name);
    std::cout << v1::MergeOutcome_Name(name) << " " << reached.merges[name] << "\n";
  }
  std::cout << "unmerged " << reached.unmerged << ", removed " << reached.removed << "\n";
  EXPECT_GT(reached.unmerged, 5);
  EXPECT_GT(reached.removed, 50);
  std::cout << "undone " << reached.undone << ", tasks " << reached.tasks << "\n";
  EXPECT_GT(reached.undone, 5);
  EXPECT_GT(reached.tasks, 20);
}

TEST(MpiMachineTest, TheSameCommandAgainChangesNothing) {
  const uint64_t seed = 99;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  RandomPeople people(seed, Repertoire::kReviews);
  Index index;
  for (int i = 0; i < 200; ++i) {
    const std::string command = people.Command().SerializeAsString();
    if (!index.Apply(command, "").ok()) continue;
    v1::MpiCommand parsed;
    ASSERT_TRUE(parsed.ParseFromString(command));
    if (parsed.has_task()) continue;  // A lease runs anew, a demand is the latest.
    const std::string hash = index.Hash();
    // An unmerge, and an update of a version that was, are refused the second time.
    const absl::Status again = index.Apply(command, "").status();
    ASSERT_TRUE(again.ok() || absl::IsFailedPrecondition(again) || absl::IsAborted(again));
    ASSERT_EQ(index.last_changes(), 0u);
    ASSERT_EQ(index.Hash(), hash);
  }
}

TEST(MpiMachineTest, GarbageIsRefused) {
  Index index;
  EXPECT_FALSE(index.Apply("\xff\xff", "").ok());
  EXPECT_FALSE(index.Apply("", "").ok());
}

}  // namespace
}  // namespace hie::mpi
