// The index on a disk that loses power at any of its changes: registrations, merges, decisions,
// undos, answers to tasks, lines of loads and activations of models are there whole or not at all,
// and nothing that was acknowledged is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "mpi/score/model_file.h"
#include "mpi/service/load_commands.h"
#include "mpi/store/invariants.h"
#include "mpi/store/load_progress.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/journal/db_hash.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "tests/fault/mpi_lines.h"
#include "tests/support/recording.h"
#include "tests/support/simulated_disk.h"
#include "tests/support/simulated_env.h"
#include "tests/support/status_matchers.h"

namespace hie::fault {
namespace {

using ::hie::testing::ValueOrDie;

constexpr absl::Time kStart = absl::FromUnixMicros(1'700'000'000'000'000);
constexpr uint64_t kCrashPoints = 600;
constexpr uint64_t kCrashesPerChain = 30;
// About as many changes of the disk as opening and a dozen commits make.
constexpr uint64_t kOperationsMax = 160;
constexpr int kBursts = 12;
constexpr size_t kBurstMax = 8;
constexpr size_t kLines = 4000;

uint64_t CrashPoints() {
  uint64_t points = kCrashPoints;
  if (const char* text = std::getenv("HIE_CRASH_POINTS")) {
    if (!absl::SimpleAtoi(text, &points)) ADD_FAILURE() << "HIE_CRASH_POINTS: want a number";
  }
  return points;
}

std::vector<std::string> Tables() {
  std::vector<std::string> tables = mpi::StateTables();
  tables.emplace_back(outbox::kTable);
  tables.emplace_back(kJournalTable);
  return tables;
}

// All but the journal's own row, which a replay does not write.
std::vector<std::string> ComparedTables() {
  std::vector<std::string> tables = mpi::StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

// Commands of every kind, about few people.
class Commands {
 public:
  explicit Commands(uint64_t seed) : people_(seed), random_(seed) {
    mpi::Model stricter = mpi::DefaultModel();
    stricter.thresholds.link += 2000;
    const std::string text = mpi::WriteModel(stricter);
    const absl::string_view trimmed = absl::StripTrailingAsciiWhitespace(text);
    hash_ = std::string(trimmed.substr(trimmed.find_last_of(" \n") + 1));
    const size_t half = text.size() / 2;
    model_ = {text.substr(0, half), text.substr(half)};
    load_ = ValueOrDie(mpi::ReadLoadName(GeneratedLoad(seed)));
    lines_ = GeneratedLines(seed, kLines);
    begin_ = GeneratedLoad(seed);
  }

  std::string Next() {
    switch (random_() % 8) {
      case 0:
        if (random_() % 3 == 0) return Model().SerializeAsString();
        return people_.Command().SerializeAsString();
      case 1:
        return Undo().SerializeAsString();
      case 2:
        return Load().SerializeAsString();
      default:
        return people_.Command().SerializeAsString();
    }
  }

  // Events about this sequence are taken back.
  void UndoAbout(uint64_t sequence) { sequence_ = sequence; }
  // A client that has asked how its load stands goes on from there.
  void GoOnAfter(uint64_t line) { line_ = line + 1; }
  const mpi::LoadName& load() const { return load_; }

 private:
  mpi::v1::MpiCommand Model() {
    mpi::v1::MpiCommand command;
    mpi::v1::ModelCommand& model = *command.mutable_model();
    model.mutable_actor()->set_member("exchange");
    const uint64_t what = random_() % 4;
    if (what < 2) {
      mpi::v1::ModelPart& part = *model.mutable_put();
      part.set_hash(hash_);
      part.set_number(static_cast<uint32_t>(1 + what));
      part.set_parts(2);
      part.set_data(model_[what]);
    } else if (what == 2) {
      model.mutable_activate()->set_hash(random_() % 2 == 0 ? hash_ : "");
      model.mutable_activate()->set_reason("a try");
    } else {
      model.mutable_roll_back()->set_reason("it went wrong");
      model.mutable_roll_back()->set_expected_active(random_() % 2 == 0 ? hash_ : "");
    }
    return command;
  }

  mpi::v1::MpiCommand Undo() {
    mpi::v1::MpiCommand command = people_.Command();  // For its EIDs.
    mpi::v1::UndoCommand& undo = *command.mutable_undo();
    undo.mutable_actor()->set_member("exchange");
    undo.set_sequence(1 + sequence_ + random_() % 30 - std::min<uint64_t>(sequence_, 10));
    undo.set_reason("a mistake");
    return command;
  }

  // The next line of a load, or one that came before.
  mpi::v1::MpiCommand Load() {
    if (line_ == 0 || random_() % 20 == 0) {
      line_ = std::max<uint64_t>(line_, 1);
      return mpi::BeginCommand(load_, begin_);
    }
    if (random_() % 10 == 0 && line_ > 3) line_ -= 3;
    return mpi::LineCommand(load_, lines_[line_++ - 1]);
  }

  mpi::RandomPeople people_;
  std::mt19937_64 random_;
  std::string hash_;
  std::vector<std::string> model_;
  mpi::LoadName load_;
  mpi::v1::BeginLoad begin_;
  std::vector<mpi::v1::LoadLine> lines_;
  uint64_t sequence_ = 0;
  uint64_t line_ = 0;  // The next; 0: the load has not begun.
};

// What chains of crashes came to.
struct Findings {
  uint64_t crashes = 0;
  uint64_t crashes_while_opening = 0;
  uint64_t acknowledged = 0;
  std::map<std::string, uint64_t> applied;  // By kind of command.
  std::string violation;                    // Empty: none.
};

// One simulated disk with an index on it, living through crash after crash.
class MpiCrashChain {
 public:
  MpiCrashChain(uint64_t seed, Findings& findings)
      : seed_(seed),
        findings_(findings),
        random_(seed),
        disk_(seed),
        clock_(kStart),
        commands_(seed),
        model_(Tables()) {
    disk_.CreateDir("/disk").IgnoreError();
  }

  void IgnoreSyncs() { ignore_syncs_ = true; }

  void Run(uint64_t times) {
    std::unique_ptr<Process> process;
    for (uint64_t i = 0; i < times && findings_.violation.empty(); ++i) {
      acknowledged_.clear();
      // Half of the crashes may come while the store recovers from the one before.
      if (random_() % 2 == 0) process = nullptr;
      disk_.FailPowerAt(1 + random_() % kOperationsMax);
      if (process == nullptr) process = Open();
      if (process != nullptr) {
        Live(*process);
      } else {
        ++findings_.crashes_while_opening;
      }
      process = nullptr;
      disk_.Crash();
      if (ignore_syncs_ && verified_ > 0) disk_.IgnoreSyncs();
      ++findings_.crashes;
      process = Open();
      if (process != nullptr) {
        Verify(*process);
      } else {
        Violated("the index does not open");
      }
    }
  }

 private:
  // One life of the process; members die in the reverse order.
  struct Process {
    std::unique_ptr<rocksdb::Env> env;
    std::unique_ptr<RocksDbKvStore> store;
    mpi::MpiMachine machine{mpi::DefaultModel()};
    std::unique_ptr<hie::testing::RecordingMachine> recorder;
    std::unique_ptr<EmbeddedJournal> journal;
  };

  std::unique_ptr<Process> Open() {
    auto process = std::make_unique<Process>();
    process->env = hie::testing::MakeSimulatedEnv(disk_);
    RocksDbKvStore::Options store;
    store.path = "/disk/db";
    store.tables = Tables();
    store.env = process->env.get();
    store.write_buffer_bytes = size_t{64} << 10;
    store.block_cache_bytes = size_t{64} << 10;
    auto opened = RocksDbKvStore::Open(std::move(store));
    if (!opened.ok()) return nullptr;
    process->store = *std::move(opened);
    process->recorder = std::make_unique<hie::testing::RecordingMachine>(process->machine);
    EmbeddedJournal::Options options;
    options.store = process->store.get();
    options.machine = process->recorder.get();
    options.clock = &clock_;
    options.mark_path = "/disk/mpi.mark";
    options.files = &disk_;
    options.mark_sync_period = absl::Milliseconds(2);
    options.on_fatal = [](const absl::Status&) {};
    auto journal = EmbeddedJournal::Open(std::move(options));
    if (!journal.ok()) return nullptr;
    process->journal = *std::move(journal);
    return process;
  }

  void Live(Process& process) {
    for (int burst = 0; burst < kBursts && disk_.powered(); ++burst) {
      clock_.Advance(absl::Microseconds(static_cast<int64_t>(random_() % 1000)));
      const size_t count = 1 + random_() % kBurstMax;
      auto left = std::make_shared<std::atomic<size_t>>(count);
      std::promise<void> all_answered;
      for (size_t i = 0; i < count; ++i) {
        process.journal->Propose(commands_.Next(),
                                 [&, left](const absl::StatusOr<Applied>& result) {
                                   if (result.ok()) {
                                     const std::lock_guard<std::mutex> lock(mutex_);
                                     acknowledged_[result->stamp.sequence] = result->reply;
                                   }
                                   if (left->fetch_sub(1) == 1) all_answered.set_value();
                                 });
      }
      all_answered.get_future().wait();
    }
    // What was applied but not acknowledged may have survived: known by sequence.
    for (auto& [sequence, recorded] : process.recorder->Between(verified_ + 1, ~uint64_t{0})) {
      recorded_[sequence] = recorded;
    }
  }

  void Verify(Process& process) {
    const std::shared_ptr<const KvReader> state = process.journal->Snapshot();
    const uint64_t applied = process.journal->applied_sequence();
    if (!acknowledged_.empty() && acknowledged_.rbegin()->first > applied) {
      return Violated("an acknowledged command is lost");
    }
    findings_.acknowledged += acknowledged_.size();
    const mpi::MpiMachine machine(mpi::DefaultModel());
    for (uint64_t sequence = verified_ + 1; sequence <= applied; ++sequence) {
      const auto found = recorded_.find(sequence);
      if (found == recorded_.end()) return Violated("a command nobody proposed");
      ReplayOne(machine, found->second, sequence);
    }
    verified_ = applied;
    recorded_.clear();
    commands_.UndoAbout(applied);
    const auto load =
        mpi::ReadLoad(*state, commands_.load().actor.member(), commands_.load().load_id);
    if (load.ok()) commands_.GoOnAfter(load->applied_line());
    if (ValueOrDie(DbHash(*model_.Snapshot(), ComparedTables())) !=
        ValueOrDie(DbHash(*state, ComparedTables()))) {
      return Violated("the state is not that of a prefix of the commands");
    }
    if (findings_.crashes % 10 == 0 && !ValueOrDie(mpi::CheckInvariants(*state)).empty()) {
      Violated("what must hold does not");
    }
  }

  void ReplayOne(const mpi::MpiMachine& machine, const hie::testing::Recorded& recorded,
                 uint64_t sequence) {
    WriteBatch changes;
    const auto reply =
        machine.Apply(recorded.command, "", recorded.stamp, *model_.Snapshot(), changes);
    const auto told = acknowledged_.find(sequence);
    if (told != acknowledged_.end() && (!reply.ok() || *reply != told->second)) {
      Violated("a replay answers otherwise");
    }
    if (!reply.ok()) return;
    if (!model_.Write(changes, Durability::kBuffered).ok()) return Violated("the model");
    mpi::v1::MpiCommand command;
    command.ParseFromString(recorded.command);
    const auto* kind = command.GetDescriptor()->FindFieldByNumber(command.kind_case());
    ++findings_.applied[command.register_().load_id().empty() ? kind->name() : "line of a load"];
  }

  void Violated(const std::string& what) {
    if (!findings_.violation.empty()) return;
    findings_.violation = absl::StrCat("seed ", seed_, ", crash ", findings_.crashes, ": ", what);
  }

  const uint64_t seed_;
  Findings& findings_;
  std::mt19937_64 random_;
  hie::testing::SimulatedDisk disk_;
  SimulatedClock clock_;
  Commands commands_;
  MemoryKvStore model_;    // The replay of every verified command.
  uint64_t verified_ = 0;  // Its last sequence.
  bool ignore_syncs_ = false;
  hie::testing::Recording recorded_;  // Of this life.
  std::mutex mutex_;
  std::map<uint64_t, std::string> acknowledged_;  // Replies of this life, by sequence.
};

TEST(MpiCrashTest, EveryCommandIsThereWholeOrNotAtAll) {
  Findings findings;
  const uint64_t chains = std::max<uint64_t>(CrashPoints() / kCrashesPerChain, 1);
  for (uint64_t i = 0; i < chains && findings.violation.empty(); ++i) {
    MpiCrashChain(1 + i, findings).Run(kCrashesPerChain);
  }
  std::cout << "crash points: " << findings.crashes << " (" << findings.crashes_while_opening
            << " while opening), commands acknowledged: " << findings.acknowledged << "\n";
  for (const auto& [kind, count] : findings.applied) std::cout << kind << " " << count << "\n";
  EXPECT_EQ(findings.violation, "");
  EXPECT_EQ(findings.crashes, chains * kCrashesPerChain);
  // A load of commands that were all refused would prove nothing.
  for (const char* kind : {"register", "merge", "undo", "model", "decide", "line of a load"}) {
    EXPECT_GT(findings.applied[kind], 10u) << kind;
  }
}

// The checks can fail.
TEST(MpiCrashTest, ALyingDiskIsFoundOut) {
  Findings findings;
  for (uint64_t i = 0; i < 20 && findings.violation.empty(); ++i) {
    MpiCrashChain chain(1 + i, findings);
    chain.IgnoreSyncs();
    chain.Run(10);
  }
  EXPECT_NE(findings.violation, "");
  std::cout << findings.violation << "\n";
}

}  // namespace
}  // namespace hie::fault
