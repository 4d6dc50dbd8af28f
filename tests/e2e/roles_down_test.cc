// Each role in a process of its own: when one is down, hangs or cannot write, nothing leaves, the
// caller hears so in time, and everything works again when the role is back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <iostream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"
#include "tests/e2e/query_answer.h"
#include "tests/support/region/region_stack.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using exchange::v1::ExchangeService;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kBudgetMillis = 2000;
constexpr absl::Duration kGrace = absl::Milliseconds(500);  // Of a busy machine over the budget.
constexpr absl::Duration kRecovery = absl::Seconds(30);
constexpr absl::Duration kRest = absl::Milliseconds(50);
constexpr int kExitSoftware = 70;  // sysexits(3): the journal and the audit end with it.
constexpr size_t kPeople = 20;

// The demonstration's patient is registered at the second and the third hospital.
constexpr char kAsker[] = "lakes";
constexpr char kHolder[] = "valley";

class RolesDownTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    RegionStack::Options options;
    options.directory = absl::StrCat(::testing::TempDir(), "/roles-down-", getpid());
    options.people = kPeople;
    options.layout = ExchangeStack::Layout::kProcessPerRole;
    auto region = RegionStack::Start(options);
    ASSERT_THAT(region, IsOk());
    region_ = region->release();
  }

  static void TearDownTestSuite() {
    if (region_ == nullptr) return;
    EXPECT_TRUE(exchange().StopAll());
    const std::string directory = exchange().directory();
    delete region_;
    region_ = nullptr;
    if (!HasFailure()) std::filesystem::remove_all(directory);
  }

  void SetUp() override {
    ASSERT_NE(region_, nullptr);
    for (const RegionPatient& patient : region_->patients()) {
      if (patient.inhabitant == 0 && patient.member == kAsker) patient_ = patient;
    }
    physician_ = SignIn("ed_physician", "ETREAT");
    expected_ = AwaitItems({});
    ASSERT_FALSE(expected_.empty());
  }

  static ExchangeStack& exchange() { return region_->exchange(); }

  std::unique_ptr<ctl::Session> SignIn(const std::string& role, const std::string& purpose) {
    auto session = exchange().SignIn(kAsker, "user-" + role, role, purpose);
    EXPECT_THAT(session, IsOk());
    return *std::move(session);
  }

  QueryAnswer AskNow() {
    exchange::v1::QueryRequest request;
    *request.mutable_subject() = patient_.Subject();
    request.set_budget_millis(kBudgetMillis);
    return Ask(*physician_, request);
  }

  static std::set<std::string> IdsOf(const QueryAnswer& answer) {
    std::set<std::string> ids;
    for (const exchange::v1::ClinicalItem& item : answer.items()) ids.insert(item.id());
    return ids;
  }

  // Asks until an answer is whole and, where `wanted` says something, holds exactly that.
  std::set<std::string> AwaitItems(const std::set<std::string>& wanted) {
    QueryAnswer answer;
    for (const absl::Time end = absl::Now() + kRecovery; absl::Now() < end; absl::SleepFor(kRest)) {
      answer = AskNow();
      const std::set<std::string> ids = IdsOf(answer);
      const bool whole =
          answer.status.ok() && answer.end() &&
          answer.end()->completeness() == exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED;
      if (whole && (wanted.empty() ? !ids.empty() : ids == wanted)) return ids;
    }
    ADD_FAILURE() << "does not recover: " << answer.status;
    return {};
  }

  void ExpectNothingLeaves(absl::Duration within) {
    const QueryAnswer answer = AskNow();
    EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(answer.messages, IsEmpty()) << "something left";
    EXPECT_LT(answer.took, within);
  }

  // What is no query, but releases or changes something all the same.
  void ExpectOtherDoorsShut() {
    exchange::v1::FindPatientsRequest find;
    *find.mutable_demographics() = wire::ToProto(patient_.demographics);
    const auto found = physician_->Call<ExchangeService::FindPatients>(find);
    EXPECT_THAT(found, StatusIs(absl::StatusCode::kUnavailable));
    exchange::v1::OpenBreakGlassRequest open;
    *open.mutable_subject() = patient_.Subject();
    *open.mutable_reentered() = wire::ToProto(patient_.demographics);
    open.set_reason(consent::v1::EMERGENCY_REASON_UNCONSCIOUS);
    open.set_encounter("ED-1");
    open.set_attests_emergency(true);
    open.set_attests_consent_impracticable(true);
    open.set_attests_information_needed(true);
    const auto opened = physician_->Call<ExchangeService::OpenBreakGlass>(open);
    EXPECT_THAT(opened, StatusIs(absl::StatusCode::kUnavailable));
  }

  void ExpectAuditVerifies() {
    const auto verified =
        SignIn("privacy_officer", "PATADMIN")->Call<ExchangeService::VerifyAudit>({});
    ASSERT_THAT(verified, IsOk());
    EXPECT_EQ(verified->first_bad_sequence(), 0u);
    std::cout << "audit leaves verified: " << verified->leaves() << "\n";
  }

  // Lets no write of the process of `role` succeed any more: EFBIG, as a full quota would.
  static void ForbidWriting(const std::string& role) {
    const rlimit none = {0, 0};
    ASSERT_EQ(prlimit(exchange().Hied(role).pid(), RLIMIT_FSIZE, &none, nullptr), 0);
  }

  static RegionStack* region_;
  RegionPatient patient_;
  std::unique_ptr<ctl::Session> physician_;
  std::set<std::string> expected_;
};

RegionStack* RolesDownTest::region_ = nullptr;

TEST_F(RolesDownTest, DeadRoleMeansUnavailableAndNothingLeaves) {
  for (const char* role : {"consent", "audit", "registry", "mpi"}) {
    SCOPED_TRACE(role);
    exchange().KillRole(role);
    ExpectNothingLeaves(absl::Milliseconds(kBudgetMillis) + kGrace);
    if (role != std::string("registry")) ExpectOtherDoorsShut();
    ASSERT_THAT(exchange().StartRole(role), IsOk());
    EXPECT_EQ(AwaitItems(expected_), expected_);
  }
  ExpectAuditVerifies();
}

TEST_F(RolesDownTest, HangingRoleMeansUnavailableWithinTheBudget) {
  for (const char* role : {"consent", "audit", "registry", "mpi"}) {
    SCOPED_TRACE(role);
    exchange().Hied(role).Freeze();
    ExpectNothingLeaves(absl::Milliseconds(kBudgetMillis) + kGrace);
    exchange().Hied(role).Thaw();
    EXPECT_EQ(AwaitItems(expected_), expected_);
  }
  ExpectAuditVerifies();
}

TEST_F(RolesDownTest, AuditThatCannotWriteStopsEveryRelease) {
  ForbidWriting("audit");
  ExpectNothingLeaves(absl::Milliseconds(kBudgetMillis) + kGrace);
  // What is on disk is not known any more: the process ends, and the next one reads it.
  EXPECT_EQ(exchange().Hied("audit").Wait(absl::Seconds(10)), kExitSoftware);
  ExpectNothingLeaves(absl::Milliseconds(kBudgetMillis) + kGrace);
  ExpectOtherDoorsShut();
  ASSERT_THAT(exchange().StartRole("audit"), IsOk());
  EXPECT_EQ(AwaitItems(expected_), expected_);
  ExpectAuditVerifies();
}

TEST_F(RolesDownTest, StateThatCannotBeWrittenIsNotAcknowledged) {
  auto registrar = SignIn("registrar", "PATADMIN");
  ForbidWriting("mpi");
  exchange::v1::RegisterPatientsRequest request;
  exchange::v1::RegisterPatient& newcomer = *request.add_patients();
  *newcomer.mutable_patient() = patient_.Subject().patient();
  newcomer.mutable_patient()->set_id("UNWRITTEN-1");
  *newcomer.mutable_demographics() = wire::ToProto(patient_.demographics);
  const auto registered = registrar->Call<ExchangeService::RegisterPatients>(request);
  ASSERT_THAT(registered, IsOk());
  EXPECT_THAT(registered->patients(0).problem(), HasSubstr("does not answer"));
  EXPECT_EQ(registered->patients(0).eid(), "");
  EXPECT_EQ(exchange().Hied("mpi").Wait(absl::Seconds(10)), kExitSoftware);
  ASSERT_THAT(exchange().StartRole("mpi"), IsOk());
  EXPECT_EQ(AwaitItems(expected_), expected_);
}

// The other side of the same promise: where a member fails, the exchange does not.
TEST_F(RolesDownTest, AgentThatFailsIsReportedOnTimeAndItsAnswerDropped) {
  const std::pair<const char*, exchange::v1::MemberOutcomeCode> faults[] = {
      {"--fault=silent", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT},
      {"--fault=slow:5000", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT},
      {"--fault=garbage", exchange::v1::MEMBER_OUTCOME_CODE_BAD_RESPONSE},
      {"--fault=wrong-patient", exchange::v1::MEMBER_OUTCOME_CODE_WRONG_PATIENT},
  };
  for (const auto& [fault, code] : faults) {
    SCOPED_TRACE(fault);
    ASSERT_THAT(exchange().StartAgent(kHolder, {fault}), IsOk());
    const QueryAnswer answer = AskNow();
    EXPECT_THAT(answer.status, IsOk());
    EXPECT_THAT(answer.items(), IsEmpty());
    EXPECT_LT(answer.took, absl::Milliseconds(kBudgetMillis) + kGrace);
    ASSERT_TRUE(answer.outcome(kHolder));
    EXPECT_EQ(answer.outcome(kHolder)->code(), code);
    ASSERT_TRUE(answer.end());
    EXPECT_NE(answer.end()->completeness(), exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED);
  }
  exchange().StopAgent(kHolder);
  const QueryAnswer answer = AskNow();
  EXPECT_THAT(answer.status, IsOk());
  EXPECT_THAT(answer.items(), IsEmpty());
  ASSERT_TRUE(answer.outcome(kHolder));
  EXPECT_EQ(answer.outcome(kHolder)->code(), exchange::v1::MEMBER_OUTCOME_CODE_UNREACHABLE);
  ASSERT_THAT(exchange().StartAgent(kHolder), IsOk());
  EXPECT_EQ(AwaitItems(expected_), expected_);
}

// What was released before a role died stays with the caller; nothing follows it.
TEST_F(RolesDownTest, RoleThatDiesMidAnswerStopsTheRest) {
  for (const char* role : {"audit", "consent", "mpi"}) {
    SCOPED_TRACE(role);
    ASSERT_THAT(exchange().StartAgent(kHolder, {"--fault=slow:1000"}), IsOk());
    std::future<QueryAnswer> asked = std::async(std::launch::async, [this] { return AskNow(); });
    absl::SleepFor(absl::Milliseconds(400));
    exchange().KillRole(role);
    const QueryAnswer answer = asked.get();
    EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_TRUE(answer.begin()) << "it was not on its way yet";
    EXPECT_THAT(answer.items(), IsEmpty());
    EXPECT_FALSE(answer.end());
    EXPECT_LT(answer.took, absl::Milliseconds(kBudgetMillis) + kGrace);
    ASSERT_THAT(exchange().StartRole(role), IsOk());
    ASSERT_THAT(exchange().StartAgent(kHolder), IsOk());
    EXPECT_EQ(AwaitItems(expected_), expected_);
  }
  ExpectAuditVerifies();
}

}  // namespace
}  // namespace hie::testing
