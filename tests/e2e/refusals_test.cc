// Callers without identity, permission or purpose, and requests without sense: refused, by the
// right code, without a patient's value in what anybody may read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/auth/user_token.h"
#include "hie/agent/v1/agent_service.methods.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "hie/exchange/v1/patient_load_service.pb.h"
#include "services/common/crypto/pki.h"
#include "services/common/rpc/testing/call_every_method.h"
#include "services/common/wire/wire.h"
#include "tests/e2e/canary_search.h"
#include "tests/e2e/malformed_requests.h"
#include "tests/e2e/query_answer.h"
#include "tests/e2e/strangers.h"
#include "tests/support/region/region_stack.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::IdentityService;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kPeople = 20;
constexpr char kMember[] = "lakes";
constexpr char kOther[] = "valley";
constexpr absl::Duration kCallTime = absl::Seconds(10);

const std::vector<std::string> kContracts = {
    "hie/exchange/v1/exchange_service.proto", "hie/exchange/v1/identity_service.proto",
    "hie/agent/v1/agent_service.proto", "hie/exchange/v1/patient_load_service.proto"};

// A patient whose every value can be found again, wherever it got.
region::Chart CanaryChart(size_t hospital) {
  region::Chart chart;
  chart.registration.hospital = hospital;
  chart.registration.inhabitant = 1'000'000;
  chart.registration.mrn = absl::StrCat("ZQMRN-", 4711 + hospital);
  Demographics& demographics = chart.registration.demographics;
  demographics.names.push_back({"official", "Zqcanaryfamily", {"Zqcanarygiven"}, ""});
  demographics.birth_date = CivilDate{1931, 7, 23};
  demographics.sex = AdministrativeSex::kFemale;
  demographics.addresses.push_back({{"77 Zqcanarystreet"}, "Zqcanarycity", "MI", "48999"});
  demographics.phones = {"+1-555-771-9931"};
  demographics.identifiers.push_back({"http://hl7.org/fhir/sid/us-ssn", "987-65-4329"});
  region::ChartEntry entry;
  entry.clinical_class = ClinicalClass::kCondition;
  entry.id = absl::StrCat("zq-condition-", hospital);
  entry.system = "http://snomed.info/sct";
  entry.code = "44054006";
  entry.display = "Zqcanarycondition";
  entry.date = CivilDate{2020, 1, 2};
  entry.clinical_status = "active";
  chart.entries.push_back(entry);
  return chart;
}

const std::vector<std::string>& Canaries() {
  static const auto* const canaries = new std::vector<std::string>{
      "Zqcanary", "ZQMRN-", "987-65-4329", "987654329", "555-771-9931", "5557719931", "1931-07-23"};
  return *canaries;
}

class RefusalsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections that the gateway ends.
    RegionStack::Options options;
    options.directory = absl::StrCat(::testing::TempDir(), "/refusals-", getpid());
    options.people = kPeople;
    options.more = {CanaryChart(1), CanaryChart(2)};
    auto region = RegionStack::Start(options);
    ASSERT_THAT(region, IsOk());
    region_ = region->release();
    strangers_ = new Strangers(exchange(), exchange().pki() + "/strangers");
  }

  static void TearDownTestSuite() {
    if (region_ == nullptr) return;
    EXPECT_TRUE(exchange().StopAll());
    const std::string directory = exchange().directory();
    delete strangers_;
    delete region_;
    region_ = nullptr;
    if (!HasFailure()) std::filesystem::remove_all(directory);
  }

  void SetUp() override { ASSERT_NE(region_, nullptr); }

  static ExchangeStack& exchange() { return region_->exchange(); }

  static const RegionPatient& PatientAt(const std::string& member) {
    for (const RegionPatient& patient : region_->patients()) {
      if (patient.member == member && patient.inhabitant == 0) return patient;
    }
    std::abort();
  }

  static const RegionPatient& CanaryAt(const std::string& member) {
    for (const RegionPatient& patient : region_->patients()) {
      if (patient.member == member && patient.inhabitant == 1'000'000) return patient;
    }
    std::abort();
  }

  static std::unique_ptr<ctl::Session> SignIn(const std::string& member, const std::string& role,
                                              const std::string& purpose) {
    auto session = exchange().SignIn(member, "user-" + role, role, purpose);
    EXPECT_THAT(session, IsOk());
    return *std::move(session);
  }

  // Queries with a member's own certificate and any token.
  static absl::Status QueryWithToken(const std::string& token) {
    const auto channel = strangers_->DialAsMember(kMember);
    EXPECT_THAT(channel, IsOk());
    rpc::CallOptions options;
    options.deadline = absl::Now() + kCallTime;
    options.bearer_token = token;
    exchange::v1::FindPatientsRequest request;
    *request.mutable_demographics() = wire::ToProto(PatientAt(kMember).demographics);
    return (*channel)->CallAndWait<ExchangeService::FindPatients>(options, request).status();
  }

  static auth::UserStatement Physician() {
    auth::UserStatement statement;
    statement.member = kMember;
    statement.user = "user-1";
    statement.roles = {"ed_physician"};
    statement.purpose = Purpose::kEtreat;
    return statement;
  }

  // A token that `key` signs under the name of the member's registered key.
  static std::string Mint(const auth::UserStatement& statement, const crypto::PrivateKey& key,
                          absl::Time now) {
    const auto registered = strangers_->TokenKeyOf(kMember);
    EXPECT_THAT(registered, IsOk());
    const auto token =
        auth::MintToken(statement, crypto::TokenKeyId(registered->public_key()), key, now);
    EXPECT_THAT(token, IsOk());
    return *token;
  }

  static uint64_t AuditLeaves() {
    const auto verified =
        SignIn("hie", "privacy_officer", "PATADMIN")->Call<ExchangeService::VerifyAudit>({});
    EXPECT_THAT(verified, IsOk());
    return verified.ok() ? verified->leaves() : 0;
  }

  // Waits until the roles' outboxes have delivered what feeding the region changed.
  static uint64_t AuditLeavesAtRest() {
    uint64_t leaves = AuditLeaves();
    for (int unchanged = 0; unchanged < 5;) {
      absl::SleepFor(absl::Milliseconds(200));
      const uint64_t now = AuditLeaves();
      unchanged = now == leaves ? unchanged + 1 : 0;
      leaves = now;
    }
    return leaves;
  }

  static RegionStack* region_;
  static Strangers* strangers_;
};

RegionStack* RefusalsTest::region_ = nullptr;
Strangers* RefusalsTest::strangers_ = nullptr;

TEST_F(RefusalsTest, NobodyWithoutCertificateOrWithAForeignOneIsLetIn) {
  EXPECT_THAT(KnockWithoutCertificate(exchange().gateway_address(), exchange().pki() + "/ca.crt"),
              StatusIs(absl::StatusCode::kUnauthenticated));
  const auto foreign = strangers_->DialWithForeignAuthority("urn:hie:member:lakes");
  ASSERT_THAT(foreign, IsOk());
  for (const rpc::MethodAnswer& answer :
       rpc::CallEveryMethod(**foreign, rpc::LinkedServices(kContracts))) {
    EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnavailable)) << answer.full_name;
  }
}

TEST_F(RefusalsTest, EveryMethodIsUnauthenticatedWithoutIdentity) {
  // These link the contracts.
  ASSERT_NE(agent::v1::AttachRequest::descriptor(), nullptr);
  ASSERT_NE(exchange::v1::ListTasksRequest::descriptor(), nullptr);
  const uint64_t before = AuditLeavesAtRest();
  std::vector<std::pair<std::string, absl::StatusOr<std::shared_ptr<rpc::Channel>>>> doors;
  doors.emplace_back("a certificate without a name", strangers_->DialAs(""));
  doors.emplace_back("a member's name, an unknown key", strangers_->DialAs("urn:hie:member:lakes"));
  doors.emplace_back("a role", strangers_->DialAsRole("mpi"));
  size_t calls = 0;
  for (const auto& [name, channel] : doors) {
    SCOPED_TRACE(name);
    ASSERT_THAT(channel, IsOk());
    const auto services = rpc::LinkedServices(kContracts);
    ASSERT_EQ(services.size(), kContracts.size());
    for (const rpc::MethodAnswer& answer : rpc::CallEveryMethod(**channel, services)) {
      EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kUnauthenticated)) << answer.full_name;
      ++calls;
    }
  }
  EXPECT_EQ(AuditLeaves(), before) << "a stranger's call left something";
  std::cout << "calls of strangers refused: " << calls << "\n";
}

TEST_F(RefusalsTest, RolesAreNotServedAtTheGateway) {
  const auto channel = strangers_->DialAsMember(kMember);
  ASSERT_THAT(channel, IsOk());
  for (const char* path :
       {"/hie.mpi.v1.MpiService/ResolvePerson", "/hie.mpi.v1.ReviewService/UndoEvent",
        "/hie.mpi.v1.ModelService/ActivateModel", "/hie.audit.v1.AuditService/List",
        "/hie.consent.v1.ConsentService/ListDirectives", "/hie.registry.v1.RegistryService/Find",
        "/hie.directory.v1.DirectoryService/PutMember"}) {
    Mutex mutex;
    CondVar changed;
    std::optional<absl::Status> ended;
    rpc::CallRaw(**channel, path, "", [&](const absl::StatusOr<std::string>& result) {
      const MutexLock lock(mutex);
      ended = result.status();
      changed.NotifyAll();
    });
    const MutexLock lock(mutex);
    changed.Wait(mutex, [&ended] { return ended.has_value(); });
    EXPECT_THAT(*ended, StatusIs(absl::StatusCode::kUnimplemented)) << path;
  }
}

TEST_F(RefusalsTest, TokensThatProveNothingAreUnauthenticated) {
  const absl::Time now = absl::Now();
  const auto own = strangers_->TokenKeyOf(kMember);
  const auto others = strangers_->TokenKeyOf(kOther);
  const auto unknown = crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256);
  ASSERT_THAT(own, IsOk());
  ASSERT_THAT(others, IsOk());
  ASSERT_THAT(unknown, IsOk());
  EXPECT_THAT(QueryWithToken(Mint(Physician(), *own, now)), IsOk()) << "the right one";

  auth::UserStatement of_other = Physician();
  of_other.member = kOther;
  auth::UserStatement too_mighty = Physician();
  too_mighty.roles = {"hie_admin"};
  const std::string right = Mint(Physician(), *own, now);
  const std::pair<const char*, std::string> wrong[] = {
      {"signed by a key that nobody registered", Mint(Physician(), *unknown, now)},
      {"signed by another member's key", Mint(Physician(), *others, now)},
      {"expired", Mint(Physician(), *own, now - absl::Hours(1))},
      {"from the future", Mint(Physician(), *own, now + absl::Hours(1))},
      {"issued in another member's name", Mint(of_other, *own, now)},
      {"claims a role that the member may not give", Mint(too_mighty, *own, now)},
      {"cut short", right.substr(0, right.size() - 8)},
      {"not a token", "Zqcanary"},
  };
  for (const auto& [name, token] : wrong) {
    const absl::Status status = QueryWithToken(token);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnauthenticated)) << name;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("Zqcanary"))) << name;
  }
}

TEST_F(RefusalsTest, TokenWithoutPurposeIsDenied) {
  const auto own = strangers_->TokenKeyOf(kMember);
  ASSERT_THAT(own, IsOk());
  auth::UserStatement statement = Physician();
  statement.purpose = Purpose::kUnspecified;
  EXPECT_THAT(QueryWithToken(Mint(statement, *own, absl::Now())),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("purpose")));
  // The member's system itself has no user who could treat anybody.
  EXPECT_THAT(QueryWithToken(""), StatusIs(absl::StatusCode::kPermissionDenied));
}

// One call by one who may not.
struct Forbidden {
  const char* name;
  const char* role;
  const char* purpose;
  std::function<absl::Status(ctl::Session&)> call;
};

TEST_F(RefusalsTest, RolesAndPurposesThatDoNotAllowItAreDenied) {
  exchange::v1::QueryRequest query;
  *query.mutable_subject() = PatientAt(kMember).Subject();
  const auto ask = [query](ctl::Session& session) { return Ask(session, query).status; };
  const auto read_audit = [](ctl::Session& s) {
    return s.Call<ExchangeService::ListAudit>({}).status();
  };
  const auto break_glass = [](ctl::Session& s) {
    return s.Call<ExchangeService::OpenBreakGlass>({}).status();
  };
  const auto feed = [](ctl::Session& s) {
    return s.Call<ExchangeService::RegisterPatients>({}).status();
  };
  const auto direct = [](ctl::Session& s) {
    return s.Call<ExchangeService::PutDirective>({}).status();
  };
  const auto decide = [](ctl::Session& s) {
    return s.Call<ExchangeService::DecideLink>({}).status();
  };
  const auto put_member = [](ctl::Session& s) {
    return s.Call<ExchangeService::PutMember>({}).status();
  };
  const auto tasks = [](ctl::Session& s) {
    return s.Call<IdentityService::ListTasks>({}).status();
  };
  const auto undo = [](ctl::Session& s) { return s.Call<IdentityService::UndoEvent>({}).status(); };
  const auto golden = [](ctl::Session& s) {
    return s.Call<IdentityService::GetGoldenView>({}).status();
  };
  const auto confirm = [](ctl::Session& s) {
    return s.Call<IdentityService::ConfirmOwnLink>({}).status();
  };
  const auto recalls = [](ctl::Session& s) {
    return s.Call<IdentityService::ListRecalls>({}).status();
  };
  const Forbidden forbidden[] = {
      {"a registrar queries", "registrar", "PATADMIN", ask},
      {"a registrar claims to treat", "registrar", "ETREAT", ask},
      {"a privacy officer queries", "privacy_officer", "HOPERAT", ask},
      {"a physician queries for payment", "ed_physician", "HPAYMT", ask},
      {"a physician queries for research", "physician", "HRESCH", ask},
      {"a physician administers", "physician", "PATADMIN", ask},
      {"a physician reads the audit", "ed_physician", "ETREAT", read_audit},
      {"a registrar reads the audit", "registrar", "PATADMIN", read_audit},
      {"a privacy officer reads the audit to treat", "privacy_officer", "TREAT", read_audit},
      {"a registrar breaks the glass", "registrar", "ETREAT", break_glass},
      {"glass is broken for plain treatment", "physician", "TREAT", break_glass},
      {"a physician registers", "ed_physician", "ETREAT", feed},
      {"a privacy officer registers", "privacy_officer", "PATADMIN", feed},
      {"a physician files a directive", "ed_physician", "ETREAT", direct},
      {"a registrar links people", "registrar", "PATADMIN", decide},
      {"a privacy officer changes members", "privacy_officer", "PATADMIN", put_member},
      {"a registrar reads the review queue", "registrar", "PATADMIN", tasks},
      {"a physician reads the review queue", "physician", "TREAT", tasks},
      {"a privacy officer undoes", "privacy_officer", "PATADMIN", undo},
      {"a registrar reads a golden view", "registrar", "PATADMIN", golden},
      {"a physician confirms a link", "physician", "TREAT", confirm},
      {"a registrar reads recalls", "registrar", "PATADMIN", recalls},
  };
  for (const Forbidden& one : forbidden) {
    EXPECT_THAT(one.call(*SignIn(kMember, one.role, one.purpose)),
                StatusIs(absl::StatusCode::kPermissionDenied))
        << one.name;
  }
  std::cout << "wrongly permitted callers refused: " << std::size(forbidden) << "\n";
}

TEST_F(RefusalsTest, IdsOfAnotherMemberAreDenied) {
  const exchange::v1::PatientSubject foreign = PatientAt(kOther).Subject();
  const auto denied = StatusIs(absl::StatusCode::kPermissionDenied);
  const auto physician = SignIn(kMember, "ed_physician", "ETREAT");
  const auto officer = SignIn(kMember, "privacy_officer", "PATADMIN");
  exchange::v1::QueryRequest query;
  *query.mutable_subject() = foreign;
  const QueryAnswer answer = Ask(*physician, query);
  EXPECT_THAT(answer.status, denied);
  EXPECT_THAT(answer.messages, IsEmpty());
  exchange::v1::OpenBreakGlassRequest open;
  *open.mutable_subject() = foreign;
  EXPECT_THAT(physician->Call<ExchangeService::OpenBreakGlass>(open), denied);
  exchange::v1::ListDirectivesRequest directives;
  *directives.mutable_subject() = foreign;
  EXPECT_THAT(physician->Call<ExchangeService::ListDirectives>(directives), denied);
  exchange::v1::PutDirectiveRequest put;
  *put.mutable_directive()->mutable_subject() = foreign.patient();
  EXPECT_THAT(officer->Call<ExchangeService::PutDirective>(put), denied);
  exchange::v1::RevokeDirectiveRequest revoke;
  *revoke.mutable_subject() = foreign.patient();
  EXPECT_THAT(officer->Call<ExchangeService::RevokeDirective>(revoke), denied);
  exchange::v1::ListAuditRequest audit;
  *audit.mutable_subject() = foreign;
  EXPECT_THAT(officer->Call<ExchangeService::ListAudit>(audit), denied);
  audit.clear_subject();
  audit.set_member(kOther);
  EXPECT_THAT(officer->Call<ExchangeService::ListAudit>(audit), denied);
  exchange::v1::ListNoticesRequest notices;
  notices.set_member(kOther);
  EXPECT_THAT(officer->Call<ExchangeService::ListNotices>(notices), denied);
  exchange::v1::RegisterPatientsRequest feed;
  *feed.add_patients()->mutable_patient() = foreign.patient();
  const auto fed =
      SignIn(kMember, "registrar", "PATADMIN")->Call<ExchangeService::RegisterPatients>(feed);
  ASSERT_THAT(fed, IsOk());
  EXPECT_THAT(fed->patients(0).problem(), HasSubstr("want a domain of your own member"));
}

TEST_F(RefusalsTest, MalformedRequestsNameTheFieldAndNeverThePatient) {
  const RegionPatient& known = CanaryAt(kMember);
  size_t refused = 0;
  for (const MalformedRequest& request : MalformedRequests(known)) {
    SCOPED_TRACE(request.name);
    // The operator has the roles that hospitals have not.
    const bool operators = request.caller.role == "steward" || request.caller.role == "hie_admin";
    const auto session =
        SignIn(operators ? "hie" : kMember, request.caller.role, request.caller.purpose);
    const absl::Status status = request.call(*session);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(request.field)));
    for (const std::string& canary : Canaries()) {
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr(canary)));
    }
    ++refused;
  }
  std::cout << "malformed requests refused: " << refused << "\n";
  EXPECT_GE(refused, 60u);
}

// Everything that a real query and its administration touch, and then a search.
TEST_F(RefusalsTest, CanariesStandNowhereOutsideStoresAndAnswers) {
  const RegionPatient& canary = CanaryAt(kMember);
  const auto physician = SignIn(kMember, "ed_physician", "ETREAT");
  exchange::v1::QueryRequest query;
  *query.mutable_subject() = canary.Subject();
  const QueryAnswer answer = Ask(*physician, query);
  ASSERT_THAT(answer.status, IsOk());
  ASSERT_EQ(answer.items().size(), 1u) << "the canary was not released at all";
  exchange::v1::FindPatientsRequest find;
  *find.mutable_demographics() = wire::ToProto(canary.demographics);
  const auto found = physician->Call<ExchangeService::FindPatients>(find);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->persons_size(), 1);
  exchange::v1::ListAuditRequest audit;
  *audit.mutable_subject() = canary.Subject();
  ASSERT_THAT(
      SignIn(kMember, "privacy_officer", "PATADMIN")->Call<ExchangeService::ListAudit>(audit),
      IsOk());

  const auto metrics = HttpGet(exchange().admin_address(), "/metrics");
  ASSERT_THAT(metrics, IsOk());
  EXPECT_THAT(*metrics, HasSubstr("hie")) << "not the metrics";
  for (const std::string& text : Canaries()) EXPECT_THAT(*metrics, Not(HasSubstr(text)));
  const CanarySearch search =
      SearchFiles(exchange().directory(), {"state", "source", "pki"}, Canaries());
  EXPECT_THAT(search.found, IsEmpty());
  // The same search does find them where they may be.
  EXPECT_THAT(SearchFiles(exchange().directory(), {"state", "pki"}, Canaries()).found,
              Not(IsEmpty()));
  EXPECT_GT(search.files, 4u);
  std::cout << "canaries " << Canaries().size() << ", looked for in " << metrics->size()
            << " bytes of metrics and " << search.bytes << " bytes of " << search.files
            << " files\n";
}

}  // namespace
}  // namespace hie::testing
