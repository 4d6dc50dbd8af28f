// Real kill -9 of the exchange while interface engines and document sources feed it: what a door
// acknowledged has exactly one effect, and what it did not is sent again, unchanged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/hiectl/region/population.h"
#include "tests/fault/door_check.h"
#include "tests/fault/door_ledger.h"
#include "tests/fault/door_load.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kKills = 12;
constexpr size_t kWorkMin = 10 * kKills;  // Patients, and documents, that must be acknowledged.
constexpr size_t kKnownPatients = 40;     // That documents are of.
constexpr int kLoadMillisMin = 50;
constexpr int kLoadMillisMax = 900;
constexpr absl::Duration kFinishTime = absl::Seconds(60);

uint64_t Seed() {
  const char* given = std::getenv("HIE_SEED");
  return given == nullptr ? 20261123 : std::strtoull(given, nullptr, 10);
}

class DoorKillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);  // Clients write to connections that the kill ended.
    bench::BenchOptions options;
    options.seed = Seed();
    options.directory =
        absl::StrCat(::testing::TempDir(), "/door-kill-", getpid(), "-",
                     ::testing::UnitTest::GetInstance()->current_test_info()->name());
    directory_ = options.directory;
    std::cout << "seed " << options.seed << "\n";
    auto region = bench::DoorRegion::Start(options, ExchangeStack::Layout::kOneProcess);
    ASSERT_THAT(region, IsOk());
    region_ = *std::move(region);
    auto known = region_->Register(0, kKnownPatients);
    ASSERT_THAT(known, IsOk());
    known_ = *std::move(known);
    check_ = std::make_unique<DoorCheck>(*region_, ledger_);
  }

  void TearDown() override {
    check_ = nullptr;
    region_ = nullptr;
    if (!HasFailure()) std::filesystem::remove_all(directory_);
  }

  // A load that is killed at random moments and finishes what it began.
  void KillUnder(DoorLoad& load) {
    load.Start();
    for (size_t kill = 0; kill < kKills; ++kill) {
      absl::SleepFor(absl::Milliseconds(dice_.Between(kLoadMillisMin, kLoadMillisMax)));
      region_->stack().KillHied();
      ASSERT_THAT(region_->stack().StartHied(), IsOk()) << "kill " << kill;
    }
    // A slow machine works longer: what the test asks for is work, not speed.
    const absl::Time patience = absl::Now() + kFinishTime;
    while (absl::Now() < patience &&
           (ledger_.patients().size() <= kWorkMin || ledger_.documents().size() <= kWorkMin)) {
      absl::SleepFor(absl::Milliseconds(kLoadMillisMax));
    }
    EXPECT_TRUE(load.Finish(kFinishTime)) << "something is never acknowledged";
  }

  std::string directory_;
  DoorLedger ledger_;
  std::unique_ptr<bench::DoorRegion> region_;
  std::vector<bench::DoorPatient> known_;
  std::unique_ptr<DoorCheck> check_;
  region::Dice dice_{Seed()};
};

TEST_F(DoorKillTest, EveryAcknowledgedMessageHasOneEffectWhenTheExchangeIsKilled) {
  DoorLoad::Options options;
  options.seed = Seed();
  DoorLoad load(*region_, ledger_, known_, options);
  ASSERT_NO_FATAL_FAILURE(KillUnder(load));
  EXPECT_THAT(check_->FindFaults(), IsEmpty());
  std::cout << "kills " << kKills << ", sent again " << load.resent() << ", patients fed "
            << ledger_.patients().size() << " (" << check_->patients()
            << " checked), documents acknowledged " << ledger_.documents().size() << " ("
            << check_->documents() << " checked)\n";
  // A load that did nothing, or that no kill met, would prove nothing.
  EXPECT_GT(ledger_.patients().size(), kWorkMin);
  EXPECT_GT(ledger_.documents().size(), kWorkMin);
  EXPECT_GT(load.resent(), kKills);
}

// The check itself: it must find what was never there, what is another, and what is there twice.
TEST_F(DoorKillTest, CheckTellsWhatIsNotThereAndWhatIsThereTwice) {
  const std::atomic<bool> never{false};
  const auto port = region_->Port("mllp");
  ASSERT_THAT(port, IsOk());
  const bench::DoorPatient fed = bench::MakePatient(Seed(), 5'000'001);
  size_t acknowledged = 0;
  ASSERT_TRUE(Feeder(*port, AckKind::kOriginal, never).Feed(fed, 1, acknowledged));
  ledger_.Fed({Updated(fed, 1), acknowledged, false});
  EXPECT_THAT(check_->FindFaults(), IsEmpty());

  ledger_.Fed({bench::MakePatient(Seed(), 5'000'002), 1, false});  // Never sent.
  ledger_.Fed({Updated(fed, 2), 3, false});                        // An update that was lost.
  ledger_.Provided({known_.front(), 999'999, ""});
  const std::vector<std::string> faults = check_->FindFaults();
  EXPECT_THAT(faults, Contains(HasSubstr("patient 1 (original): found 0 times")));
  EXPECT_THAT(faults, Contains(HasSubstr("patient 2 (original): not as the last")));
  EXPECT_THAT(faults, Contains(HasSubstr("patient 2 (original): shares an EID")));
  EXPECT_THAT(faults, Contains(HasSubstr("document 999999: found 0 times")));
}

}  // namespace
}  // namespace hie::testing
