// A member's file loaded by hiectl into the real exchange, which is killed meanwhile: hiectl goes
// on by itself, who is who in the end is what it is without a kill, and no patient lacks its claim.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/patient_load_service.methods.h"
#include "mpi/store/link_hash.h"
#include "services/common/member/directory_seed.h"
#include "services/hiectl/commands/load_commands.h"
#include "services/hiectl/commands/patient_input.h"
#include "services/hiectl/commands/patient_loader.h"
#include "services/hiectl/commands/store_commands.h"
#include "services/hiectl/region/people_csv.h"
#include "tests/support/stack/exchange_stack.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using exchange::v1::PatientLoadService;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr uint64_t kRecords = 3000;
constexpr int kKills = 4;
constexpr char kLoad[] = "018bcfe5-6800-7000-8000-00000000abcd";
constexpr char kLocatorTable[] = "locator";
constexpr absl::Duration kPatience = absl::Seconds(60);

// What a load came to.
struct Loaded {
  std::string links;
  size_t claims = 0;
  uint64_t applied = 0;
  uint64_t rejected = 0;
  int broken = 0;  // Streams that broke.
};

class MpiLoadStackTest : public ::testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);  // Streams are written to when the kill has ended them.
    directory_ = absl::StrCat(::testing::TempDir(), "/mpi-load-stack-", getpid());
    std::filesystem::create_directories(directory_);
    region::PeopleOptions people;
    people.records = kRecords;
    ASSERT_THAT(region::WritePeopleCsv(people, Csv(), region::kTruthColumn), IsOk());
  }
  void TearDown() override {
    if (!HasFailure()) std::filesystem::remove_all(directory_);
  }
  std::string Csv() const { return directory_ + "/people.csv"; }

  // Loads the file into an exchange of its own, with so many kills.
  Loaded Load(const std::string& name, int kills) {
    ExchangeStack::Options options;
    options.directory = absl::StrCat(directory_, "/", name);
    options.members = {DemoMember("lakes", 1)};
    const std::string authority = options.members[0].domains[0].oid;
    const auto stack = ValueOrDie(ExchangeStack::Create(std::move(options)));
    EXPECT_THAT(stack->StartHied(), IsOk());
    const auto session = ValueOrDie(stack->SignIn("lakes", "loader", "registrar", "PATADMIN"));
    const auto input = ValueOrDie(ctl::PatientInput::Open(
        {Csv(), SourceDirectory() + "/tests/data/columns/generated_region.toml", authority, ""},
        {[](absl::string_view) {}, nullptr}));
    EXPECT_EQ(input->lines(), kRecords);
    Loaded loaded;
    std::atomic<uint64_t> answered = 0;
    std::atomic<bool> done = false;
    ctl::PatientLoader::Options run;
    run.session = session.get();
    run.input = input.get();
    run.load_id = kLoad;
    run.wait_max = absl::Seconds(1);
    run.tries = 60;
    run.on_progress = [&](uint64_t line) { answered = line; };
    run.on_broken = [&](const absl::Status&) { ++loaded.broken; };
    std::thread loading([&] {
      const auto load = ctl::PatientLoader(std::move(run)).Run();
      EXPECT_THAT(load, IsOk());
      if (load.ok()) {
        loaded.applied = load->applied_line();
        loaded.rejected = load->rejected();
      }
      done = true;
    });
    // Each kill after another part of the file.
    for (int kill = 1; kill <= kills; ++kill) {
      const absl::Time end = absl::Now() + kPatience;
      const uint64_t part = kRecords * static_cast<uint64_t>(kill) / (kKills + 2);
      while (answered < part && !done && absl::Now() < end) {
        absl::SleepFor(absl::Milliseconds(2));
      }
      EXPECT_GE(answered, part);
      EXPECT_FALSE(done) << "kill " << kill << " came too late";
      stack->KillHied();
      EXPECT_THAT(stack->StartHied(), IsOk());
    }
    loading.join();
    ExpectSeen(*session, loaded);
    EXPECT_TRUE(stack->StopAll());
    Look(stack->state(), loaded);
    return loaded;
  }

  // The load as its member sees it.
  static void ExpectSeen(ctl::Session& session, const Loaded& loaded) {
    exchange::v1::GetPatientLoadRequest request;
    request.set_load_id(kLoad);
    const auto seen = session.Call<PatientLoadService::GetPatientLoad>(request);
    ASSERT_THAT(seen, IsOk());
    EXPECT_EQ(seen->load().applied_line(), loaded.applied);
    EXPECT_GT(seen->load().ended_micros(), 0);
    exchange::v1::ListPatientLoadRejectsRequest list;
    list.set_load_id(kLoad);
    const auto rejects = session.Call<PatientLoadService::ListPatientLoadRejects>(list);
    ASSERT_THAT(rejects, IsOk());
    EXPECT_EQ(static_cast<uint64_t>(rejects->problems_size()), loaded.rejected);
  }

  // The stores of the stopped exchange.
  static void Look(const std::string& state, Loaded& loaded) {
    const auto index = ValueOrDie(ctl::OpenStoppedStore({state, "mpi", ""}));
    loaded.links = ValueOrDie(mpi::LinkHash(*index->Snapshot()));
    const auto registry = ValueOrDie(ctl::OpenStoppedStore({state, "registry", ""}));
    loaded.claims = ValueOrDie(registry->Snapshot()->ScanPrefix(kLocatorTable, "")).size();
  }

  std::string directory_;
};

TEST_F(MpiLoadStackTest, AFileIsLoadedOnceWhateverIsKilled) {
  const Loaded whole = Load("whole", 0);
  const Loaded killed = Load("killed", kKills);
  std::cout << "records " << killed.applied << ", rejects " << killed.rejected << ", claims "
            << killed.claims << ", kills " << kKills << ", streams broken " << killed.broken
            << "\n";
  EXPECT_EQ(whole.broken, 0);
  EXPECT_GE(killed.broken, kKills);
  EXPECT_EQ(whole.applied, kRecords);
  EXPECT_EQ(killed.applied, kRecords);
  EXPECT_EQ(killed.rejected, whole.rejected);
  EXPECT_EQ(whole.claims, kRecords - whole.rejected);
  EXPECT_EQ(killed.claims, whole.claims);
  EXPECT_EQ(killed.links, whole.links);
}

// The command itself: what it prints, what it rejects, and that it knows its own load again.
TEST_F(MpiLoadStackTest, TheSameCommandAgainTellsTheSameRejectsByTheLinesOfItsFile) {
  ExchangeStack::Options options;
  options.directory = directory_ + "/command";
  options.members = {DemoMember("lakes", 1)};
  const std::string authority = options.members[0].domains[0].oid;
  const auto stack = ValueOrDie(ExchangeStack::Create(std::move(options)));
  ASSERT_THAT(stack->StartHied(), IsOk());
  ctl::MpiLoadOptions load;
  load.input.path = directory_ + "/few.csv";
  load.input.columns = directory_ + "/few.toml";
  load.input.authority = authority;
  load.rejects = directory_ + "/rejects.csv";
  std::ofstream(load.input.columns) << "id = \"mrn\"\nfamily = \"last\"\ngiven = \"first\"\n";
  std::ofstream(load.input.path) << "mrn,last,first\nA1,Quimby,Fay\n\n,Nobody,Ned\n"
                                 << std::string(200, 'x') << ",Long,Id\nA2,Larssen,Ole\n";
  for (int run = 0; run < 2; ++run) {
    std::ostringstream out;
    std::ostringstream err;
    ctl::Output output(out, err, ctl::Format::kTable, ctl::Output::Terminal::kPlain);
    ctl::SessionOptions session = stack->SessionOptionsOf("lakes");
    session.user = "loader";
    session.roles = {"registrar"};
    session.purpose = "PATADMIN";
    const ctl::Context context{output, stack->clock(), stack->random(), session};
    EXPECT_EQ(ctl::MpiLoad(context, load), ctl::ExitCode::kPartial) << err.str();
    EXPECT_THAT(out.str(), HasSubstr("rejected"));
    std::stringstream rejects;
    rejects << std::ifstream(load.rejects).rdbuf();
    EXPECT_THAT(rejects.str(), StartsWith("record,line,field,reason\n2,4,mrn,want an id\n"
                                          "3,5,patient.id,"));
    std::filesystem::remove(load.rejects);
  }
  EXPECT_TRUE(stack->StopAll());
  std::ostringstream out;
  std::ostringstream err;
  ctl::Output output(out, err, ctl::Format::kTable, ctl::Output::Terminal::kPlain);
  const ctl::Context context{output, stack->clock(), stack->random(), {}};
  EXPECT_EQ(ctl::MpiLinkHash(context, stack->state()), ctl::ExitCode::kOk) << err.str();
  Loaded loaded;
  Look(stack->state(), loaded);
  EXPECT_EQ(out.str(), loaded.links + "\n");
  EXPECT_EQ(loaded.claims, 2u);
}

}  // namespace
}  // namespace hie::testing
