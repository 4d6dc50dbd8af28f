#include "gateway/members/write_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "gateway/members/timer_queue.h"

namespace hie::members {
namespace {

TEST(WriteQueueTest, WritesOneAtATimeInOrder) {
  auto queue = std::make_shared<WriteQueue>(WriteQueue::Bounds{.messages_max = 3, .bytes_max = 10});
  std::vector<int> started;
  WriteQueue::Done done;
  const auto write = [&](int n) {
    return [&, n](WriteQueue::Done d) {
      started.push_back(n);
      done = std::move(d);
    };
  };
  EXPECT_TRUE(queue->Push(write(1), 4));
  EXPECT_TRUE(queue->Push(write(2), 4));
  EXPECT_FALSE(queue->Push(write(3), 4));  // Bytes.
  EXPECT_TRUE(queue->Push(write(4), 1));
  EXPECT_FALSE(queue->Push(write(5), 0));  // Messages.
  EXPECT_EQ(started, std::vector<int>({1}));
  std::exchange(done, nullptr)(true);
  EXPECT_EQ(started, std::vector<int>({1, 2}));
  std::exchange(done, nullptr)(false);  // The stream is over.
  EXPECT_EQ(started, std::vector<int>({1, 2}));
  EXPECT_FALSE(queue->Push(write(6), 1));
}

TEST(WriteQueueTest, ManyWritesThatEndAtOnceDoNotGrowTheStack) {
  auto queue =
      std::make_shared<WriteQueue>(WriteQueue::Bounds{.messages_max = 200'000, .bytes_max = 1});
  int written = 0;
  WriteQueue::Done first;
  queue->Push([&](WriteQueue::Done done) { first = std::move(done); }, 0);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(queue->Push(
        [&](WriteQueue::Done done) {
          ++written;
          done(true);
        },
        0));
  }
  first(true);
  EXPECT_EQ(written, 100'000);
}

TEST(WriteQueueTest, WaitsForRoomAndWakesWhenClosed) {
  auto queue = std::make_shared<WriteQueue>(WriteQueue::Bounds{.messages_max = 1, .bytes_max = 1});
  WriteQueue::Done done;
  ASSERT_TRUE(queue->Push([&](WriteQueue::Done d) { done = std::move(d); }, 100));
  EXPECT_FALSE(queue->WaitAndPush([](WriteQueue::Done) {}, 1, absl::Milliseconds(5)));
  std::thread closer([&] { queue->Close(); });
  EXPECT_FALSE(queue->WaitAndPush([](WriteQueue::Done) {}, 1, absl::Seconds(60)));
  closer.join();
  done(true);
}

TEST(TimerQueueTest, RunsInOrderOfTimeAndForgetsWhatWasCancelled) {
  SimulatedClock clock(absl::UnixEpoch());
  TimerQueue timers(&clock, TimerQueue::Drive::kByHand);
  std::vector<int> ran;
  timers.After(absl::Seconds(2), [&] { ran.push_back(2); });
  timers.After(absl::Seconds(1), [&] { ran.push_back(1); });
  const TimerQueue::Id cancelled = timers.After(absl::Seconds(1), [&] { ran.push_back(9); });
  timers.Cancel(cancelled);
  timers.RunDue();
  EXPECT_TRUE(ran.empty());
  clock.Advance(absl::Seconds(3));
  timers.RunDue();
  EXPECT_EQ(ran, std::vector<int>({1, 2}));
}

TEST(TimerQueueTest, ThreadRunsWhatIsDueAndStops) {
  SystemClock clock;
  TimerQueue timers(&clock, TimerQueue::Drive::kThread);
  std::atomic<int> ran = 0;
  timers.After(absl::Hours(1), [&] { ran += 100; });
  timers.After(absl::Milliseconds(5), [&] { ++ran; });
  for (int i = 0; i < 1000 && ran == 0; ++i) absl::SleepFor(absl::Milliseconds(5));
  timers.Stop();
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace hie::members
