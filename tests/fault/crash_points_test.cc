// The journal on RocksDB, on a disk that loses power at any of its changes.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/fault/crash_chain.h"

namespace hie::fault {
namespace {

constexpr uint64_t kCrashPoints = 10000;
// Chains are started anew, so that stores of every age meet crashes.
constexpr uint64_t kCrashesPerChain = 50;
constexpr uint64_t kWorkers = 2;

// Returns the number of crash points: another one than usual where a sanitizer build asks for it.
uint64_t CrashPoints() {
  uint64_t points = kCrashPoints;
  if (const char* text = std::getenv("HIE_CRASH_POINTS")) {
    if (!absl::SimpleAtoi(text, &points)) ADD_FAILURE() << "HIE_CRASH_POINTS: want a number";
  }
  return points;
}

Findings RunChains(uint64_t first_seed, uint64_t chains, uint64_t crashes, Sabotage sabotage) {
  Findings sum;
  for (uint64_t i = 0; i < chains && sum.violations() == 0; ++i) {
    sum.Add(CrashChain(first_seed + i, sabotage).Run(crashes));
  }
  return sum;
}

TEST(CrashPointsTest, NothingAcknowledgedIsLostAndNothingIsHalfDone) {
  const uint64_t chains = CrashPoints() / kCrashesPerChain / kWorkers;
  std::vector<Findings> findings(kWorkers);
  std::vector<std::thread> workers;
  for (uint64_t w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      findings[w] = RunChains(1 + w * chains, chains, kCrashesPerChain, Sabotage::kNone);
    });
  }
  Findings sum;
  for (uint64_t w = 0; w < kWorkers; ++w) {
    workers[w].join();
    sum.Add(findings[w]);
  }
  std::cout << "crash points: " << sum.crashes << " (" << sum.crashes_while_opening
            << " while opening), commands acknowledged: " << sum.acknowledged
            << ", survived without acknowledgement: " << sum.survived_unacknowledged << "\n";
  EXPECT_EQ(sum.violations(), 0u) << "refused " << sum.refused << ", lost " << sum.lost
                                  << ", diverged " << sum.diverged
                                  << "; first: " << sum.first_violation;
  EXPECT_EQ(sum.crashes, chains * kCrashesPerChain * kWorkers);
  EXPECT_GT(sum.acknowledged, sum.crashes);
  EXPECT_GT(sum.survived_unacknowledged, 0u);
}

// The checks can fail: each lie is found out, by a refusal or by a missing command.
TEST(CrashPointsTest, ALyingDiskIsFoundOut) {
  const Findings findings = RunChains(1, 40, 20, Sabotage::kDiskIgnoresSyncs);
  EXPECT_GT(findings.violations(), 0u);
  std::cout << "after " << findings.crashes << " crashes: " << findings.first_violation << "\n";
}

TEST(CrashPointsTest, AStoreThatIsNotSyncedIsFoundOut) {
  const Findings findings = RunChains(1, 40, 20, Sabotage::kStoreIsNotSynced);
  EXPECT_GT(findings.violations(), 0u);
  std::cout << "after " << findings.crashes << " crashes: " << findings.first_violation << "\n";
}

}  // namespace
}  // namespace hie::fault
