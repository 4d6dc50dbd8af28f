#include "tests/bench/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "services/common/base/mutex.h"

namespace hie::bench {
namespace {

using ::testing::Eq;
using ::testing::Gt;
using ::testing::Le;

constexpr absl::Duration kTime = absl::Milliseconds(100);

TEST(LoadTest, KeepsJustSoManyCallsInFlight) {
  Mutex mutex;
  std::vector<std::thread> threads;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  const Load load = LoadInFlight(4, kTime, getpid(), [&](std::function<void(absl::Status)> done) {
    most = std::max<int>(most, ++running);
    const MutexLock lock(mutex);
    threads.emplace_back([&running, done = std::move(done)] {
      absl::SleepFor(absl::Milliseconds(2));
      --running;
      done(absl::OkStatus());
    });
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(load.micros.size(), Gt(4u));
  EXPECT_THAT(load.micros.size(), Eq(threads.size()));
  EXPECT_THAT(load.failures, Eq(0u));
  EXPECT_THAT(most, Le(4));
  EXPECT_THAT(load.p50(), Gt(1999));
}

TEST(LoadTest, FailureEndsItsChainAndIsCounted) {
  std::atomic<int> calls = 0;
  const Load load = LoadInFlight(3, kTime, getpid(), [&](std::function<void(absl::Status)> done) {
    ++calls;
    done(absl::UnavailableError("no"));
  });
  EXPECT_THAT(calls, Eq(3));
  EXPECT_THAT(load.failures, Eq(3u));
  EXPECT_TRUE(load.micros.empty());
}

TEST(LoadTest, ThreadsCallUntilTheTimeIsOver) {
  std::atomic<size_t> calls = 0;
  const Load load = LoadByThreads(2, kTime, getpid(), [&](int) {
    ++calls;
    absl::SleepFor(absl::Milliseconds(1));
    return absl::OkStatus();
  });
  EXPECT_THAT(load.micros.size(), Eq(calls.load()));
  EXPECT_GE(load.time, kTime);
}

TEST(LoadTest, CpuIsThatOfTheNamedProcess) {
  const absl::Duration before = CpuOf(getpid());
  for (const absl::Time end = absl::Now() + absl::Milliseconds(20); absl::Now() < end;) {
  }
  EXPECT_GT(CpuOf(getpid()), before);
  EXPECT_THAT(CpuOf(-1), Eq(absl::ZeroDuration()));
}

}  // namespace
}  // namespace hie::bench
