#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "tests/support/ledger_machine.h"
#include "tests/support/recording.h"
#include "tests/support/simulated_disk.h"
#include "tests/support/simulated_env.h"

namespace hie::fault {

// What a chain of crashes came to.  The first group are violations.
struct Findings {
  uint64_t refused = 0;   // The disk was honest, and yet the role would not start.
  uint64_t lost = 0;      // An acknowledged command was not there.
  uint64_t diverged = 0;  // The state was not that of a prefix of the commands.

  uint64_t crashes = 0;
  uint64_t crashes_while_opening = 0;
  uint64_t acknowledged = 0;
  uint64_t survived_unacknowledged = 0;
  std::string first_violation;

  uint64_t violations() const { return refused + lost + diverged; }
  void Add(const Findings& other);
};

// What is wrong on purpose, so that the checks are seen to work.
enum class Sabotage {
  kNone,
  kDiskIgnoresSyncs,
  kStoreIsNotSynced,  // The journal's writes are only buffered.
};

// One simulated disk with a RocksDB and a journal on it, living through crash after crash.
//
// Each crash fails the power at a random change of the disk, then opens again and compares: every
// acknowledged command is there, and the state is exactly the replay of the commands up to the
// sequence that the store names.  Not thread-safe.
class CrashChain {
 public:
  CrashChain(uint64_t seed, Sabotage sabotage);
  ~CrashChain();

  // Crashes `times` times; stops at the first violation.
  Findings Run(uint64_t times);

 private:
  struct Process;

  // What the callbacks of a life said.
  struct Acknowledged {
    std::mutex mutex;
    std::vector<Applied> applied;
    size_t answered = 0;
  };

  absl::StatusOr<std::unique_ptr<Process>> Open();
  // Proposes bursts of transfers until the power fails or enough were made.
  void Live(Process& process, Acknowledged& acknowledged);
  std::string RandomTransfer();
  void Verify(Process& process, const Acknowledged& acknowledged);
  void Violated(uint64_t Findings::*count, const std::string& what);

  const uint64_t seed_;
  const Sabotage sabotage_;
  std::mt19937_64 random_;
  hie::testing::SimulatedDisk disk_;
  SimulatedClock clock_;
  hie::testing::LedgerMachine ledger_;
  hie::testing::RecordingMachine recorder_;
  MemoryKvStore model_;         // The replay of every verified command.
  uint64_t verified_ = 0;       // Its last sequence.
  uint64_t next_transfer_ = 0;  // Makes ids unique.
  Findings findings_;
};

}  // namespace hie::fault
