// State that was damaged while the exchange was down is refused, loudly, and never served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/audit/head_mark.h"
#include "services/audit/segment_scan.h"
#include "services/common/storage/posix_file_system.h"
#include "tests/fault/state_damage.h"
#include "tests/support/region/region_stack.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

namespace fs = std::filesystem;
using exchange::v1::ExchangeService;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kExitUnavailable = 69;  // sysexits(3)
constexpr absl::Duration kExitTime = absl::Seconds(30);
constexpr size_t kPeople = 20;
constexpr int kTailTries = 20;

class DamageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RegionStack::Options options;
    options.directory = absl::StrCat(::testing::TempDir(), "/damage-", getpid());
    options.people = kPeople;
    auto region = RegionStack::Start(options);
    ASSERT_THAT(region, IsOk());
    region_ = *std::move(region);
    ASSERT_NO_FATAL_FAILURE(FileDirective());
    for (const auto& hospital : region_->hospitals()) exchange().StopAgent(hospital.id);
    // Killed, not stopped: what counts is what was acknowledged, not what a farewell writes.
    exchange().KillHied();
    ASSERT_NO_FATAL_FAILURE(AcknowledgeTail());
    pristine_ = options.directory + "/pristine";
    CopyState(exchange().state(), pristine_);
  }

  void TearDown() override {
    if (region_ == nullptr) return;
    const std::string directory = exchange().directory();
    region_.reset();
    if (!HasFailure()) fs::remove_all(directory);
  }

  ExchangeStack& exchange() { return region_->exchange(); }

  // Consent, too, has something to lose.
  void FileDirective() {
    auto officer = exchange().SignIn("hie", "officer", "privacy_officer", "PATADMIN");
    ASSERT_THAT(officer, IsOk());
    exchange::v1::PutDirectiveRequest request;
    consent::v1::Directive& directive = *request.mutable_directive();
    directive.set_id("01930000-0000-7000-8000-000000000077");
    *directive.mutable_subject() = region_->patients().front().Subject().patient();
    directive.mutable_subject()->set_incarnation(1);
    directive.add_instruments(consent::v1::INSTRUMENT_GENERAL);
    directive.set_signed_micros(1'700'000'000'000'000);
    directive.set_base(consent::v1::EFFECT_PERMIT);
    ASSERT_THAT((*officer)->Call<ExchangeService::PutDirective>(request), IsOk());
  }

  // A kill may fall between an event's sync and its mark.  Such an event was never acknowledged, so
  // damage to it is a torn tail, rightly cut off; a start takes it into the mark.
  void AcknowledgeTail() {
    for (int tries = 0; !TailIsAcknowledged(); ++tries) {
      ASSERT_LT(tries, kTailTries) << "the audit never comes to rest";
      ASSERT_THAT(exchange().StartHied(), IsOk());
      exchange().KillHied();
    }
  }

  bool TailIsAcknowledged() {
    PosixFileSystem files;
    const auto every = [](const audit::Record&, const audit::LeafLocation&) {
      return absl::OkStatus();
    };
    const auto scan = audit::ScanSegments(files, exchange().state() + "/audit/segments", 0, every);
    const auto mark = audit::HeadMark::Read(files, exchange().state() + "/audit/mark");
    EXPECT_THAT(scan, IsOk());
    EXPECT_THAT(mark, IsOk());
    return scan.ok() && mark.ok() && *mark == scan->head;
  }

  // The whole state: a start that refuses may have changed files before.
  void Restore() {
    fs::remove_all(exchange().state());
    CopyState(pristine_, exchange().state());
  }

  // Starts; returns what the process printed.  It must have ended, with the exit code of a refusal.
  std::string ExpectRefusal() {
    const std::string path = exchange().logs() + "/hied-all.out";
    fs::remove(path);
    const absl::Status started = exchange().StartHied();
    if (started.ok()) {
      ADD_FAILURE() << "served";
      exchange().KillHied();
      return "";
    }
    EXPECT_EQ(exchange().Hied().Wait(kExitTime), kExitUnavailable) << started;
    EXPECT_FALSE(fs::exists(exchange().directory() + "/run/hied-all.ready"));
    std::ifstream in(path);
    std::stringstream said;
    said << in.rdbuf();
    return said.str();
  }

  std::unique_ptr<RegionStack> region_;
  std::string pristine_;
};

TEST_F(DamageTest, DamagedStateIsRefusedAndUndamagedStateServes) {
  size_t refused = 0;
  for (const Damage& damage : AllDamages()) {
    SCOPED_TRACE(damage.name);
    Restore();
    damage.inflict(exchange().state());
    const std::string said = ExpectRefusal();
    std::cout << damage.name << "\n    " << said;
    EXPECT_THAT(said, StartsWith(absl::StrCat("hied: ", damage.role, ": ")));
    // Where it is, and whom it concerns: an operator must not have to guess.
    EXPECT_THAT(said, AnyOf(HasSubstr(exchange().state()), HasSubstr(".seg")));
    refused += said.empty() ? 0 : 1;
  }
  std::cout << "kinds of damage refused: " << refused << "\n";
  // The same state, undamaged, is served: it was the damage that was refused.
  Restore();
  ASSERT_THAT(exchange().StartHied(), IsOk());
  const RegionPatient& patient = region_->patients().front();
  auto officer = exchange().SignIn("hie", "officer", "privacy_officer", "PATADMIN");
  ASSERT_THAT(officer, IsOk());
  exchange::v1::ListDirectivesRequest request;
  *request.mutable_subject() = patient.Subject();
  const auto listed = (*officer)->Call<ExchangeService::ListDirectives>(request);
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->directives_size(), 1);
}

}  // namespace
}  // namespace hie::testing
