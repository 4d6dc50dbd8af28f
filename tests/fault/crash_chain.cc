#include "tests/fault/crash_chain.h"

#include <atomic>
#include <future>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/db_hash.h"

namespace hie::fault {
namespace {

using ::hie::testing::LedgerMachine;

constexpr absl::Time kStart = absl::FromUnixMicros(1'700'000'000'000'000);
const char* const kDatabase = "/disk/db";
const char* const kMark = "/disk/role.mark";

// About as many changes of the disk as opening and a few dozen commits make.
constexpr uint64_t kOperationsMax = 110;
constexpr int kBursts = 25;
constexpr size_t kBurstMax = 6;

const std::vector<std::string> kCompared = {"accounts", "transfers"};

// Forwards every write without a sync.
class UnsyncedStore final : public KvStore {
 public:
  explicit UnsyncedStore(KvStore& store) : store_(store) {}
  std::shared_ptr<const KvReader> Snapshot() const override { return store_.Snapshot(); }
  absl::Status Write(const WriteBatch& batch, Durability) override {
    return store_.Write(batch, Durability::kBuffered);
  }
  absl::Status Checkpoint(const std::string& directory) const override {
    return store_.Checkpoint(directory);
  }

 private:
  KvStore& store_;
};

}  // namespace

// One life of the process; members die in the reverse order.
struct CrashChain::Process {
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<RocksDbKvStore> store;
  std::unique_ptr<UnsyncedStore> unsynced;
  std::unique_ptr<EmbeddedJournal> journal;
};

void Findings::Add(const Findings& other) {
  refused += other.refused;
  lost += other.lost;
  diverged += other.diverged;
  crashes += other.crashes;
  crashes_while_opening += other.crashes_while_opening;
  acknowledged += other.acknowledged;
  survived_unacknowledged += other.survived_unacknowledged;
  if (first_violation.empty()) first_violation = other.first_violation;
}

CrashChain::CrashChain(uint64_t seed, Sabotage sabotage)
    : seed_(seed),
      sabotage_(sabotage),
      random_(seed),
      disk_(seed),
      clock_(kStart),
      recorder_(ledger_),
      model_(LedgerMachine::Tables()) {
  disk_.CreateDir("/disk").IgnoreError();
}

CrashChain::~CrashChain() = default;

Findings CrashChain::Run(uint64_t times) {
  absl::StatusOr<std::unique_ptr<Process>> process = absl::UnavailableError("not opened");
  while (findings_.crashes < times && findings_.violations() == 0) {
    Acknowledged acknowledged;
    // Half of the crashes may come while the store recovers from the one before.
    if (random_() % 2 == 0) process = absl::UnavailableError("closed");
    disk_.FailPowerAt(1 + random_() % kOperationsMax);
    if (!process.ok()) process = Open();
    if (process.ok()) {
      Live(**process, acknowledged);
    } else if (disk_.powered()) {
      Violated(&Findings::refused, process.status().ToString());
    } else {
      ++findings_.crashes_while_opening;
    }
    process = absl::UnavailableError("crashed");
    disk_.Crash();
    // A store that was once made durably: what is lost then is lost by the journal's commits.
    if (sabotage_ == Sabotage::kDiskIgnoresSyncs && verified_ > 0) disk_.IgnoreSyncs();
    ++findings_.crashes;

    process = Open();
    if (process.ok()) {
      Verify(**process, acknowledged);
    } else {
      Violated(&Findings::refused, process.status().ToString());
    }
  }
  return findings_;
}

absl::StatusOr<std::unique_ptr<CrashChain::Process>> CrashChain::Open() {
  auto process = std::make_unique<Process>();
  process->env = hie::testing::MakeSimulatedEnv(disk_);
  HIE_ASSIGN_OR_RETURN(process->store,
                       RocksDbKvStore::Open({.path = kDatabase,
                                             .tables = LedgerMachine::Tables(),
                                             .env = process->env.get(),
                                             .write_buffer_bytes = size_t{64} << 10,
                                             .block_cache_bytes = size_t{64} << 10}));
  process->unsynced = std::make_unique<UnsyncedStore>(*process->store);
  EmbeddedJournal::Options options;
  options.store = process->store.get();
  if (sabotage_ == Sabotage::kStoreIsNotSynced) options.store = process->unsynced.get();
  options.machine = &recorder_;
  options.clock = &clock_;
  options.mark_path = kMark;
  options.files = &disk_;
  // Often enough to meet the other threads' changes.
  options.mark_sync_period = absl::Milliseconds(2);
  options.on_fatal = [](const absl::Status&) {};
  HIE_ASSIGN_OR_RETURN(process->journal, EmbeddedJournal::Open(options));
  return process;
}

void CrashChain::Live(Process& process, Acknowledged& acknowledged) {
  for (int burst = 0; burst < kBursts && disk_.powered(); ++burst) {
    clock_.Advance(absl::Microseconds(static_cast<int64_t>(random_() % 1000)));
    const size_t count = 1 + random_() % kBurstMax;
    auto left = std::make_shared<std::atomic<size_t>>(count);
    std::promise<void> all_answered;
    for (size_t i = 0; i < count; ++i) {
      process.journal->Propose(RandomTransfer(), [&, left](absl::StatusOr<Applied> result) {
        {
          const std::lock_guard<std::mutex> lock(acknowledged.mutex);
          if (result.ok()) acknowledged.applied.push_back(*std::move(result));
        }
        if (left->fetch_sub(1) == 1) all_answered.set_value();
      });
    }
    all_answered.get_future().wait();
  }
}

std::string CrashChain::RandomTransfer() {
  static const std::vector<std::string> kNames = {"", "a", "b", "c", "d"};
  return LedgerMachine::Transfer(
      absl::StrCat("transfer-", ++next_transfer_), kNames[random_() % kNames.size()],
      kNames[1 + random_() % (kNames.size() - 1)], static_cast<uint32_t>(random_() % 50));
}

void CrashChain::Verify(Process& process, const Acknowledged& acknowledged) {
  const std::shared_ptr<const KvReader> state = process.journal->Snapshot();
  const uint64_t applied = process.journal->applied_sequence();
  for (const Applied& one : acknowledged.applied) {
    if (one.stamp.sequence > applied || !LedgerMachine::Has(*state, one.reply)) {
      Violated(&Findings::lost, absl::StrCat("sequence ", one.stamp.sequence, " of ", applied));
    }
  }
  findings_.acknowledged += acknowledged.applied.size();
  const auto commands = recorder_.Between(verified_ + 1, applied);
  if (applied < verified_ || commands.size() != applied - verified_) {
    return Violated(&Findings::diverged, absl::StrCat("store at ", applied, ", had ", verified_));
  }
  const absl::Status replayed = hie::testing::Replay(commands, ledger_, model_);
  const auto want = DbHash(*model_.Snapshot(), kCompared);
  const auto have = DbHash(*state, kCompared);
  if (!replayed.ok() || !want.ok() || !have.ok() || *want != *have) {
    return Violated(&Findings::diverged, absl::StrCat("state at ", applied));
  }
  verified_ = applied;
  const uint64_t accepted = model_.Snapshot()->ScanPrefix("transfers", "")->size();
  findings_.survived_unacknowledged = accepted - findings_.acknowledged;
}

void CrashChain::Violated(uint64_t Findings::*count, const std::string& what) {
  ++(findings_.*count);
  if (findings_.first_violation.empty()) {
    findings_.first_violation =
        absl::StrCat("seed ", seed_, ", crash ", findings_.crashes, ": ", what);
  }
}

}  // namespace hie::fault
