// One region of three hospitals over the seven Synthea patients, real processes, real TLS: exactly
// the right items come back, or are kept back, and every one of them is audited first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/reader.h"
#include "tests/e2e/query_answer.h"
#include "tests/e2e/synthea_region.h"
#include "tests/support/stack/exchange_stack.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using exchange::v1::ExchangeService;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kGrace = absl::Milliseconds(300);  // Of a busy machine over the budget.

// Says which items are missing and which are too many, not all of both.
MATCHER_P(Holds, expected, "holds exactly the expected items") {
  std::vector<ResourceKey> missing, too_many;
  std::set_difference(expected.begin(), expected.end(), arg.begin(), arg.end(),
                      std::back_inserter(missing));
  std::set_difference(arg.begin(), arg.end(), expected.begin(), expected.end(),
                      std::back_inserter(too_many));
  *result_listener << missing.size() << " missing " << ::testing::PrintToString(missing) << ", "
                   << too_many.size() << " too many " << ::testing::PrintToString(too_many);
  return missing.empty() && too_many.empty();
}

class SyntheaQueryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const std::string samples = SampleDirectory();
    if (samples.empty()) return;
    const std::string directory = absl::StrCat(::testing::TempDir(), "/synthea-", getpid());
    auto stack = ExchangeStack::Create({directory, SyntheaMembers(), {}, {}});
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = stack->release();
    SyntheaOptions options;
    options.samples = samples;
    for (const char* member : {"north", "lakes", "valley"}) {
      options.sources[member] = stack_->SourceOf(member);
    }
    auto patients = WriteSyntheaRegion(options);
    ASSERT_TRUE(patients.ok()) << patients.status();
    patients_ = new std::vector<SyntheaPatient>(*std::move(patients));
    ASSERT_TRUE(stack_->StartHied().ok());
    for (const char* member : {"north", "lakes", "valley"}) {
      const absl::Status started = stack_->StartAgent(member);
      ASSERT_TRUE(started.ok()) << started;
    }
  }

  static void TearDownTestSuite() {
    if (stack_ == nullptr) return;
    EXPECT_TRUE(stack_->StopAll());
    const std::string directory = stack_->directory();
    delete stack_;
    delete patients_;
    stack_ = nullptr;
    if (!HasFailure()) std::filesystem::remove_all(directory);
  }

  void SetUp() override {
    if (stack_ == nullptr) GTEST_SKIP() << "the public samples are missing";
  }

  std::unique_ptr<ctl::Session> SignIn(const std::string& member, const std::string& role,
                                       const std::string& purpose) {
    auto session = stack_->SignIn(member, "user-1", role, purpose);
    EXPECT_TRUE(session.ok()) << session.status();
    return *std::move(session);
  }

  QueryAnswer AskFor(const SyntheaPatient& patient, const std::string& member,
                     const std::string& session_id = "", uint32_t budget_millis = 0) {
    exchange::v1::QueryRequest request = ByLocalId(member, patient.mrn.at(member));
    request.set_session_id(session_id);
    request.set_budget_millis(budget_millis);
    return Ask(*SignIn(member, "ed_physician", "ETREAT"), request);
  }

  // Files a directive as the operator's privacy officer; returns its id.
  std::string File(const SyntheaPatient& patient, const std::string& member, int number,
                   const consent::v1::RuleNode& rule,
                   consent::v1::Emergency emergency = consent::v1::EMERGENCY_ALLOW_OVERRIDE) {
    exchange::v1::PutDirectiveRequest request;
    consent::v1::Directive& directive = *request.mutable_directive();
    directive.set_id(absl::StrCat("01930000-0000-7000-8000-00000000000", number));
    *directive.mutable_subject() = SubjectOf(member, patient.mrn.at(member)).patient();
    directive.mutable_subject()->set_incarnation(1);
    directive.add_instruments(consent::v1::INSTRUMENT_GENERAL);
    directive.set_status(consent::v1::DIRECTIVE_STATUS_ACTIVE);
    directive.set_signed_micros(absl::ToUnixMicros(absl::Now()));
    directive.set_emergency(emergency);
    *directive.add_rules() = rule;
    const auto put =
        SignIn("hie", "privacy_officer", "PATADMIN")->Call<ExchangeService::PutDirective>(request);
    EXPECT_TRUE(put.ok()) << put.status();
    return directive.id();
  }

  static void Count(size_t items) { items_checked_ += items; }
  static size_t items_checked() { return items_checked_; }

  static ExchangeStack* stack_;
  static std::vector<SyntheaPatient>* patients_;
  static size_t items_checked_;
};

ExchangeStack* SyntheaQueryTest::stack_ = nullptr;
std::vector<SyntheaPatient>* SyntheaQueryTest::patients_ = nullptr;
size_t SyntheaQueryTest::items_checked_ = 0;

TEST_F(SyntheaQueryTest, EveryPatientComesBackItemByItem) {
  for (const SyntheaPatient& patient : *patients_) {
    SCOPED_TRACE(patient.name);
    const std::string least = patient.LeastMember();
    const QueryAnswer answer = AskFor(patient, least);
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    EXPECT_THAT(answer.keys(), Holds(patient.HeldByOthers(least)));
    EXPECT_EQ(answer.items().size(), answer.keys().size()) << "an item came twice";
    ASSERT_TRUE(answer.end());
    EXPECT_EQ(answer.end()->completeness(), exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED);
    for (const exchange::v1::ClinicalItem& item : answer.items()) {
      const auto resource = json::Read(item.resource());
      ASSERT_TRUE(resource.ok());
      const ResourceKey key{item.source().member(), item.resource_type(),
                            std::string(resource->Text("id"))};
      EXPECT_TRUE(*resource == patient.items.at(key)) << "changed on its way: " << key.id;
      EXPECT_EQ(item.source().patient().id(), patient.mrn.at(key.member));
    }
    Count(answer.items().size());
  }
  std::cout << "items compared one by one: " << items_checked() << "\n";
  EXPECT_GT(items_checked(), 300u);
}

TEST_F(SyntheaQueryTest, EveryReleaseFollowsItsDurableIntent) {
  const SyntheaPatient& patient = (*patients_)[0];
  const std::string least = patient.LeastMember();
  const QueryAnswer answer = AskFor(patient, least);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  exchange::v1::ListAuditRequest request;
  *request.mutable_subject() = SubjectOf(least, patient.mrn.at(least));
  request.set_limit(1000);
  const auto audit =
      SignIn(least, "privacy_officer", "PATADMIN")->Call<ExchangeService::ListAudit>(request);
  ASSERT_TRUE(audit.ok()) << audit.status();
  std::map<std::string, uint64_t> intents;
  std::set<std::string> intended;
  for (const audit::v1::AuditRecord& record : audit->records()) {
    if (record.leaf().type() != audit::v1::EVENT_TYPE_INTENT) continue;
    intents[record.leaf().event_id()] = record.leaf().sequence();
    intended.insert(record.leaf().item_ids().begin(), record.leaf().item_ids().end());
  }
  size_t outcomes = 0;
  for (const audit::v1::AuditRecord& record : audit->records()) {
    if (record.leaf().type() != audit::v1::EVENT_TYPE_OUTCOME) continue;
    ++outcomes;
    const auto intent = intents.find(record.leaf().intent_event_id());
    ASSERT_NE(intent, intents.end()) << "an outcome without an intent";
    EXPECT_LT(intent->second, record.leaf().sequence());
  }
  EXPECT_EQ(outcomes, intents.size());
  for (const exchange::v1::ClinicalItem& item : answer.items()) {
    EXPECT_TRUE(intended.count(item.id())) << "released without an intent: " << item.id();
  }
}

TEST_F(SyntheaQueryTest, DeniedCustodianIsAsIfItWereNotThere) {
  const SyntheaPatient& patient = (*patients_)[1];
  const std::string least = patient.LeastMember();
  const std::string denied = least == "lakes" ? "valley" : "lakes";
  consent::v1::RuleNode rule;
  rule.add_custodians(denied);
  rule.set_effect(consent::v1::EFFECT_DENY);
  File(patient, least, 1, rule);
  const QueryAnswer answer = AskFor(patient, least);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  std::set<ResourceKey> expected;
  for (const ResourceKey& key : patient.HeldByOthers(least)) {
    if (key.member != denied) expected.insert(key);
  }
  EXPECT_THAT(answer.keys(), Holds(expected));
  EXPECT_FALSE(answer.outcome(denied)) << "a withheld member was named";
  for (const exchange::v1::QueryResponse& message : answer.messages) {
    EXPECT_THAT(message.ShortDebugString(), Not(HasSubstr(denied)));
  }
  EXPECT_EQ(answer.end()->completeness(), exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED);
  EXPECT_THAT(answer.end()->notice(), HasSubstr("Records may exist"));
}

TEST_F(SyntheaQueryTest, DeniedSensitivityKeepsBackExactlyTheLabelledItems) {
  const SyntheaPatient& patient = (*patients_)[2];
  const std::string asker = patient.LeastMember() == "valley" ? "north" : patient.LeastMember();
  consent::v1::RuleNode rule;
  rule.add_sensitivities("PSY");
  rule.set_effect(consent::v1::EFFECT_DENY);
  File(patient, asker, 2, rule);
  const QueryAnswer answer = AskFor(patient, asker);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  std::set<ResourceKey> expected = patient.HeldByOthers(asker);
  for (const ResourceKey& key : patient.labelled) expected.erase(key);
  ASSERT_LT(expected.size(), patient.HeldByOthers(asker).size()) << "nothing is labelled";
  EXPECT_THAT(answer.keys(), Holds(expected));
}

TEST_F(SyntheaQueryTest, RevokedDirectiveOpensAgain) {
  const SyntheaPatient& patient = (*patients_)[3];
  const std::string least = patient.LeastMember();
  consent::v1::RuleNode rule;
  rule.add_purposes(common::v1::PURPOSE_TREAT);
  rule.add_purposes(common::v1::PURPOSE_ETREAT);
  rule.set_effect(consent::v1::EFFECT_DENY);
  exchange::v1::RevokeDirectiveRequest revoke;
  revoke.set_id(File(patient, least, 3, rule));
  *revoke.mutable_subject() = SubjectOf(least, patient.mrn.at(least)).patient();
  revoke.mutable_subject()->set_incarnation(1);
  EXPECT_TRUE(AskFor(patient, least).keys().empty());
  const auto revoked =
      SignIn("hie", "privacy_officer", "PATADMIN")->Call<ExchangeService::RevokeDirective>(revoke);
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_THAT(AskFor(patient, least).keys(), Holds(patient.HeldByOthers(least)));
}

// Opens a session for a patient; returns its id.
std::string OpenGlass(ctl::Session& session, const SyntheaPatient& patient,
                      const std::string& member) {
  exchange::v1::OpenBreakGlassRequest request;
  *request.mutable_subject() = SubjectOf(member, patient.mrn.at(member));
  request.mutable_reentered()->add_names()->set_family(patient.family);
  request.mutable_reentered()->set_birth_date(patient.birth_date);
  request.set_reason(consent::v1::EMERGENCY_REASON_UNCONSCIOUS);
  request.set_encounter("ED-1");
  request.set_attests_emergency(true);
  request.set_attests_consent_impracticable(true);
  request.set_attests_information_needed(true);
  const auto opened = session.Call<ExchangeService::OpenBreakGlass>(request);
  EXPECT_TRUE(opened.ok()) << opened.status();
  return opened.ok() ? opened->session_id() : "";
}

TEST_F(SyntheaQueryTest, BrokenGlassOpensTheOverridableAndNotTheSealed) {
  const SyntheaPatient& patient = (*patients_)[4];
  const std::string asker = patient.LeastMember() == "valley" ? "north" : patient.LeastMember();
  consent::v1::RuleNode overridable;
  overridable.add_sensitivities("PSY");
  overridable.set_effect(consent::v1::EFFECT_DENY);
  File(patient, asker, 4, overridable);
  consent::v1::RuleNode sealed;
  sealed.add_classes(common::v1::CLINICAL_CLASS_PROCEDURE);
  sealed.add_classes(common::v1::CLINICAL_CLASS_IMMUNIZATION);
  sealed.set_effect(consent::v1::EFFECT_DENY);
  File(patient, asker, 5, sealed, consent::v1::EMERGENCY_FORBID_OVERRIDE);

  std::set<ResourceKey> openable, first_tier, nothing_broken;
  for (const ResourceKey& key : patient.HeldByOthers(asker)) {
    if (key.type == "Procedure" || key.type == "Immunization") continue;
    openable.insert(key);
    const bool labelled = patient.labelled.count(key) > 0;
    if (!labelled) nothing_broken.insert(key);
    if (!labelled || key.type == "Condition") first_tier.insert(key);
  }
  ASSERT_LT(nothing_broken.size(), openable.size());
  EXPECT_THAT(AskFor(patient, asker).keys(), Holds(nothing_broken));

  const auto physician = SignIn(asker, "ed_physician", "ETREAT");
  exchange::v1::QueryRequest request = ByLocalId(asker, patient.mrn.at(asker));
  request.set_session_id(OpenGlass(*physician, patient, asker));
  const QueryAnswer first = Ask(*physician, request);
  ASSERT_TRUE(first.status.ok()) << first.status;
  EXPECT_THAT(first.keys(), Holds(first_tier));
  exchange::v1::AttestSecondTierRequest more;
  more.set_session_id(request.session_id());
  more.set_attests_more_needed(true);
  const auto attested = physician->Call<ExchangeService::AttestSecondTier>(more);
  ASSERT_TRUE(attested.ok()) << attested.status();
  const QueryAnswer second = Ask(*physician, request);
  EXPECT_THAT(second.keys(), Holds(openable));
  for (const exchange::v1::ClinicalItem& item : second.items()) {
    const auto resource = json::Read(item.resource());
    const ResourceKey key{item.source().member(), item.resource_type(),
                          std::string(resource->Text("id"))};
    EXPECT_EQ(item.opened_by_break_glass(), patient.labelled.count(key) > 0) << key.type;
  }
  // The session is one user's: another user of the same member gains nothing by its id.
  auto other = stack_->SignIn(asker, "user-2", "ed_physician", "ETREAT");
  ASSERT_TRUE(other.ok());
  EXPECT_THAT(Ask(**other, request).keys(), Holds(nothing_broken));

  const auto notices =
      SignIn(asker, "privacy_officer", "PATADMIN")->Call<ExchangeService::ListNotices>({});
  ASSERT_TRUE(notices.ok()) << notices.status();
  EXPECT_GT(notices->notices_size(), 0);
}

TEST_F(SyntheaQueryTest, StoppedAgentIsNamedAndTheRestComes) {
  const SyntheaPatient& patient = (*patients_)[5];
  const std::string least = patient.LeastMember();
  const std::string stopped = least == "lakes" ? "north" : "lakes";
  stack_->StopAgent(stopped);
  constexpr uint32_t kBudgetMillis = 2000;
  const QueryAnswer answer = AskFor(patient, least, "", kBudgetMillis);
  ASSERT_TRUE(stack_->StartAgent(stopped).ok());
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  std::set<ResourceKey> expected;
  for (const ResourceKey& key : patient.HeldByOthers(least)) {
    if (key.member != stopped) expected.insert(key);
  }
  EXPECT_THAT(answer.keys(), Holds(expected));
  EXPECT_LE(answer.took, absl::Milliseconds(kBudgetMillis) + kGrace);
  EXPECT_EQ(answer.end()->completeness(), exchange::v1::COMPLETENESS_PARTIAL);
  ASSERT_TRUE(answer.outcome(stopped));
  EXPECT_EQ(answer.outcome(stopped)->code(), exchange::v1::MEMBER_OUTCOME_CODE_UNREACHABLE);
}

TEST_F(SyntheaQueryTest, SilentAgentTimesOutWithinTheBudget) {
  const SyntheaPatient& patient = (*patients_)[5];
  const std::string least = patient.LeastMember();
  const std::string silent = least == "valley" ? "north" : "valley";
  stack_->Agent(silent).Freeze();
  constexpr uint32_t kBudgetMillis = 1500;
  const QueryAnswer answer = AskFor(patient, least, "", kBudgetMillis);
  stack_->Agent(silent).Thaw();
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_LE(answer.took, absl::Milliseconds(kBudgetMillis) + kGrace);
  ASSERT_TRUE(answer.outcome(silent));
  EXPECT_EQ(answer.outcome(silent)->code(), exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT);
  EXPECT_EQ(answer.end()->completeness(), exchange::v1::COMPLETENESS_PARTIAL);
}

TEST_F(SyntheaQueryTest, AnotherPatientsBundleIsDroppedAndReported) {
  const SyntheaPatient& patient = (*patients_)[6];
  const std::string least = patient.LeastMember();
  const std::string wrong = least == "north" ? "lakes" : "north";
  ASSERT_TRUE(stack_->StartAgent(wrong, {"--fault=wrong-patient"}).ok());
  const QueryAnswer answer = AskFor(patient, least);
  ASSERT_TRUE(stack_->StartAgent(wrong).ok());
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  std::set<ResourceKey> expected;
  for (const ResourceKey& key : patient.HeldByOthers(least)) {
    if (key.member != wrong) expected.insert(key);
  }
  EXPECT_THAT(answer.keys(), Holds(expected));
  ASSERT_TRUE(answer.outcome(wrong));
  EXPECT_EQ(answer.outcome(wrong)->code(), exchange::v1::MEMBER_OUTCOME_CODE_WRONG_PATIENT);
  EXPECT_EQ(answer.end()->completeness(), exchange::v1::COMPLETENESS_PARTIAL);
  exchange::v1::ListAuditRequest request;
  *request.mutable_subject() = SubjectOf(least, patient.mrn.at(least));
  request.set_limit(1000);
  const auto audit =
      SignIn(least, "privacy_officer", "PATADMIN")->Call<ExchangeService::ListAudit>(request);
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_TRUE(std::any_of(audit->records().begin(), audit->records().end(), [](const auto& r) {
    return r.leaf().type() == audit::v1::EVENT_TYPE_SAFETY;
  }));
}

TEST_F(SyntheaQueryTest, NearIdenticalNameIsNeverMixed) {
  const SyntheaPatient& patient = (*patients_)[0];
  const std::string least = patient.LeastMember();
  exchange::v1::RegisterPatientsRequest request;
  exchange::v1::RegisterPatient& near = *request.add_patients();
  near.mutable_patient()->set_assigning_authority(DomainOf(least));
  near.mutable_patient()->set_id("NEAR-1");
  near.mutable_demographics()->add_names()->set_family(patient.family + "s");
  near.mutable_demographics()->mutable_names(0)->add_given(patient.given);
  near.mutable_demographics()->set_birth_date("1963-11-02");
  near.mutable_demographics()->set_sex(common::v1::ADMINISTRATIVE_SEX_MALE);
  const auto registered =
      SignIn(least, "registrar", "PATADMIN")->Call<ExchangeService::RegisterPatients>(request);
  ASSERT_TRUE(registered.ok()) << registered.status();
  ASSERT_EQ(registered->patients(0).problem(), "");
  const QueryAnswer other =
      Ask(*SignIn(least, "ed_physician", "ETREAT"), ByLocalId(least, "NEAR-1"));
  ASSERT_TRUE(other.status.ok()) << other.status;
  EXPECT_TRUE(other.items().empty());
  EXPECT_EQ(other.end()->completeness(), exchange::v1::COMPLETENESS_NO_KNOWN_SOURCE);
  EXPECT_THAT(AskFor(patient, least).keys(), Holds(patient.HeldByOthers(least)));
}

TEST_F(SyntheaQueryTest, CanariesStandInNoLogMetricOrFileOutsideTheStores) {
  for (const SyntheaPatient& patient : *patients_) AskFor(patient, patient.LeastMember());
  const std::string logs = stack_->AllLogs();
  ASSERT_FALSE(logs.empty());
  size_t looked_for = 0;
  for (const SyntheaPatient& patient : *patients_) {
    std::vector<std::string> canaries = {patient.family, patient.ssn};
    for (const auto& [member, mrn] : patient.mrn) canaries.push_back(mrn);
    for (const std::string& canary : canaries) {
      ++looked_for;
      EXPECT_THAT(logs, Not(HasSubstr(canary)));
    }
  }
  std::cout << "canaries looked for in " << logs.size() << " bytes of logs: " << looked_for << "\n";
}

}  // namespace
}  // namespace hie::testing
