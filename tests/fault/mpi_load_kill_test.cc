// kill -9 in the middle of a bulk load, again and again: the load goes on behind what is durable,
// and who is who in the end is what it is without a kill.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "mpi/service/local_load.h"
#include "mpi/service/mpi_role.h"
#include "mpi/store/invariants.h"
#include "mpi/store/link_hash.h"
#include "mpi/store/load_progress.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/journal/db_hash.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "tests/fault/mpi_lines.h"
#include "tests/support/status_matchers.h"

namespace hie::fault {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::ValueOrDie;
using ::testing::IsEmpty;

constexpr size_t kLines = 8000;
constexpr uint64_t kSeed = 20261123;
constexpr int kKillsMin = 5;
constexpr int kLivesMax = 200;
constexpr char kDirectoryVariable[] = "HIE_MPI_LOAD_DIRECTORY";

// The index in a directory.
struct Process {
  explicit Process(const std::string& directory) {
    RocksDbKvStore::Options options;
    options.path = directory + "/db";
    options.tables = mpi::MpiRole::Tables();
    store = ValueOrDie(RocksDbKvStore::Open(std::move(options)));
    role = ValueOrDie(mpi::MpiRole::Open({.store = store.get(),
                                          .mark_path = directory + "/mark",
                                          .clock = &clock,
                                          .random = &random}));
  }
  std::shared_ptr<const KvReader> state() { return role->journal().Snapshot(); }

  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<RocksDbKvStore> store;
  std::unique_ptr<mpi::MpiRole> role;
};

// The rows that no time and no sequence is in.
std::string TimelessHash(const KvReader& state) {
  std::vector<std::string> tables;
  for (const absl::string_view table :
       {mpi::kFeaturesTable, mpi::kKeysTable, mpi::kKeyCountsTable, mpi::kQueryKeysTable,
        mpi::kHoldersTable, mpi::kPossibleLinksTable}) {
    tables.emplace_back(table);
  }
  return ValueOrDie(DbHash(state, tables));
}

// What is killed: loads what is not loaded yet.  Returns what to tell the parent.
int LoadInto(const std::string& directory) {
  Process process(directory);
  const auto outcome = mpi::LocalLoad(process.role->loads())
                           .Run(GeneratedLoad(kSeed), GeneratedLines(kSeed, kLines));
  if (!outcome.status.ok()) std::cerr << outcome.status << "\n";
  return outcome.status.ok() && outcome.ended.has_value() ? 0 : 1;
}

pid_t StartChild(const std::string& directory) {
  const pid_t child = fork();
  if (child != 0) return child;
  setenv(kDirectoryVariable, directory.c_str(), 1);
  execl("/proc/self/exe", "mpi_load_kill_test", nullptr);
  _exit(127);
}

// Lets the child live for a while.  Returns whether it came to its end by itself, and well.
bool LiveAndKill(const std::string& directory, absl::Duration life) {
  const pid_t child = StartChild(directory);
  const absl::Time end = absl::Now() + life;
  int status = 0;
  while (absl::Now() < end) {
    if (waitpid(child, &status, WNOHANG) == child) {
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the load failed: " << status;
      return true;
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(MpiLoadKillTest, AKilledLoadThatIsResumedLinksAsOneThatWasNot) {
  MemoryKvStore memory(mpi::MpiRole::Tables());
  const SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
  SeededRandom random(1);
  const auto whole =
      ValueOrDie(mpi::MpiRole::Open({.store = &memory, .clock = &clock, .random = &random}));
  ASSERT_THAT(mpi::LocalLoad(whole->loads())
                  .Run(GeneratedLoad(kSeed), GeneratedLines(kSeed, kLines))
                  .status,
              IsOk());

  const std::string directory = absl::StrCat(::testing::TempDir(), "/mpi-load-kill-", getpid());
  std::filesystem::create_directories(directory);
  std::mt19937_64 dice(kSeed);
  int kills = 0;
  int lives = 0;
  // Long enough to open the store; longer each time, so that slow machines end as well.
  while (!LiveAndKill(directory, absl::Milliseconds(150 + 25 * lives + dice() % 250))) {
    ++kills;
    ASSERT_LT(++lives, kLivesMax);
  }
  Process process(directory);
  const auto state = process.state();
  const mpi::v1::Load load =
      ValueOrDie(mpi::ReadLoad(*state, "lakes", GeneratedLoad(kSeed).load_id()));
  std::cout << "kills " << kills << ", lines " << load.applied_line() << ", records "
            << ValueOrDie(mpi::MpiReader(*state).LastRecord()) << "\n";
  EXPECT_GE(kills, kKillsMin);
  EXPECT_EQ(load.applied_line(), kLines);
  EXPECT_EQ(ValueOrDie(mpi::LinkHash(*state)),
            ValueOrDie(mpi::LinkHash(*whole->journal().Snapshot())));
  EXPECT_EQ(TimelessHash(*state), TimelessHash(*whole->journal().Snapshot()));
  EXPECT_THAT(ValueOrDie(mpi::CheckInvariants(*state)), IsEmpty());
  if (!HasFailure()) std::filesystem::remove_all(directory);
}

// The comparison itself: one line less is seen.
TEST(MpiLoadKillTest, ALostLineIsFoundOut) {
  std::vector<std::string> hashes;
  for (const size_t lost : {size_t{0}, size_t{700}}) {
    MemoryKvStore memory(mpi::MpiRole::Tables());
    const SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
    SeededRandom random(1);
    const auto role =
        ValueOrDie(mpi::MpiRole::Open({.store = &memory, .clock = &clock, .random = &random}));
    std::vector<mpi::v1::LoadLine> lines = GeneratedLines(kSeed, 1000);
    if (lost != 0) lines[lost].mutable_problem()->set_reason("lost");
    ASSERT_THAT(mpi::LocalLoad(role->loads()).Run(GeneratedLoad(kSeed), lines).status, IsOk());
    hashes.push_back(ValueOrDie(mpi::LinkHash(*role->journal().Snapshot())));
  }
  EXPECT_NE(hashes[0], hashes[1]);
}

}  // namespace
}  // namespace hie::fault

// The child is this program as well, told apart by the directory that it is given.
int main(int argc, char** argv) {
  if (const char* directory = std::getenv(hie::fault::kDirectoryVariable)) {
    return hie::fault::LoadInto(directory);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
