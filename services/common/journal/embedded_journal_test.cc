#include "services/common/journal/embedded_journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/journal/db_hash.h"
#include "services/common/storage/faulty_kv_store.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/storage/posix_file_system.h"
#include "tests/support/ledger_machine.h"
#include "tests/support/recording.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::IsOkAndHolds;
using ::hie::testing::LedgerMachine;
using ::hie::testing::Recording;
using ::hie::testing::RecordingJournal;
using ::hie::testing::RecordingMachine;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::Time kStart = absl::FromUnixMicros(1'700'000'000'000'000);

std::string Mint(const std::string& id) { return LedgerMachine::Transfer(id, "", "bank", 10); }

class EmbeddedJournalTest : public ::testing::Test {
 protected:
  EmbeddedJournalTest() : mark_path_(::testing::TempDir() + "/embedded_journal_test.mark") {
    std::filesystem::remove(mark_path_);
  }
  ~EmbeddedJournalTest() override { std::filesystem::remove(mark_path_); }

  EmbeddedJournal::Options OptionsOn(KvStore& store) {
    EmbeddedJournal::Options options;
    options.store = &store;
    options.machine = &machine_;
    options.clock = &clock_;
    options.mark_path = mark_path_;
    options.on_fatal = [this](const absl::Status& status) { fatal_.push_back(status); };
    return options;
  }
  auto Open() { return EmbeddedJournal::Open(OptionsOn(store_)); }

  SimulatedClock clock_{kStart};
  LedgerMachine machine_;
  MemoryKvStore store_{LedgerMachine::Tables()};
  std::vector<absl::Status> fatal_;
  const std::string mark_path_;
};

// Holds the committer in a callback until released, so that what is proposed meanwhile waits.
class Gate {
 public:
  explicit Gate(Journal& journal) {
    std::promise<void> entered;
    std::future<void> inside = entered.get_future();
    journal.Propose(
        Mint("gate"),
        [this, entered = std::make_shared<std::promise<void>>(std::move(entered))](const auto&) {
          entered->set_value();
          open_.get_future().wait();
        });
    inside.wait();
  }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> open_;
};

TEST_F(EmbeddedJournalTest, StampsRiseFromOneWhateverTheClockDoes) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
  absl::Time last = absl::InfinitePast();
  for (uint64_t n = 1; n <= 5; ++n) {
    HIE_ASSERT_OK_AND_ASSIGN(const Applied applied,
                             ProposeAndWait(*journal, Mint(absl::StrCat(n))));
    EXPECT_EQ(applied.stamp.sequence, n);
    EXPECT_GT(applied.stamp.time, last);
    EXPECT_GE(applied.stamp.time, kStart);
    EXPECT_EQ(applied.reply, absl::StrCat(n));
    last = applied.stamp.time;
  }
  EXPECT_EQ(journal->applied_sequence(), 5u);
}

TEST_F(EmbeddedJournalTest, StampsStillRiseAfterARestartWithAnEarlierClock) {
  absl::Time before;
  {
    HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
    HIE_ASSERT_OK_AND_ASSIGN(const Applied applied, ProposeAndWait(*journal, Mint("a")));
    before = applied.stamp.time;
  }
  SimulatedClock earlier(kStart - absl::Hours(1));
  EmbeddedJournal::Options options = OptionsOn(store_);
  options.clock = &earlier;
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(options));
  EXPECT_EQ(journal->applied_sequence(), 1u);
  HIE_ASSERT_OK_AND_ASSIGN(const Applied applied, ProposeAndWait(*journal, Mint("b")));
  EXPECT_EQ(applied.stamp.sequence, 2u);
  EXPECT_GT(applied.stamp.time, before);
}

TEST_F(EmbeddedJournalTest, PlannedProposalsKeepTheirOrderWhateverOrderTheyArePreparedIn) {
  constexpr size_t kCommands = 500;
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
  std::vector<std::string> commands;
  for (size_t i = 0; i < kCommands; ++i) {
    // Withdrawals that only the deposits before them cover.
    commands.push_back(LedgerMachine::Transfer(absl::StrCat(i), i % 2 == 0 ? "" : "bank",
                                               i % 2 == 0 ? "bank" : "purse", 7));
  }
  std::vector<std::string> plans(kCommands);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = kCommands - 1 - t; i < kCommands; i -= 4) {
        plans[i] = ValueOrDie(journal->Prepare(commands[i]));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<uint64_t> sequences;  // Of the journal's thread, until the last one answers.
  std::promise<void> answered;
  for (size_t i = 0; i < kCommands; ++i) {
    journal->ProposePlanned(commands[i], plans[i], [&](const absl::StatusOr<Applied>& applied) {
      sequences.push_back(applied.ok() ? applied->stamp.sequence : 0);
      if (sequences.size() == kCommands) answered.set_value();
    });
  }
  answered.get_future().wait();
  for (size_t i = 0; i < kCommands; ++i) EXPECT_EQ(sequences[i], i + 1);
}

TEST_F(EmbeddedJournalTest, APlannedProposalEqualsAPlainOne) {
  const std::vector<std::string> tables = {"accounts", "transfers"};
  std::vector<std::string> hashes;
  for (const bool planned : {false, true}) {
    MemoryKvStore store(LedgerMachine::Tables());
    EmbeddedJournal::Options options = OptionsOn(store);
    options.mark_path = "";
    HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(options));
    std::mt19937_64 random(5);
    for (int i = 0; i < 200; ++i) {
      const std::string command =
          LedgerMachine::Transfer(absl::StrCat(i % 150), random() % 3 == 0 ? "" : "a",
                                  random() % 2 == 0 ? "a" : "b", random() % 40);
      if (!planned) {
        ProposeAndWait(*journal, command).status().IgnoreError();
        continue;
      }
      const absl::StatusOr<std::string> plan = journal->Prepare(command);
      if (!plan.ok()) continue;
      std::promise<void> answered;
      journal->ProposePlanned(command, *plan, [&](const auto&) { answered.set_value(); });
      answered.get_future().wait();
    }
    HIE_ASSERT_OK_AND_ASSIGN(hashes.emplace_back(), DbHash(*journal->Snapshot(), tables));
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST_F(EmbeddedJournalTest, ATooLargeCommandIsNeitherPreparedNorProposed) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
  const std::string large(EmbeddedJournal::kCommandBytesMax + 1, 'x');
  EXPECT_THAT(journal->Prepare(large), StatusIs(absl::StatusCode::kInvalidArgument));
  absl::Status answer;
  journal->ProposePlanned(large, "", [&](const auto& applied) { answer = applied.status(); });
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(journal->applied_sequence(), 0u);
}

TEST_F(EmbeddedJournalTest, RefusalDropsItsChangesAndConsumesItsSequence) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
  EXPECT_THAT(ProposeAndWait(*journal, LedgerMachine::Transfer("poor", "nobody", "bank", 1)),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_FALSE(LedgerMachine::Has(*journal->Snapshot(), "poor"));
  HIE_ASSERT_OK_AND_ASSIGN(const Applied applied, ProposeAndWait(*journal, Mint("a")));
  EXPECT_EQ(applied.stamp.sequence, 2u);
}

TEST_F(EmbeddedJournalTest, WhatWaitsIsOneWriteAndSeesWhatWasBeforeIt) {
  FaultyKvStore counted(store_, 0, WriteFault::kNothingWritten);
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(OptionsOn(counted)));
  Gate gate(*journal);
  std::vector<std::future<absl::StatusOr<Applied>>> results;
  const auto propose = [&](std::string command) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<Applied>>>();
    results.push_back(promise->get_future());
    journal->Propose(std::move(command), [promise](auto result) { promise->set_value(result); });
  };
  for (int i = 0; i < 10; ++i) propose(Mint(absl::StrCat("mint", i)));
  // 10 units of the gate and 100 of the group: possible only after those before it.
  propose(LedgerMachine::Transfer("all", "bank", "other", 110));
  propose(LedgerMachine::Transfer("too much", "bank", "other", 1));
  propose(Mint("mint3"));
  gate.Open();
  for (int i = 0; i < 11; ++i) EXPECT_THAT(results[i].get(), IsOk()) << i;
  EXPECT_THAT(results[11].get(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(results[12].get(), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(counted.writes(), 2u) << "one for the gate, one for the group";
}

TEST_F(EmbeddedJournalTest, SnapshotHoldsWhatACallbackReported) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
  std::promise<bool> seen;
  journal->Propose(Mint("a"), [&](const absl::StatusOr<Applied>& applied) {
    seen.set_value(applied.ok() && LedgerMachine::Has(*journal->Snapshot(), "a"));
  });
  EXPECT_TRUE(seen.get_future().get());
}

TEST_F(EmbeddedJournalTest, FullQueueIsResourceExhausted) {
  std::atomic<int> refused = 0;
  std::atomic<int> taken = 0;
  std::promise<void> all_taken;
  EmbeddedJournal::Options options = OptionsOn(store_);
  options.waiting_max = 3;
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(options));
  Gate gate(*journal);
  for (int i = 0; i < 5; ++i) {
    journal->Propose(Mint(absl::StrCat(i)), [&](const absl::StatusOr<Applied>& result) {
      if (absl::IsResourceExhausted(result.status())) ++refused;
      if (result.ok() && ++taken == 3) all_taken.set_value();
    });
  }
  EXPECT_EQ(refused, 2) << "reported at once";
  gate.Open();
  all_taken.get_future().wait();
  EXPECT_THAT(ProposeAndWait(*journal, Mint("later")), IsOk());
}

TEST_F(EmbeddedJournalTest, TooLargeACommandIsInvalid) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
  EXPECT_THAT(ProposeAndWait(*journal, std::string(EmbeddedJournal::kCommandBytesMax + 1, 'x')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(EmbeddedJournalTest, ClosingAnswersUnavailableToThoseThatWait) {
  std::atomic<int> unavailable = 0;
  {
    HIE_ASSERT_OK_AND_ASSIGN(auto journal, Open());
    auto gate = std::make_unique<Gate>(*journal);
    for (int i = 0; i < 4; ++i) {
      journal->Propose(Mint(absl::StrCat(i)), [&](const absl::StatusOr<Applied>& result) {
        if (absl::IsUnavailable(result.status())) ++unavailable;
      });
    }
    std::thread opener([&] {
      // After the destructor has begun: it waits for the gate's group.
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      gate->Open();
    });
    journal.reset();
    opener.join();
  }
  EXPECT_EQ(unavailable, 4);
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, Open());
  EXPECT_EQ(journal->applied_sequence(), 1u) << "nothing happened";
}

TEST_F(EmbeddedJournalTest, EveryFailingWriteIsFatalAndLosesNothingThatWasAcknowledged) {
  constexpr uint64_t kWrites = 12;
  int runs = 0;
  for (const WriteFault fault : {WriteFault::kNothingWritten, WriteFault::kAllWritten}) {
    for (uint64_t fail_at = 1; fail_at <= kWrites; ++fail_at, ++runs) {
      SCOPED_TRACE(absl::StrCat("fails at write ", fail_at));
      std::filesystem::remove(mark_path_);
      fatal_.clear();
      MemoryKvStore memory(LedgerMachine::Tables());
      FaultyKvStore faulty(memory, fail_at, fault);
      uint64_t acknowledged = 0;
      {
        HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(OptionsOn(faulty)));
        while (ProposeAndWait(*journal, Mint(absl::StrCat(acknowledged))).ok()) ++acknowledged;
        EXPECT_EQ(acknowledged, fail_at - 1);
        EXPECT_EQ(fatal_.size(), 1u);
        EXPECT_THAT(ProposeAndWait(*journal, Mint("later")),
                    StatusIs(absl::StatusCode::kUnavailable));
      }
      HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(OptionsOn(memory)));
      for (uint64_t n = 0; n < acknowledged; ++n) {
        EXPECT_TRUE(LedgerMachine::Has(*journal->Snapshot(), absl::StrCat(n)));
      }
      EXPECT_EQ(journal->applied_sequence(),
                acknowledged + (fault == WriteFault::kAllWritten ? 1 : 0));
    }
  }
  std::cout << "failing writes tried: " << runs << "\n";
}

TEST_F(EmbeddedJournalTest, FailedCommitEndsTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        FaultyKvStore faulty(store_, 1, WriteFault::kNothingWritten);
        EmbeddedJournal::Options options = OptionsOn(faulty);
        options.on_fatal = nullptr;
        auto journal = EmbeddedJournal::Open(options);
        ProposeAndWait(**journal, Mint("a")).IgnoreError();
      },
      ::testing::ExitedWithCode(70), "journal: fatal");
}

// A store whose reads fail as those of a damaged file do.
class UnreadableStore final : public KvStore {
 public:
  explicit UnreadableStore(KvStore& store) : store_(store) {}
  std::shared_ptr<const KvReader> Snapshot() const override {
    return std::make_shared<Reader>(store_.Snapshot());
  }
  absl::Status Write(const WriteBatch& batch, Durability durability) override {
    return store_.Write(batch, durability);
  }
  absl::Status Checkpoint(const std::string& directory) const override {
    return store_.Checkpoint(directory);
  }

 private:
  class Reader final : public KvReader {
   public:
    explicit Reader(std::shared_ptr<const KvReader> base) : base_(std::move(base)) {}
    absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                   absl::string_view key) const override {
      if (table == "transfers") return absl::DataLossError("checksum mismatch");
      return base_->Get(table, key);
    }
    absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
        Table table, const std::vector<std::string>& keys) const override {
      return base_->MultiGet(table, keys);
    }
    absl::Status Scan(
        Table table, absl::string_view prefix, absl::string_view from,
        absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const override {
      return base_->Scan(table, prefix, from, visit);
    }

   private:
    const std::shared_ptr<const KvReader> base_;
  };
  KvStore& store_;
};

TEST_F(EmbeddedJournalTest, UnreadableStateIsFatalNotARefusal) {
  UnreadableStore unreadable(store_);
  HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(OptionsOn(unreadable)));
  EXPECT_THAT(ProposeAndWait(*journal, Mint("a")), StatusIs(absl::StatusCode::kDataLoss));
  ASSERT_EQ(fatal_.size(), 1u);
  EXPECT_THAT(fatal_[0], StatusIs(absl::StatusCode::kDataLoss, HasSubstr("checksum")));
  EXPECT_EQ(journal->applied_sequence(), 0u);
}

class MarkTest : public EmbeddedJournalTest {
 protected:
  MarkTest() {
    const auto journal = hie::testing::ValueOrDie(Open());
    for (int i = 0; i < 3; ++i) {
      EXPECT_THAT(ProposeAndWait(*journal, Mint(absl::StrCat(i))), IsOk());
    }
  }
  PosixFileSystem files_;
};

TEST_F(MarkTest, HoldsTheLastAcknowledgedSequence) {
  EXPECT_THAT(HighWaterMark::Read(files_, mark_path_), IsOkAndHolds(::testing::Optional(3u)));
}

TEST_F(MarkTest, StoreBehindItIsRefusedWithBothNumbers) {
  ASSERT_THAT(WriteMark(files_, mark_path_, 7), IsOk());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss,
                               AllOf(HasSubstr(" 3"), HasSubstr(" 7"), HasSubstr(mark_path_))));
  MemoryKvStore empty(LedgerMachine::Tables());
  EXPECT_THAT(EmbeddedJournal::Open(OptionsOn(empty)), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(MarkTest, StoreAheadOfItIsFineAndAdvancesIt) {
  ASSERT_THAT(WriteMark(files_, mark_path_, 1), IsOk());
  ASSERT_THAT(Open(), IsOk());
  EXPECT_THAT(HighWaterMark::Read(files_, mark_path_), IsOkAndHolds(::testing::Optional(3u)));
}

TEST_F(MarkTest, MissingBesideCommandsIsRefused) {
  std::filesystem::remove(mark_path_);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("missing")));
  EmbeddedJournal::Options options = OptionsOn(store_);
  options.mark_path = "";
  EXPECT_THAT(EmbeddedJournal::Open(options), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(MarkTest, AnyDamageIsRefused) {
  std::string record;
  {
    HIE_ASSERT_OK_AND_ASSIGN(const auto file, files_.Open(mark_path_, OpenMode::kRead));
    HIE_ASSERT_OK_AND_ASSIGN(record, file->ReadAt(0, 100));
  }
  std::vector<std::string> damaged = {"", record + "x", record.substr(1)};
  for (size_t i = 0; i < record.size(); ++i) {
    damaged.push_back(record.substr(0, i));
    damaged.push_back(record);
    damaged.back()[i] ^= 1;
  }
  for (const std::string& bytes : damaged) {
    ASSERT_THAT(ReplaceFile(files_, mark_path_, bytes), IsOk());
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss));
  }
}

// Proposes random transfers from several threads through `journal`.
void ProposeTransfers(Journal& journal, uint64_t seed) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&journal, seed, w] {
      std::mt19937_64 random(seed * 31 + static_cast<uint64_t>(w));
      const std::vector<std::string> names = {"", "a", "b", "c"};
      for (int i = 0; i < 40; ++i) {
        // Ids and balances collide: refusals are part of the history.
        const std::string id = absl::StrCat(w % 2, "-", random() % 60);
        ProposeAndWait(journal, LedgerMachine::Transfer(id, names[random() % 4],
                                                        names[1 + random() % 3], random() % 20))
            .IgnoreError();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
}

TEST_F(EmbeddedJournalTest, ReplayWithoutPlansEqualsTheLiveState) {
  const std::vector<std::string> tables = {"accounts", "transfers"};
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::filesystem::remove(mark_path_);
    MemoryKvStore live(LedgerMachine::Tables());
    RecordingMachine recorder(machine_);
    EmbeddedJournal::Options options = OptionsOn(live);
    options.machine = &recorder;
    HIE_ASSERT_OK_AND_ASSIGN(const auto journal, EmbeddedJournal::Open(options));
    RecordingJournal recording(*journal);
    ProposeTransfers(recording, seed);

    const auto want = DbHash(*live.Snapshot(), tables);
    MemoryKvStore accepted(LedgerMachine::Tables());
    ASSERT_THAT(hie::testing::Replay(recording.recording(), machine_, accepted), IsOk());
    EXPECT_EQ(*DbHash(*accepted.Snapshot(), tables), *want);
    MemoryKvStore everything(LedgerMachine::Tables());
    const Recording all = recorder.Between(1, journal->applied_sequence());
    EXPECT_EQ(all.size(), journal->applied_sequence()) << "no gaps";
    ASSERT_THAT(hie::testing::Replay(all, machine_, everything), IsOk());
    EXPECT_EQ(*DbHash(*everything.Snapshot(), tables), *want);
  }
}

TEST(PlanTest, AnyPlanGivesTheSameStateAndReplies) {
  const LedgerMachine machine;
  const std::vector<std::string> tables = {"accounts", "transfers"};
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    MemoryKvStore with(LedgerMachine::Tables());
    MemoryKvStore without(LedgerMachine::Tables());
    std::vector<std::shared_ptr<const KvReader>> old = {with.Snapshot()};
    const std::vector<std::string> names = {"", "a", "b"};
    for (uint64_t n = 1; n <= 100; ++n) {
      const std::string command = LedgerMachine::Transfer(
          absl::StrCat(random() % 80), names[random() % 3], names[1 + random() % 2], random() % 9);
      // From a state of any age, or none.
      std::string plan;
      if (random() % 4 != 0) {
        plan = machine.Prepare(command, *old[random() % old.size()]).value_or("");
      }
      const Stamp stamp{n, kStart + absl::Microseconds(n)};
      WriteBatch planned;
      WriteBatch bare;
      const auto a = machine.Apply(command, plan, stamp, *with.Snapshot(), planned);
      const auto b = machine.Apply(command, "", stamp, *without.Snapshot(), bare);
      ASSERT_EQ(a.status(), b.status());
      if (!a.ok()) continue;
      ASSERT_THAT(with.Write(planned, Durability::kBuffered), IsOk());
      ASSERT_THAT(without.Write(bare, Durability::kBuffered), IsOk());
      ASSERT_EQ(*DbHash(*with.Snapshot(), tables), *DbHash(*without.Snapshot(), tables));
      old.push_back(with.Snapshot());
    }
  }
}

}  // namespace
}  // namespace hie
