// Hidden equals absent: whom consent hides, and what they have, answers at every door like an id
// that nobody has: the same status, the same headers, the same body, the same size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "tests/e2e/canary_search.h"
#include "tests/e2e/hidden_doors.h"
#include "tests/e2e/hidden_world.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using exchange::v1::ExchangeService;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Names and ids of those who are hidden, as no log, metric or address may have them.
const std::vector<std::string> kCanaries = {"Zqhidewell", "Zqvaulting", "Zqsplitter", "ZQ-200002",
                                            "ZQ-300003",  "ZQ-600006",  "Opalmeadow", "ZQ-100001",
                                            "1944-11-05", "1958-03-19"};

class HiddenTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections that the door ends.
    auto world = HiddenWorld::Start(absl::StrCat(::testing::TempDir(), "/hidden-", getpid()));
    ASSERT_THAT(world, IsOk());
    world_ = world->release();
  }

  static void TearDownTestSuite() {
    if (world_ == nullptr) return;
    EXPECT_TRUE(world_->exchange().StopAll());
    const std::string directory = world_->exchange().directory();
    delete world_;
    world_ = nullptr;
    if (!HasFailure()) std::filesystem::remove_all(directory);
  }

  void SetUp() override {
    ASSERT_NE(world_, nullptr);
    const std::map<Asker, DoorPerson> askers = {
        {Asker::kSystem, {"TREAT", "", ""}},
        {Asker::kPhysician, {"TREAT", "dr-able", "physician"}},
        {Asker::kOfficer, {"PATADMIN", "officer", "privacy_officer"}}};
    for (const auto& [asker, person] : askers) {
      auto client = world_->SignInAtLakes(person);
      ASSERT_THAT(client, IsOk());
      clients_[asker] = *std::move(client);
    }
  }

  DoorAnswer Ask(const HiddenDoor& door, const PersonValues& values) {
    const auto answer = AskToTheEnd(*clients_[door.asker], FillIn(door.request, values));
    EXPECT_THAT(answer, IsOk()) << door.name;
    if (!answer.ok()) return {};
    ExpectNoCanaryInHeaders(door, *answer);
    return *answer;
  }

  static void ExpectNoCanaryInHeaders(const HiddenDoor& door, const DoorAnswer& answer) {
    for (const auto& [name, value] : answer.headers) {
      for (const std::string& canary : kCanaries) {
        EXPECT_THAT(value, Not(HasSubstr(canary))) << door.name << ": " << name;
      }
    }
  }

  // Two persons at one door; prints what was compared.
  void ExpectAlike(const HiddenDoor& door, const PersonValues& hidden, const PersonValues& absent,
                   const std::string& what) {
    SCOPED_TRACE(absl::StrCat(door.name, ": ", what));
    const DoorAnswer left = Ask(door, hidden);
    const DoorAnswer right = Ask(door, absent);
    EXPECT_EQ(Seen(left, hidden), Seen(right, absent));
    EXPECT_EQ(left.body.size(), right.body.size());
    ++compared_;
    std::cout << "alike: " << door.name << " (" << what << "): " << right.status << ", "
              << right.body.size() << " bytes\n";
  }

  static HiddenWorld* world_;
  std::map<Asker, std::unique_ptr<DoorClient>> clients_;
  size_t compared_ = 0;
};

HiddenWorld* HiddenTest::world_ = nullptr;

TEST_F(HiddenTest, HiddenPatientsAnswerLikeNobodyAtEveryFhirDoor) {
  for (const HiddenDoor& door : HiddenDoors()) {
    ExpectAlike(door, world_->opted_out(), world_->nobody(), "opted out");
    ExpectAlike(door, world_->denied(), world_->nobody(), "custodian denied");
    if (!NamesThePerson(door)) {
      ExpectAlike(door, world_->shared_at_north(), world_->nobody(), "known here, denied there");
    }
  }
  std::cout << "FHIR answers compared: " << compared_ << "\n";
  EXPECT_GT(compared_, 200u);
}

// The comparison itself: whoever may be seen is not like nobody.
TEST_F(HiddenTest, ComparisonTellsWhoMayBeSeenFromNobody) {
  size_t told = 0;
  for (const HiddenDoor& door : HiddenDoors()) {
    if (door.contrast == Contrast::kNone || door.request.method == "HEAD") continue;
    EXPECT_NE(Seen(Ask(door, world_->open()), world_->open()),
              Seen(Ask(door, world_->nobody()), world_->nobody()))
        << door.name;
    ++told;
  }
  std::cout << "doors that tell: " << told << "\n";
  EXPECT_GT(told, 30u);
}

// A record elsewhere that consent hides leaves no trace in what is shown of the record here.
TEST_F(HiddenTest, PatientHiddenElsewhereAnswersLikeOneWhoIsHereOnly) {
  for (const HiddenDoor& door : HiddenDoors()) {
    // The audit tells what was done about whom, not what there is.
    if (NamesContent(door) || absl::StrContains(door.request.target, "/AuditEvent")) continue;
    ExpectAlike(door, world_->shared_at_lakes(), world_->lakes_only(), "hidden elsewhere");
  }
  EXPECT_GT(compared_, 60u);
}

TEST_F(HiddenTest, SearchByGetEqualsSearchByPost) {
  size_t pairs = 0;
  std::map<std::string, HiddenDoor> gets;
  for (const HiddenDoor& door : HiddenDoors()) {
    if (door.request.method == "GET") gets[door.name] = door;
    const auto at = door.name.find(" POST");
    if (at == std::string::npos || !absl::StrContains(door.request.target, "/_search")) continue;
    std::string by_get = door.name;
    by_get.erase(at, 5);
    ASSERT_EQ(gets.count(by_get), 1u) << by_get;
    for (const PersonValues* who : {&world_->open(), &world_->denied(), &world_->nobody()}) {
      const DoorAnswer got = Ask(gets[by_get], *who);
      const DoorAnswer posted = Ask(door, *who);
      EXPECT_EQ(Seen(got, *who), Seen(posted, *who)) << door.name;
      EXPECT_EQ(got.body.size(), posted.body.size()) << door.name;
    }
    ++pairs;
    std::cout << "GET equals POST: " << by_get << "\n";
  }
  EXPECT_GT(pairs, 20u);
}

// ---- gRPC ----

class HiddenGrpcTest : public HiddenTest {
 protected:
  using Question = std::function<std::string(ctl::Session&, const PersonValues&)>;

  template <typename Method>
  static std::string Call(ctl::Session& session, const typename Method::Request& request) {
    const auto answer = session.Call<Method>(request);
    return answer.ok() ? answer->DebugString() : answer.status().ToString();
  }

  template <typename Method>
  static std::string Stream(ctl::Session& session, const typename Method::Request& request) {
    std::string all;
    const absl::Status status =
        session.Stream<Method>(request, [&all](const typename Method::Response& message) {
          absl::StrAppend(&all, message.DebugString(), "--\n");
          return true;
        });
    return absl::StrCat(all, status.ToString());
  }

  static exchange::v1::PatientSubject ByEid(const PersonValues& values) {
    exchange::v1::PatientSubject subject;
    subject.set_eid(values.at("$EID"));
    return subject;
  }

  static exchange::v1::PatientSubject ById(const PersonValues& values) {
    exchange::v1::PatientSubject subject;
    subject.mutable_any_member_patient()->set_assigning_authority(values.at("$DOMAIN"));
    subject.mutable_any_member_patient()->set_id(values.at("$MRN"));
    return subject;
  }

  static exchange::v1::PatientSubject ByDemographics(const PersonValues& values) {
    exchange::v1::PatientSubject subject;
    common::v1::Demographics& said = *subject.mutable_demographics();
    said.add_names()->set_family(values.at("$FAMILY"));
    said.mutable_names(0)->add_given(values.at("$GIVEN"));
    said.set_birth_date(values.at("$BIRTH"));
    said.set_sex(common::v1::ADMINISTRATIVE_SEX_FEMALE);
    return subject;
  }

  // The same request with every way to name a person.
  template <typename Method>
  static void AddBySubject(std::map<std::string, Question>& questions, const std::string& name) {
    const auto ask = [](ctl::Session& session, const exchange::v1::PatientSubject& subject) {
      typename Method::Request request;
      *request.mutable_subject() = subject;
      if constexpr (std::is_same_v<Method, ExchangeService::Query>) {
        return Stream<Method>(session, request);
      } else {
        return Call<Method>(session, request);
      }
    };
    questions[name + " by EID"] = [ask](ctl::Session& session, const PersonValues& values) {
      return ask(session, ByEid(values));
    };
    questions[name + " by id"] = [ask](ctl::Session& session, const PersonValues& values) {
      return ask(session, ById(values));
    };
    questions[name + " by demographics"] = [ask](ctl::Session& session,
                                                 const PersonValues& values) {
      return ask(session, ByDemographics(values));
    };
  }

  static void AddSearches(std::map<std::string, Question>& questions) {
    questions["FindPatients"] = [](ctl::Session& session, const PersonValues& values) {
      exchange::v1::FindPatientsRequest request;
      *request.mutable_demographics() = ByDemographics(values).demographics();
      return Call<ExchangeService::FindPatients>(session, request);
    };
    questions["CrossReference by id"] = [](ctl::Session& session, const PersonValues& values) {
      exchange::v1::CrossReferenceRequest request;
      *request.mutable_source() = ById(values).any_member_patient();
      return Call<ExchangeService::CrossReference>(session, request);
    };
    const std::vector<std::pair<mpi::v1::PersonField, std::string>> fields = {
        {mpi::v1::PERSON_FIELD_EID, "$EID"},
        {mpi::v1::PERSON_FIELD_IDENTIFIER, "$DOMAIN|$MRN"},
        {mpi::v1::PERSON_FIELD_FAMILY, "$FAMILY"}};
    for (const auto& [field, value] : fields) {
      const std::string by = absl::StartsWith(value, "$DOMAIN") ? " by id" : "";
      questions[absl::StrCat("SearchPatients ", value, by)] =
          [field = field, value = value](ctl::Session& session, const PersonValues& values) {
            exchange::v1::SearchPatientsRequest request;
            mpi::v1::PersonCondition& condition = *request.add_conditions();
            condition.set_field(field);
            condition.set_match(mpi::v1::TEXT_MATCH_EXACT);
            condition.add_values(FillIn(value, values));
            request.set_include_replaced(true);
            return Call<ExchangeService::SearchPatients>(session, request);
          };
    }
  }

  static void AddDocuments(std::map<std::string, Question>& questions) {
    questions["GetDocument by id"] = [](ctl::Session& session, const PersonValues& values) {
      exchange::v1::GetDocumentRequest request;
      request.set_document_id(values.at("$DOC"));
      return Call<ExchangeService::GetDocument>(session, request);
    };
    questions["FindSubmissionSets by list id"] = [](ctl::Session& session,
                                                    const PersonValues& values) {
      exchange::v1::FindSubmissionSetsRequest request;
      request.set_id(values.at("$LIST"));
      return Call<ExchangeService::FindSubmissionSets>(session, request);
    };
    const std::pair<const char*, exchange::v1::PatientSubject (*)(const PersonValues&)> named[] = {
        {"Retrieve by EID", ByEid}, {"Retrieve by id", ById}};
    for (const auto& [name, subject] : named) {
      questions[name] = [subject = subject](ctl::Session& session, const PersonValues& values) {
        exchange::v1::RetrieveRequest request;
        *request.mutable_subject() = subject(values);
        request.set_document_id(values.at("$DOC"));
        return Stream<ExchangeService::Retrieve>(session, request);
      };
    }
  }

  void ExpectAlikeOverGrpc(const std::map<std::string, Question>& questions,
                           const std::string& role, const std::string& purpose) {
    const auto session = world_->exchange().SignIn("lakes", "user-" + role, role, purpose);
    ASSERT_THAT(session, IsOk());
    const PersonValues& absent = world_->nobody();
    const std::pair<const char*, const PersonValues*> hidden[] = {
        {"opted out", &world_->opted_out()},
        {"custodian denied", &world_->denied()},
        {"known here, denied there", &world_->shared_at_north()}};
    for (const auto& [name, ask] : questions) {
      const std::string expected = ask(**session, absent);
      for (const auto& [what, who] : hidden) {
        const bool by_id = absl::StrContains(name, "id");
        if (who == &world_->shared_at_north() && !by_id) continue;
        const std::string answer = ask(**session, *who);
        EXPECT_EQ(Neutral(answer, *who), Neutral(expected, absent)) << name << ": " << what;
        EXPECT_EQ(answer.size(), expected.size()) << name << ": " << what;
        ++compared_;
        std::cout << "alike: gRPC " << name << " by a " << role << " (" << what << ")\n";
      }
    }
  }
};

TEST_F(HiddenGrpcTest, HiddenPatientsAnswerLikeNobodyOverGrpc) {
  std::map<std::string, Question> care;
  AddBySubject<ExchangeService::Query>(care, "Query");
  AddBySubject<ExchangeService::FindSubmissionSets>(care, "FindSubmissionSets");
  AddBySubject<ExchangeService::ListDirectives>(care, "ListDirectives");
  AddSearches(care);
  AddDocuments(care);
  ExpectAlikeOverGrpc(care, "physician", "TREAT");
  std::map<std::string, Question> desk;
  AddBySubject<ExchangeService::ListDirectives>(desk, "ListDirectives");
  AddBySubject<ExchangeService::ListAudit>(desk, "ListAudit");
  ExpectAlikeOverGrpc(desk, "privacy_officer", "PATADMIN");
  EXPECT_GT(compared_, 40u);
}

// ---- What stays behind ----

// Runs after the others in ctest's one process: logs and metrics are those of all of them.
TEST_F(HiddenGrpcTest, NoNameOrIdStandsInLogsMetricsOrAddresses) {
  for (const HiddenDoor& door : HiddenDoors()) Ask(door, world_->denied());
  const auto metrics = HttpGet(world_->exchange().admin_address(), "/metrics");
  ASSERT_THAT(metrics, IsOk());
  EXPECT_THAT(*metrics, HasSubstr("hie")) << "not the metrics";
  for (const std::string& canary : kCanaries) EXPECT_THAT(*metrics, Not(HasSubstr(canary)));
  const std::string& directory = world_->exchange().directory();
  const CanarySearch search = SearchFiles(directory, {"state", "source", "pki"}, kCanaries);
  EXPECT_THAT(search.found, IsEmpty());
  EXPECT_GT(search.files, 0u);
  EXPECT_THAT(SearchFiles(directory, {"pki"}, kCanaries).found, Not(IsEmpty()));
  std::cout << "canaries " << kCanaries.size() << ", looked for in " << metrics->size()
            << " bytes of metrics and " << search.bytes << " bytes of " << search.files
            << " files\n";
}

}  // namespace
}  // namespace hie::testing
