#include "services/common/outbox/outbox.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "services/common/base/mutex.h"
#include "services/common/storage/faulty_kv_store.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::outbox {
namespace {

using ::hie::testing::IsOk;
using ::testing::ElementsAre;

// The audit: takes events, or fails for a while.  Keeps each id once, as the real one.
class Audit {
 public:
  absl::Status Take(const std::vector<audit::v1::Event>& events) {
    MutexLock lock(mutex_);
    ++calls_;
    largest_ = std::max(largest_, events.size());
    if (failures_left_ > 0) {
      --failures_left_;
      return absl::UnavailableError("audit: down");
    }
    for (const audit::v1::Event& event : events) {
      if (std::find(ids_.begin(), ids_.end(), event.event_id()) == ids_.end()) {
        ids_.push_back(event.event_id());
      }
    }
    changed_.NotifyAll();
    return absl::OkStatus();
  }
  void FailNext(int calls) {
    MutexLock lock(mutex_);
    failures_left_ = calls;
  }
  // Waits for `count` events; returns the ids.
  std::vector<std::string> Await(size_t count) {
    MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, absl::Seconds(20), [&] { return ids_.size() >= count; });
    return ids_;
  }
  size_t largest() {
    MutexLock lock(mutex_);
    return largest_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> ids_ HIE_GUARDED_BY(mutex_);
  size_t largest_ HIE_GUARDED_BY(mutex_) = 0;
  int calls_ HIE_GUARDED_BY(mutex_) = 0;
  int failures_left_ HIE_GUARDED_BY(mutex_) = 0;
};

class OutboxTest : public ::testing::Test {
 protected:
  Relay::Options OptionsFor(KvStore& store) {
    return {.store = &store,
            .deliver = [this](const auto& events) { return audit_.Take(events); },
            .poll = absl::Milliseconds(2),
            .back_off_max = absl::Milliseconds(60),
            .batch_max = 4,
            .on_failure = [this](const absl::Status&) { ++failures_; }};
  }
  void PutEvent(uint64_t sequence, uint32_t index) {
    WriteBatch batch;
    Put("mpi", {sequence, absl::UnixEpoch()}, index, audit::v1::Event(), batch);
    ASSERT_THAT(store_.Write(batch, Durability::kSynced), IsOk());
  }
  size_t Rows() { return store_.Snapshot()->ScanPrefix(kTable, "")->size(); }
  // Waits until the relay has deleted what it delivered.
  void AwaitEmpty() {
    for (int i = 0; i < 4000 && Rows() > 0; ++i) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_EQ(Rows(), 0u);
  }

  MemoryKvStore store_{{std::string(kTable)}};
  Audit audit_;
  std::atomic<int> failures_ = 0;
};

TEST_F(OutboxTest, PutNamesTheEventAfterItsPlaceInTheJournal) {
  WriteBatch batch;
  audit::v1::Event event;
  event.set_type(audit::v1::EVENT_TYPE_CHANGE);
  event.set_event_id("what the caller wrote");
  Put("consent", {258, absl::UnixEpoch()}, 3, event, batch);
  ASSERT_EQ(batch.changes().size(), 1u);
  const WriteBatch::Change& row = batch.changes()[0];
  EXPECT_EQ(row.table, "outbox");
  EXPECT_EQ(row.key, std::string("\0\0\0\0\0\0\1\2\0\0\0\3", 12));
  audit::v1::Event stored;
  ASSERT_TRUE(stored.ParseFromString(*row.value));
  EXPECT_EQ(stored.event_id(), "consent-258-3-0");
  EXPECT_EQ(stored.role(), "consent");
  EXPECT_EQ(stored.role_sequence(), 258u);
  EXPECT_EQ(stored.type(), audit::v1::EVENT_TYPE_CHANGE);
}

TEST_F(OutboxTest, DeliversOldestFirstInBatchesAndDeletes) {
  std::vector<std::string> want;
  for (uint64_t sequence = 250; sequence < 260; ++sequence) {
    for (uint32_t index = 0; index < 2; ++index) {
      PutEvent(sequence, index);
      want.push_back(absl::StrCat("mpi-", sequence, "-", index, "-0"));
    }
  }
  const auto relay = Relay::Start(OptionsFor(store_));
  EXPECT_EQ(audit_.Await(want.size()), want);
  EXPECT_LE(audit_.largest(), 4u);
  AwaitEmpty();
  PutEvent(300, 0);
  relay->Wake();
  EXPECT_EQ(audit_.Await(want.size() + 1).back(), "mpi-300-0-0");
  AwaitEmpty();
  EXPECT_EQ(failures_, 0);
}

TEST_F(OutboxTest, TriesAgainWhileTheAuditIsDownAndDropsNothing) {
  audit_.FailNext(3);
  PutEvent(1, 0);
  PutEvent(2, 0);
  const auto relay = Relay::Start(OptionsFor(store_));
  EXPECT_THAT(audit_.Await(2), ElementsAre("mpi-1-0-0", "mpi-2-0-0"));
  EXPECT_EQ(failures_, 3);
  AwaitEmpty();
}

TEST_F(OutboxTest, StopsWhileTheAuditIsDownAndASecondRelayGoesOn) {
  PutEvent(1, 0);
  audit_.FailNext(1'000'000);
  {
    const auto relay = Relay::Start(OptionsFor(store_));
    while (failures_ == 0) absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(Rows(), 1u);
  audit_.FailNext(0);
  const auto relay = Relay::Start(OptionsFor(store_));
  EXPECT_THAT(audit_.Await(1), ElementsAre("mpi-1-0-0"));
}

TEST_F(OutboxTest, DeliversAgainWhatItCouldNotDelete) {
  PutEvent(1, 0);
  FaultyKvStore faulty(store_, 1, WriteFault::kNothingWritten);
  {
    const auto relay = Relay::Start(OptionsFor(faulty));
    while (failures_ < 2) absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(Rows(), 1u);
  EXPECT_THAT(audit_.Await(1), ElementsAre("mpi-1-0-0")) << "the audit keeps each id once";
}

TEST_F(OutboxTest, UnreadableRowIsReportedAndKept) {
  PutEvent(1, 0);
  WriteBatch batch;
  batch.Put(kTable, "zzz", "\xff\xff\xff");
  ASSERT_THAT(store_.Write(batch, Durability::kSynced), IsOk());
  {
    const auto relay = Relay::Start(OptionsFor(store_));
    EXPECT_THAT(audit_.Await(1), ElementsAre("mpi-1-0-0"));
    while (failures_ == 0) absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(Rows(), 1u);
}

}  // namespace
}  // namespace hie::outbox
