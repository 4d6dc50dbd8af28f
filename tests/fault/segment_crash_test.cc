// The audit's segments on a disk that loses power at any of its changes: no intent that was
// acknowledged is ever lost, and what is there is a prefix of what was appended.

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "services/audit/segment_log.h"
#include "tests/support/simulated_disk.h"

namespace hie::fault {
namespace {

constexpr uint64_t kChains = 100;
constexpr uint64_t kCrashesPerChain = 100;
constexpr uint64_t kOperationsMax = 40;
// Small, so that crashes meet the making of segments too.
constexpr uint64_t kSegmentBytes = 4096;

struct Findings {
  uint64_t crashes = 0;
  uint64_t crashes_while_opening = 0;
  uint64_t acknowledged = 0;
  std::string violation;  // Empty: none.
};

// One disk with a segment log, living through crash after crash.
class SegmentChain {
 public:
  explicit SegmentChain(uint64_t seed) : seed_(seed), random_(seed), disk_(seed) {
    disk_.CreateDir("/audit").IgnoreError();
  }

  void LoseSyncs() { lose_syncs_ = true; }

  Findings Run(uint64_t times) {
    while (findings_.crashes < times && findings_.violation.empty()) {
      disk_.FailPowerAt(1 + random_() % kOperationsMax);
      if (auto log = Open(); log.ok()) {
        Live(**log);
      } else if (disk_.powered()) {
        Violated(log.status().ToString());
      } else {
        ++findings_.crashes_while_opening;
      }
      disk_.Crash();
      ++findings_.crashes;
      Verify();
      if (lose_syncs_ && acknowledged_ > 0) disk_.IgnoreSyncs();
    }
    findings_.acknowledged = acknowledged_;
    return findings_;
  }

 private:
  absl::StatusOr<std::unique_ptr<audit::SegmentLog>> Open() {
    read_.clear();
    audit::SegmentLog::Options options;
    options.files = &disk_;
    options.directory = "/audit/segments";
    options.mark_path = "/audit/head.mark";
    options.segment_bytes = kSegmentBytes;
    return audit::SegmentLog::Open(options,
                                   [this](const audit::Record& record, const audit::LeafLocation&) {
                                     read_.push_back(record.leaf);
                                     return absl::OkStatus();
                                   });
  }

  // Appends groups of leaves until the power fails.
  void Live(audit::SegmentLog& log) {
    while (disk_.powered()) {
      std::vector<std::string> group;
      for (size_t leaves = 1 + random_() % 4; leaves > 0; --leaves) {
        group.push_back(absl::StrCat("intent ", written_.size() + group.size(), " ",
                                     std::string(random_() % 300, '.')));
      }
      const bool taken = log.Append(group).ok();
      written_.insert(written_.end(), group.begin(), group.end());
      if (!taken) return;
      acknowledged_ = written_.size();
      if (random_() % 3 == 0) log.SyncMark().IgnoreError();
    }
  }

  void Verify() {
    if (const auto log = Open(); !log.ok()) return Violated(log.status().ToString());
    if (read_.size() < acknowledged_) {
      return Violated(absl::StrCat(read_.size(), " leaves, acknowledged ", acknowledged_));
    }
    if (read_.size() > written_.size() ||
        !std::equal(read_.begin(), read_.end(), written_.begin())) {
      return Violated("not a prefix of what was appended");
    }
    // What opening found and kept is durable from now on.
    written_ = read_;
    acknowledged_ = written_.size();
  }

  void Violated(const std::string& what) {
    if (!findings_.violation.empty()) return;
    findings_.violation = absl::StrCat("seed ", seed_, ", crash ", findings_.crashes, ": ", what);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  hie::testing::SimulatedDisk disk_;
  bool lose_syncs_ = false;
  std::vector<std::string> written_;
  std::vector<std::string> read_;
  size_t acknowledged_ = 0;
  Findings findings_;
};

TEST(SegmentCrashTest, NoAcknowledgedIntentIsLost) {
  Findings sum;
  for (uint64_t seed = 1; seed <= kChains; ++seed) {
    const Findings findings = SegmentChain(seed).Run(kCrashesPerChain);
    EXPECT_EQ(findings.violation, "");
    if (!findings.violation.empty()) return;
    sum.crashes += findings.crashes;
    sum.crashes_while_opening += findings.crashes_while_opening;
    sum.acknowledged += findings.acknowledged;
  }
  std::cout << "crash points: " << sum.crashes << " (" << sum.crashes_while_opening
            << " while opening), intents acknowledged: " << sum.acknowledged << "\n";
  EXPECT_EQ(sum.crashes, kChains * kCrashesPerChain);
  EXPECT_GT(sum.acknowledged, sum.crashes);
}

// The check can fail.
TEST(SegmentCrashTest, ALyingDiskIsFoundOut) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SegmentChain chain(seed);
    chain.LoseSyncs();
    found += chain.Run(kCrashesPerChain).violation.empty() ? 0 : 1;
  }
  EXPECT_EQ(found, 20);
}

}  // namespace
}  // namespace hie::fault
