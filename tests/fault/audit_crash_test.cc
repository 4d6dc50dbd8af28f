// The audit log on a disk that loses power: what was acknowledged is there afterwards, in its
// place, and what is there was asked for.

#include <cstdint>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/audit/audit_log.h"
#include "services/common/base/clock.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/simulated_disk.h"
#include "tests/support/status_matchers.h"

namespace hie::audit {
namespace {

// Small, so that histories roll over many segments.
constexpr uint64_t kSegmentBytesSmall = 2048;
constexpr int kEventsPerRun = 12;

// What the clients of a log know.
struct Clients {
  std::map<std::string, uint64_t> acknowledged;
  uint64_t asked = 0;  // Events "0".."asked-1" were sent.
};

class Machine {
 public:
  Machine(uint64_t seed, SimulatedClock& clock) : disk_(seed), random_(seed), clock_(clock) {
    LoseIndex();
  }

  testing::SimulatedDisk& disk() { return disk_; }
  const Clients& clients() const { return clients_; }

  absl::StatusOr<std::unique_ptr<AuditLog>> Open() {
    AuditLog::Options options;
    options.segments.files = &disk_;
    options.segments.directory = "audit/segments";
    options.segments.mark_path = "audit/mark";
    options.segments.segment_bytes = kSegmentBytesSmall;
    options.index = index_.get();
    options.clock = &clock_;
    // The mark is synced at opening only: it lags as far as it can.
    options.mark_sync_period = absl::Hours(1);
    options.on_fatal = [](const absl::Status&) {};
    return AuditLog::Open(std::move(options));
  }

  // Runs until the power fails at the `operation`th change, or the events are through; then loses
  // the power.
  void RunAndCrash(uint64_t operation) {
    disk_.FailPowerAt(operation);
    absl::StatusOr<std::unique_ptr<AuditLog>> log = Open();
    if (log.ok()) Feed(**log);
    disk_.Crash();
    log = absl::UnavailableError("power");  // Ends the process, behind the loss of power.
    if (random_() % 4 == 0) LoseIndex();
  }

  // Tells what is wrong after a crash; empty: nothing.
  std::string Check() {
    const absl::StatusOr<std::unique_ptr<AuditLog>> log = Open();
    if (!log.ok()) return absl::StrCat("does not open: ", log.status().ToString());
    const auto report = (*log)->Verify();
    if (!report.ok() || report->first_bad_sequence != 0) return "does not verify";
    for (const auto& [id, sequence] : clients_.acknowledged) {
      const auto stored = (*log)->Read(sequence);
      if (!stored.ok() || stored->leaf.event_id() != id) return absl::StrCat("lost ", sequence);
    }
    return CheckNothingInvented(**log, report->leaves);
  }

 private:
  void LoseIndex() { index_ = std::make_unique<MemoryKvStore>(AuditIndex::Tables()); }

  static std::string CheckNothingInvented(const AuditLog& log, uint64_t leaves) {
    std::map<std::string, int> seen;
    for (uint64_t sequence = 1; sequence <= leaves; ++sequence) {
      const auto stored = log.Read(sequence);
      if (!stored.ok()) return absl::StrCat("unreadable ", sequence);
      if (++seen[stored->leaf.event_id()] > 1) return absl::StrCat("twice ", sequence);
    }
    return "";
  }

  void Feed(AuditLog& log) {
    std::vector<std::pair<std::string, std::future<absl::StatusOr<std::vector<uint64_t>>>>> sent;
    for (int i = 0; i < kEventsPerRun; ++i) {
      // Some are repetitions of earlier ones, as a client does whose answer was lost.
      const uint64_t event =
          random_() % 5 == 0 && clients_.asked > 0 ? random_() % clients_.asked : clients_.asked++;
      sent.emplace_back(absl::StrCat(event), Send(log, absl::StrCat(event)));
      // Wait now and then only, so that groups of several form.
      if (random_() % 3 == 0) sent.back().second.wait();
    }
    for (auto& [id, answer] : sent) {
      const absl::StatusOr<std::vector<uint64_t>> sequences = answer.get();
      if (!sequences.ok()) continue;
      const auto [it, first] = clients_.acknowledged.emplace(id, sequences->front());
      EXPECT_EQ(it->second, sequences->front()) << "an event has two places";
    }
  }

  std::future<absl::StatusOr<std::vector<uint64_t>>> Send(AuditLog& log, const std::string& id) {
    AuditLog::Draft draft;
    draft.set_type(v1::EVENT_TYPE_INTENT);
    draft.set_event_id(id);
    draft.set_member("north");
    draft.add_patients()->set_tag(std::string(kHashBytes, static_cast<char>('a' + id.back() % 3)));
    draft.add_item_ids(std::string(random_() % 200, 'i'));
    auto answer = std::make_shared<std::promise<absl::StatusOr<std::vector<uint64_t>>>>();
    log.Append({std::move(draft)}, [answer](absl::StatusOr<std::vector<uint64_t>> sequences) {
      answer->set_value(std::move(sequences));
    });
    return answer->get_future();
  }

  testing::SimulatedDisk disk_;
  std::mt19937_64 random_;
  SimulatedClock& clock_;
  std::unique_ptr<MemoryKvStore> index_;
  Clients clients_;
};

TEST(AuditCrashTest, NoAcknowledgedEventIsLostAtAnyCrashPoint) {
  constexpr uint64_t kSeeds = 300;
  constexpr uint64_t kCrashesPerSeed = 20;
  constexpr uint64_t kOperationsMax = 60;  // More than a run of kEventsPerRun makes.
  SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
  uint64_t crashes = 0;
  uint64_t acknowledged = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    // One history per seed: each crash continues from what the last one left.
    Machine machine(seed, clock);
    for (uint64_t crash = 1; crash <= kCrashesPerSeed; ++crash) {
      clock.Advance(absl::Milliseconds(1));
      machine.RunAndCrash((crash * 37 + seed) % kOperationsMax + 1);
      ++crashes;
      ASSERT_EQ(machine.Check(), "") << "seed " << seed << " crash " << crash;
    }
    acknowledged += machine.clients().acknowledged.size();
  }
  std::cout << "crash points: " << crashes << ", acknowledged events: " << acknowledged << "\n";
  EXPECT_GE(crashes, 5000u);
  EXPECT_GT(acknowledged, crashes);
}

TEST(AuditCrashTest, EveryCrashPointOfAFirstStartIsSurvived) {
  SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
  uint64_t crashes = 0;
  for (uint64_t operation = 1; operation <= 40; ++operation) {
    for (uint64_t seed = 1; seed <= 25; ++seed) {
      Machine machine(seed * 1000 + operation, clock);
      machine.RunAndCrash(operation);
      ++crashes;
      ASSERT_EQ(machine.Check(), "") << "seed " << seed << " operation " << operation;
    }
  }
  std::cout << "crash points: " << crashes << "\n";
}

// Proves that the tests above can fail.
TEST(AuditCrashTest, ADiskThatLiesAboutSyncsIsFoundOut) {
  SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Machine machine(seed, clock);
    machine.RunAndCrash(0);
    machine.disk().IgnoreSyncs();
    machine.RunAndCrash(0);
    if (!machine.Check().empty()) ++found;
  }
  EXPECT_GT(found, 10);
}

}  // namespace
}  // namespace hie::audit
