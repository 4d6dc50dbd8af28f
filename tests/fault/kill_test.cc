// Real kill -9 of the running exchange under load, again and again: what a client was told before
// is there after, and whatever a client received has its intent in the audit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fault/kill_check.h"
#include "tests/fault/kill_ledger.h"
#include "tests/fault/kill_load.h"
#include "tests/support/region/region_stack.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kWholeKills = 40;    // Of the process that hosts every role.
constexpr size_t kRoundsOfRoles = 2;  // Of killing each role's process once.
constexpr int kLoadMillisMin = 20;
constexpr int kLoadMillisMax = 300;
constexpr absl::Duration kAttachTime = absl::Seconds(60);

uint64_t Seed() {
  const char* given = std::getenv("HIE_SEED");
  return given == nullptr ? 20261122 : std::strtoull(given, nullptr, 10);
}

class KillTest : public ::testing::Test {
 protected:
  void Start(ExchangeStack::Layout layout) {
    RegionStack::Options options;
    options.directory =
        absl::StrCat(::testing::TempDir(), "/kill-", getpid(), "-",
                     ::testing::UnitTest::GetInstance()->current_test_info()->name());
    options.seed = Seed();
    options.layout = layout;
    std::cout << "seed " << options.seed << "\n";
    auto region = RegionStack::Start(options);
    ASSERT_THAT(region, IsOk());
    region_ = *std::move(region);
    check_ = std::make_unique<KillCheck>(*region_, ledger_);
  }

  void TearDown() override {
    if (region_ == nullptr) return;
    const std::string directory = region_->exchange().directory();
    region_.reset();
    if (!HasFailure()) std::filesystem::remove_all(directory);
  }

  // Loads, kills at a random moment, starts again, and looks for what this round was told.
  template <typename Kill, typename Restart>
  void KillUnderLoad(const Kill& kill, const Restart& restart) {
    const KillCheck::Since since{ledger_.registrations().size(), ledger_.received().size()};
    KillLoad load(*region_, ledger_, Seed() + 1000 * ++kills_);
    ASSERT_THAT(load.Start(), IsOk());
    absl::SleepFor(absl::Milliseconds(dice_.Between(kLoadMillisMin, kLoadMillisMax)));
    kill();
    load.Stop();
    calls_ += load.calls();
    broken_ += load.failures();
    ASSERT_THAT(restart(), IsOk()) << "kill " << kills_;
    ASSERT_THAT(region_->AwaitAttached(kAttachTime), IsOk()) << "kill " << kills_;
    ASSERT_THAT(check_->FindLosses(since), IsEmpty()) << "kill " << kills_;
  }

  // The same over everything since the beginning.
  void ExpectNothingLost() {
    EXPECT_THAT(check_->FindLosses({}), IsEmpty());
    const KillCheck::Counts& counts = check_->counts();
    std::cout << "kills " << kills_ << ", calls " << calls_ << " (" << broken_
              << " refused or broken), acknowledged registrations " << counts.registrations
              << ", acknowledged directives " << counts.directives << ", received items "
              << counts.items << " (" << counts.clinical << " clinical), intended items "
              << counts.intents << ", audit leaves verified " << counts.leaves << "\n";
    // A load that did nothing would prove nothing.
    EXPECT_GT(counts.registrations, kills_);
    EXPECT_GT(counts.directives, kills_ / 2);
    EXPECT_GT(counts.clinical, kills_);
    EXPECT_GT(broken_, 0u);
  }

  KillLedger ledger_;
  std::unique_ptr<RegionStack> region_;
  std::unique_ptr<KillCheck> check_;
  region::Dice dice_{Seed()};
  uint64_t kills_ = 0;
  uint64_t calls_ = 0;
  uint64_t broken_ = 0;
};

TEST_F(KillTest, NothingAcknowledgedIsLostWhenTheExchangeIsKilled) {
  ASSERT_NO_FATAL_FAILURE(Start(ExchangeStack::Layout::kOneProcess));
  for (size_t i = 0; i < kWholeKills && !HasFatalFailure(); ++i) {
    KillUnderLoad([this] { region_->exchange().KillHied(); },
                  [this] { return region_->exchange().StartHied(); });
  }
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_GE(kills_, kWholeKills);
  ExpectNothingLost();
}

TEST_F(KillTest, NothingAcknowledgedIsLostWhenOneRoleIsKilled) {
  ASSERT_NO_FATAL_FAILURE(Start(ExchangeStack::Layout::kProcessPerRole));
  for (size_t round = 0; round < kRoundsOfRoles; ++round) {
    for (const char* role : {"mpi", "registry", "consent", "audit", "directory", "gateway"}) {
      SCOPED_TRACE(role);
      KillUnderLoad([this, role] { region_->exchange().KillRole(role); },
                    [this, role] { return region_->exchange().StartRole(role); });
      ASSERT_FALSE(HasFatalFailure());
    }
  }
  ExpectNothingLost();
}

// The check itself: it must find what was never there.
TEST_F(KillTest, CheckTellsWhatIsNotThere) {
  ASSERT_NO_FATAL_FAILURE(Start(ExchangeStack::Layout::kOneProcess));
  EXPECT_THAT(check_->FindLosses({}), IsEmpty());
  const RegionPatient known = region_->SharedPatients().front();
  RegionPatient unknown = known;
  unknown.mrn = "NEVER-1";
  ledger_.Registered({unknown.Subject(), unknown.member, "01930000-0000-7000-8000-00000000dead"});
  const std::string directive = "01930000-0000-7000-8000-00000000beef";
  ledger_.DirectiveAsked(directive, known.Subject(), {1, consent::v1::DIRECTIVE_STATUS_ACTIVE});
  ledger_.DirectiveAcknowledged(directive, {1, consent::v1::DIRECTIVE_STATUS_ACTIVE});
  ledger_.ItemsReceived({known.Subject(), "never-asked", {"never-intended"}, 1, true});
  EXPECT_THAT(check_->FindLosses({}),
              ElementsAre(HasSubstr("registration 0"), HasSubstr("directive"),
                          HasSubstr("without an intent")));
}

}  // namespace
}  // namespace hie::testing
