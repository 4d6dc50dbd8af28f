#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/fhir/clinical/clinical_interactions.h"
#include "gateway/fhir/documents/document_interactions.h"
#include "gateway/fhir/fhir_door.h"
#include "gateway/fhir/patients/patient_interactions.h"
#include "gateway/fhir/testing/fake_access.h"
#include "gateway/fhir/testing/offered.h"
#include "gateway/fhir/testing/test_call.h"
#include "gateway/fhir/xml/xml_resource.h"
#include "services/common/json/reader.h"

// The table that the gateway serves, as a whole.
namespace hie::fhir {
namespace {

// An exchange that is down: every call is UNAVAILABLE.
class ClosedExchange final : public edge::ExchangeCalls {
 protected:
  void StartUnary(const std::string&, std::shared_ptr<rpc::CallContext>, std::string,
                  std::function<void(absl::StatusOr<std::string>)> done) override {
    done(absl::UnavailableError("closed"));
  }
  void StartStream(const std::string&, std::shared_ptr<rpc::CallContext>, std::string,
                   std::function<void(const std::string&, std::function<void(bool)>)>,
                   std::function<void(absl::Status)> done) override {
    done(absl::UnavailableError("closed"));
  }
};

class WholeTableTest : public ::testing::Test {
 protected:
  WholeTableTest() {
    FhirDoor::Options options;
    options.exchange = &exchange_;
    options.access = &access_;
    options.directory = &directory_;
    options.clock = &clock_;
    options.random = &random_;
    options.base_url = "https://gw.hie.example/fhir";
    options.token_url = "https://gw.hie.example/oauth2/token";
    for (auto rows : {PatientInteractions(), DocumentInteractions(), ClinicalInteractions()}) {
      for (Interaction& row : rows) options.interactions.push_back(std::move(row));
    }
    auto door = FhirDoor::Create(std::move(options));
    EXPECT_TRUE(door.ok()) << door.status();
    if (door.ok()) door_ = *std::move(door);
  }

  std::shared_ptr<testing::RecordedExchange> Send(http::Method method, const std::string& path,
                                                  const std::string& token) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.request_id = "r-1";
    if (!token.empty()) request.headers.Add("Authorization", absl::StrCat("Bearer ", token));
    auto exchange = std::make_shared<testing::RecordedExchange>(std::move(request));
    door_->Handle(exchange);
    return exchange;
  }
  static int StatusOf(const testing::RecordedExchange& answer) {
    return answer.response()   ? answer.response()->status
           : answer.streamed() ? answer.streamed()->status
                               : 0;
  }
  static std::string TargetOf(const Interaction& row) {
    return absl::StrCat("/fhir", absl::StrReplaceAll(row.path, {{"{id}", "7"}}));
  }

  ClosedExchange exchange_;
  testing::FakeAccess access_;
  SimulatedClock clock_{absl::FromUnixSeconds(1'768'219'200)};
  SeededRandom random_{3};
  members::FixedMemberDirectory directory_{
      {*members::MemberDirectory::Build(1, {}), absl::UnixEpoch()}};
  std::unique_ptr<FhirDoor> door_;
};

TEST_F(WholeTableTest, TheCapabilityStatementSaysWhatIsServedAndNoMore) {
  const auto answer = Send(http::Method::kGet, "/fhir/metadata", "");
  ASSERT_TRUE(answer->response());
  const auto statement = json::Read(answer->response()->body);
  ASSERT_TRUE(statement.ok());
  EXPECT_EQ(testing::OfferedBy(*statement), testing::ServedBy(door_->interactions()));
  EXPECT_TRUE(xml::WriteResource(*statement).ok());
}

TEST_F(WholeTableTest, EachRowAnswersSomethingOfItsOwn) {
  for (const Interaction& row : door_->interactions()) {
    const auto answer = Send(row.method, TargetOf(row), "good");
    const int status = StatusOf(*answer);
    EXPECT_NE(status, 0) << row.path << " did not answer";
    EXPECT_EQ(answer->answers(), 1) << row.path;
    EXPECT_NE(status, 405) << row.path;
    EXPECT_NE(status, 500) << row.path;
    EXPECT_NE(status, 501) << row.path;
    if (row.operation != "hie-query-status") {
      EXPECT_NE(status, 404) << row.path;
    }
  }
}

TEST_F(WholeTableTest, NothingIsServedWithoutAToken) {
  for (const Interaction& row : door_->interactions()) {
    if (row.access == Access::kPublic) continue;
    EXPECT_EQ(StatusOf(*Send(row.method, TargetOf(row), "")), 401) << row.path;
    EXPECT_EQ(StatusOf(*Send(row.method, TargetOf(row), "bad")), 401) << row.path;
    if (!row.scopes.empty()) {
      EXPECT_EQ(StatusOf(*Send(row.method, TargetOf(row), "poor")), 403) << row.path;
    }
    if (row.access == Access::kPatientData) {
      EXPECT_EQ(StatusOf(*Send(row.method, TargetOf(row), "aimless")), 403) << row.path;
    }
  }
}

TEST_F(WholeTableTest, EveryRowButThePollNeedsAScope) {
  for (const Interaction& row : door_->interactions()) {
    const bool bound_to_client = row.operation == "hie-query-status";
    EXPECT_EQ(row.scopes.empty(), row.access == Access::kPublic || bound_to_client) << row.path;
  }
}

}  // namespace
}  // namespace hie::fhir
