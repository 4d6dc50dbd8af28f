#include "gateway/fhir/fhir_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/answer_writer.h"
#include "gateway/fhir/async_answers.h"
#include "gateway/fhir/call.h"
#include "gateway/fhir/idempotent_answers.h"
#include "gateway/fhir/testing/fake_access.h"
#include "gateway/fhir/testing/offered.h"
#include "gateway/fhir/testing/test_call.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/reader.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using testing::FakeExchange;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RecordedExchange;
using ::testing::StartsWith;

json::Value Resource(absl::string_view type) {
  json::Value resource = json::Value::Object();
  resource.Set("resourceType", json::Value::String(type));
  resource.Set("id", json::Value::String("7"));
  return resource;
}

Interaction Row(InteractionKind kind, http::Method method, std::string path) {
  Interaction row;
  row.kind = kind;
  row.method = method;
  row.path = std::move(path);
  row.resource = absl::StartsWith(row.path, "/Patient") ? "Patient" : "";
  row.scopes = {{"Patient", 'r', "ITI-78"}};
  row.run = [](std::shared_ptr<Call> call) {
    Answer answer;
    answer.resource = Resource("Patient");
    answer.headers.Add("ETag", "W/\"3\"");
    call->Respond(std::move(answer));
  };
  return row;
}

// A write whose answers count up: whoever gets the same number got the same answer.
Interaction CountingCreate(std::shared_ptr<int> count) {
  Interaction row = Row(InteractionKind::kCreate, http::Method::kPost, "/Patient");
  row.run = [count](std::shared_ptr<Call> call) {
    Answer answer;
    answer.http_status = 201;
    answer.headers.Add("Location", absl::StrCat("Patient/", ++*count));
    call->Respond(std::move(answer));
  };
  return row;
}

// Searches by asking the exchange, so that a test can hold the answer back.
Interaction AskingSearch(http::Method method, std::string path) {
  Interaction row = Row(InteractionKind::kSearch, method, std::move(path));
  row.parameters = {{"family", ParameterType::kString},
                    {"patient.identifier", ParameterType::kToken, "http://x/sp"}};
  row.profile = "https://profiles.ihe.net/x";
  row.run = [](std::shared_ptr<Call> call) {
    call->Ask<ExchangeService::ListMembers>(exchange::v1::ListMembersRequest(),
                                            [call](const auto& response) {
                                              if (!response.ok())
                                                return call->Fail(response.status());
                                              Answer answer;
                                              answer.resource = Resource("Bundle");
                                              call->Respond(std::move(answer));
                                            });
  };
  return row;
}

// A write that the exchange can hold back.
Interaction HeldCreate() {
  Interaction row = AskingSearch(http::Method::kPost, "/Held");
  row.kind = InteractionKind::kCreate;
  row.resource = "Held";
  row.parameters.clear();
  row.profile.clear();
  return row;
}

// A directory of one member, the callers', in whatever state.
class OneMember final : public members::MemberDirectorySource {
 public:
  void NorthIs(MemberState state) {
    Member north;
    north.id = MemberId("north");
    north.state = state;
    reading_ = {*members::MemberDirectory::Build(1, {north}), absl::UnixEpoch()};
  }
  members::DirectoryReading Current() const override { return reading_; }

 private:
  members::DirectoryReading reading_;
};

class FhirDoorTest : public ::testing::Test {
 protected:
  FhirDoorTest() {
    directory_.NorthIs(MemberState::kLive);
    exchange_.On<ExchangeService::ListMembers>(
        [](const auto&) { return exchange::v1::ListMembersResponse(); });
    FhirDoor::Options options;
    options.exchange = &exchange_;
    options.access = &access_;
    options.directory = &directory_;
    options.clock = &clock_;
    options.random = &random_;
    options.base_url = "https://gw.hie.example/fhir";
    options.token_url = "https://gw.hie.example/oauth2/token";
    options.interactions = {
        Row(InteractionKind::kRead, http::Method::kGet, "/Patient/{id}"),
        AskingSearch(http::Method::kGet, "/Patient"),
        AskingSearch(http::Method::kPost, "/Patient/_search"),
        CountingCreate(count_),
        Row(InteractionKind::kUpdate, http::Method::kPut, "/Patient"),
        Row(InteractionKind::kDelete, http::Method::kDelete, "/Patient"),
        Row(InteractionKind::kTransaction, http::Method::kPost, ""),
        HeldCreate(),
    };
    Interaction match =
        Row(InteractionKind::kResourceOperation, http::Method::kPost, "/Patient/$match");
    match.operation = "match";
    match.operation_definition = "http://x/match";
    options.interactions.push_back(match);
    door_ = *FhirDoor::Create(std::move(options));
  }

  std::shared_ptr<RecordedExchange> Send(http::Method method, const std::string& target,
                                         http::Headers headers = {}, std::string body = "") {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(target, absl::MaxSplits('?', 1));
    http::Request request;
    request.method = method;
    request.path = parts.first;
    request.query = parts.second;
    request.headers = std::move(headers);
    if (!request.headers.Has("Authorization")) request.headers.Add("Authorization", "Bearer good");
    if (!body.empty() && !request.headers.Has("Content-Type")) {
      request.headers.Add("Content-Type", "application/fhir+json");
    }
    request.body = std::move(body);
    request.request_id = "r-1";
    request.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    auto exchange = std::make_shared<RecordedExchange>(std::move(request));
    door_->Handle(exchange);
    return exchange;
  }
  std::shared_ptr<RecordedExchange> Get(const std::string& target, http::Headers headers = {}) {
    return Send(http::Method::kGet, target, std::move(headers));
  }

  FakeExchange exchange_;
  testing::FakeAccess access_;
  SimulatedClock clock_{absl::FromUnixSeconds(1'768'219'200)};
  SeededRandom random_{3};
  OneMember directory_;
  std::shared_ptr<int> count_ = std::make_shared<int>(0);
  std::unique_ptr<FhirDoor> door_;
};

struct RefusalCase {
  http::Method method;
  const char* target;
  const char* token;
  int status;
};

TEST_F(FhirDoorTest, EveryRefusalHasItsStatusAndAnOutcome) {
  const RefusalCase cases[] = {
      {http::Method::kGet, "/fhir/Patient/7", "", 401},
      {http::Method::kGet, "/fhir/Patient/7", "Bearer bad", 401},
      {http::Method::kGet, "/fhir/Patient/7", "Bearer poor", 403},
      {http::Method::kGet, "/fhir/Patient/7", "Bearer aimless", 403},
      {http::Method::kGet, "/fhir/Practitioner", "Bearer good", 404},
      {http::Method::kGet, "/fhir/Patient/7/", "Bearer good", 404},
      {http::Method::kGet, "/fhirPatient/7", "Bearer good", 404},
      {http::Method::kGet, "/other", "Bearer good", 404},
      {http::Method::kGet, "/fhir/Patient/%zz", "Bearer good", 404},
      {http::Method::kPatch, "/fhir/Patient/7", "Bearer good", 405},
      {http::Method::kGet, "/fhir/Patient/$merge", "Bearer good", 501},
      {http::Method::kGet, "/fhir/Patient/_history", "Bearer good", 501},
      {http::Method::kGet, "/fhir/Patient?_format=pdf", "Bearer good", 406},
      {http::Method::kGet, "/fhir/Patient?family=%f", "Bearer good", 400},
      {http::Method::kPost, "/fhir/Patient/$match", "Bearer good", 415},
  };
  for (const RefusalCase& c : cases) {
    const auto answer =
        Send(c.method, c.target, {{"Authorization", c.token}, {"Content-Type", "text/plain"}},
             c.method == http::Method::kPost ? "x" : "");
    ASSERT_TRUE(answer->response()) << c.target;
    EXPECT_EQ(answer->response()->status, c.status) << c.target << " " << c.token;
    EXPECT_EQ(answer->answers(), 1);
    const auto outcome = json::Read(answer->response()->body);
    ASSERT_TRUE(outcome.ok()) << answer->response()->body;
    EXPECT_EQ(outcome->Text("resourceType"), "OperationOutcome");
    EXPECT_EQ(outcome->At("/issue/0/diagnostics")->text(), "request r-1");
    EXPECT_EQ(answer->response()->headers.Get("Cache-Control"), "no-store");
  }
}

TEST_F(FhirDoorTest, RefusalsSayHowToDoBetter) {
  EXPECT_EQ(
      Get("/fhir/Patient/7", {{"Authorization", ""}})->response()->headers.Get("WWW-Authenticate"),
      "Bearer realm=\"hie\", error=\"invalid_token\"");
  EXPECT_EQ(Get("/fhir/Patient/7", {{"Authorization", "Bearer poor"}})
                ->response()
                ->headers.Get("WWW-Authenticate"),
            "Bearer realm=\"hie\", error=\"insufficient_scope\"");
  EXPECT_EQ(Send(http::Method::kPatch, "/fhir/Patient/7")->response()->headers.Get("Allow"),
            "GET, HEAD");
  EXPECT_THAT(Get("/fhir/Patient/7", {{"Authorization", "Bearer aimless"}})->response()->body,
              HasSubstr("purpose of use is needed"));
}

TEST_F(FhirDoorTest, BodiesThatAreNoResourceAreRefusedWithoutRepeatingThem) {
  for (const char* body : {"{", "[]", "{}", "{\"resourceType\":\"Patient\",\"resourceType\":1}",
                           "{\"name\":\"Moreau\"}"}) {
    const auto answer = Send(http::Method::kPost, "/fhir/Patient/$match", {}, body);
    EXPECT_EQ(answer->response()->status, 400) << body;
    EXPECT_THAT(answer->response()->body, Not(HasSubstr("Moreau")));
    EXPECT_THAT(answer->response()->body, HasSubstr("InvalidJson"));
  }
  std::string deep = "{\"resourceType\":";
  for (int i = 0; i < 100; ++i) deep += "[";
  EXPECT_EQ(Send(http::Method::kPost, "/fhir/Patient/$match", {}, deep)->response()->status, 413);
}

TEST_F(FhirDoorTest, AnswersCarryWhatTheContractSays) {
  const auto answer = Get("/fhir/Patient/7", {{"X-Correlation-Id", "c-9"}});
  const http::Response& response = *answer->response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/fhir+json;charset=utf-8");
  EXPECT_EQ(response.headers.Get("Cache-Control"), "no-store");
  EXPECT_EQ(response.headers.Get("X-Correlation-Id"), "c-9");
  EXPECT_THAT(std::string(response.headers.Get("Server-Timing")), StartsWith("traceparent;"));
  EXPECT_EQ(response.body, R"({"resourceType":"Patient","id":"7"})");
  EXPECT_FALSE(Get("/fhir/Patient/7", {{"X-Correlation-Id", "a b"}})
                   ->response()
                   ->headers.Has("X-Correlation-Id"));
}

TEST_F(FhirDoorTest, OnlyPublicAndFederatedAnswersTellHowLongTheyTook) {
  const auto timing = [this](const std::string& target) {
    return std::string(Get(target)->response()->headers.Get("Server-Timing"));
  };
  EXPECT_THAT(timing("/fhir/metadata"), StartsWith("total;dur="));
  EXPECT_THAT(timing("/fhir/Patient?family=a"), Not(HasSubstr("total")));
  EXPECT_THAT(timing("/fhir/$hie-query-status/9"), Not(HasSubstr("total")));  // 404.
  EXPECT_THAT(timing("/fhir/Nothing"), Not(HasSubstr("total")));
  const http::Request request;
  const auto federated = [&](absl::string_view completeness) {
    Answer answer;
    answer.headers.Set("HIE-Completeness", completeness);
    return std::string(WriteAnswer(request, {Format::kJson, absl::Seconds(1)}, std::move(answer))
                           .headers.Get("Server-Timing"));
  };
  EXPECT_EQ(federated("expected=2, answered=2, index-only=0, missing=0"), "total;dur=1000.0");
  // Nobody was asked: the person is unknown, or hidden.
  EXPECT_EQ(federated("expected=0, answered=0, index-only=0, missing=0"), "");
}

TEST_F(FhirDoorTest, AClientThatGoesAwayGivesUpReadingNotWriting) {
  const http::Headers key = {{"Idempotency-Key", "k-gone"}};
  const std::string body = R"({"resourceType":"Patient"})";
  exchange_.Hold();
  const auto search = Get("/fhir/Patient?family=a");
  const auto write = Send(http::Method::kPut, "/fhir/Patient", {}, body);
  const auto create = Send(http::Method::kPost, "/fhir/Held", key, body);
  EXPECT_TRUE(search->watched());
  EXPECT_FALSE(write->watched());
  EXPECT_FALSE(create->watched());
  search->GoAway();
  write->GoAway();
  create->GoAway();
  exchange_.Release();
  // The repetition learns what came of it.
  const auto again = Send(http::Method::kPost, "/fhir/Held", key, body);
  ASSERT_TRUE(again->response());
  EXPECT_EQ(again->response()->status, 200);
  EXPECT_EQ(exchange_.Requests<ExchangeService::ListMembers>().size(), 2u);
}

TEST_F(FhirDoorTest, XmlIsWrittenAndRead) {
  const auto answer = Get("/fhir/Patient/7?_format=xml");
  EXPECT_EQ(answer->response()->headers.Get("Content-Type"), "application/fhir+xml;charset=utf-8");
  EXPECT_THAT(answer->response()->body,
              HasSubstr("<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"7\"/></Patient>"));
  const auto posted =
      Send(http::Method::kPost, "/fhir/Patient/$match", {{"Content-Type", "application/fhir+xml"}},
           "<Parameters xmlns=\"http://hl7.org/fhir\"><colour value=\"1\"/></Parameters>");
  EXPECT_EQ(posted->response()->status, 400);
  EXPECT_THAT(posted->response()->body, HasSubstr("Parameters.colour"));
}

TEST_F(FhirDoorTest, AVersionThatTheClientHasIsNotSentAgain) {
  const auto answer = Get("/fhir/Patient/7", {{"If-None-Match", "W/\"2\", W/\"3\""}});
  EXPECT_EQ(answer->response()->status, 304);
  EXPECT_EQ(answer->response()->body, "");
  EXPECT_EQ(Get("/fhir/Patient/7", {{"If-None-Match", "W/\"2\""}})->response()->status, 200);
}

TEST_F(FhirDoorTest, HeadIsGet) {
  EXPECT_EQ(Send(http::Method::kHead, "/fhir/Patient/7")->response()->status, 200);
}

TEST_F(FhirDoorTest, AKeyThatWasUsedGivesTheFirstAnswerAgain) {
  const http::Headers key = {{"Idempotency-Key", "k-1"}};
  const std::string body = R"({"resourceType":"Patient"})";
  const auto location = [&](const http::Headers& headers, const std::string& text) {
    const auto answer = Send(http::Method::kPost, "/fhir/Patient", headers, text);
    return absl::StrCat(answer->response()->status, " ",
                        answer->response()->headers.Get("Location"));
  };
  EXPECT_EQ(location(key, body), "201 Patient/1");
  EXPECT_EQ(location(key, body), "201 Patient/1");
  EXPECT_EQ(location(key, body + " "), "409 ");
  EXPECT_EQ(location({{"Idempotency-Key", "k-2"}}, body), "201 Patient/2");
  EXPECT_EQ(location({{"Idempotency-Key", "k-1"}, {"Authorization", "Bearer other"}}, body),
            "201 Patient/3");
  EXPECT_EQ(location({}, body), "201 Patient/4");
  // Another person of the same client gets nobody else's answer.
  EXPECT_EQ(location({{"Idempotency-Key", "k-1"}, {"Authorization", "Bearer good@ana"}}, body),
            "409 ");
  directory_.NorthIs(MemberState::kSuspended);
  EXPECT_EQ(location(key, body), "403 ");
  directory_.NorthIs(MemberState::kLive);
  EXPECT_EQ(location({{"Idempotency-Key", "\x01"}}, body), "400 ");
  clock_.Advance(kIdempotencyTime + absl::Seconds(1));
  EXPECT_EQ(location(key, body), "201 Patient/5");
}

TEST_F(FhirDoorTest, AnAsynchronousAnswerIsFetchedByItsClientOnly) {
  exchange_.Hold();
  const auto accepted = Get("/fhir/Patient?family=a", {{"Prefer", "respond-async"}});
  ASSERT_EQ(accepted->response()->status, 202);
  absl::string_view url = accepted->response()->headers.Get("Content-Location");
  ASSERT_TRUE(absl::ConsumePrefix(&url, "https://gw.hie.example"));
  const std::string poll(url);
  EXPECT_EQ(Get(poll)->response()->status, 202);
  EXPECT_EQ(Get(poll)->response()->headers.Get("X-Progress"), "0/0 members");
  EXPECT_TRUE(Get(poll)->response()->headers.Has("Retry-After"));
  exchange_.Release();
  EXPECT_EQ(Get(poll, {{"Authorization", "Bearer other"}})->response()->status, 404);
  EXPECT_EQ(Get(poll, {{"Authorization", "Bearer poor"}})->response()->status, 404);
  EXPECT_EQ(Get(poll, {{"Authorization", "Bearer good@ana"}})->response()->status, 404);
  directory_.NorthIs(MemberState::kSuspended);
  EXPECT_EQ(Get(poll)->response()->status, 404);
  directory_.NorthIs(MemberState::kLive);
  const auto done = Get(poll);
  EXPECT_EQ(done->response()->status, 200);
  EXPECT_EQ(done->response()->body,
            R"({"resourceType":"Bundle","type":"batch-response","entry":[{"resource":)"
            R"({"resourceType":"Bundle","id":"7"},"response":{"status":"200 OK"}}]})");
  clock_.Advance(kAsyncTime + absl::Seconds(1));
  EXPECT_EQ(Get(poll)->response()->status, 404);
}

TEST_F(FhirDoorTest, AnAsynchronousAnswerCanBeGivenUp) {
  exchange_.Hold();
  const auto accepted = Get("/fhir/Patient?family=a", {{"Prefer", "respond-async"}});
  const std::string poll(absl::StripPrefix(accepted->response()->headers.Get("Content-Location"),
                                           "https://gw.hie.example"));
  EXPECT_EQ(
      Send(http::Method::kDelete, poll, {{"Authorization", "Bearer other"}})->response()->status,
      404);
  EXPECT_EQ(
      Send(http::Method::kDelete, poll, {{"Authorization", "Bearer good@ana"}})->response()->status,
      404);
  EXPECT_EQ(Send(http::Method::kDelete, poll)->response()->status, 202);
  EXPECT_EQ(Get(poll)->response()->status, 404);
  exchange_.Release();
}

TEST_F(FhirDoorTest, AsynchronousAnswersAreBoundedPerClient) {
  exchange_.Hold();
  for (size_t i = 0; i < kAsyncAnswersOfClientMax; ++i) {
    ASSERT_EQ(Get("/fhir/Patient", {{"Prefer", "respond-async"}})->response()->status, 202);
  }
  const auto refused = Get("/fhir/Patient", {{"Prefer", "respond-async"}});
  EXPECT_EQ(refused->response()->status, 503);
  EXPECT_TRUE(refused->response()->headers.Has("Retry-After"));
  exchange_.Release();
}

TEST_F(FhirDoorTest, AsynchronousAnswersAreBoundedByBytes) {
  AsyncAnswers answers(&clock_, &random_, {.bytes = 100, .bytes_of_client = 30});
  testing::TestWorld world({Row(InteractionKind::kRead, http::Method::kGet, "/Patient/{id}")});
  const auto complete = [&](const std::string& id, uint64_t bytes) {
    answers.Complete(id, {200, json::Value::String(std::string(bytes, 'a')), {}});
  };
  const auto open = [&](const std::string& client) {
    world.caller().client_id = client;
    return answers.Open(*world.Get("/Patient/7"), [] {});
  };
  const auto first = open("a");
  const auto second = open("a");
  ASSERT_TRUE(first.ok() && second.ok());
  complete(*first, 40);
  EXPECT_TRUE(absl::IsResourceExhausted(open("a").status()));
  EXPECT_TRUE(open("b").ok()) << "another client has room";
  // What was opened in time but finds all room taken says so.
  complete(*second, 60);
  const auto told = answers.Find("a", *second);
  ASSERT_TRUE(told.ok() && told->answer);
  EXPECT_EQ(told->answer->http_status, 503);
  // What has expired takes no room.
  clock_.Advance(kAsyncTime + absl::Seconds(1));
  EXPECT_TRUE(open("a").ok());
}

TEST_F(FhirDoorTest, AnInteractionThatForgetsToAnswerAnswers500) {
  exchange_.Hold();
  const auto answer = Get("/fhir/Patient?family=a");
  EXPECT_EQ(answer->answers(), 0);
  exchange_.On<ExchangeService::ListMembers>(
      [](const auto&) { return absl::InternalError("secret"); });
  exchange_.Release();
  EXPECT_EQ(answer->answers(), 1);
}

TEST_F(FhirDoorTest, DiscoveryNamesTheScopesOfTheTable) {
  const auto answer = Get("/fhir/.well-known/smart-configuration", {{"Authorization", ""}});
  ASSERT_NE(answer->streamed(), nullptr);
  EXPECT_EQ(answer->streamed()->headers.Get("Content-Type"), "application/json");
  const auto configuration = json::Read(answer->streamed()->bytes);
  ASSERT_TRUE(configuration.ok());
  EXPECT_EQ(configuration->Text("issuer"), "https://gw.hie.example");
  EXPECT_EQ(configuration->Text("jwks_uri"), "https://gw.hie.example/oauth2/jwks");
  EXPECT_EQ(configuration->At("/scopes_supported/0")->text(), "system/Patient.r");
}

TEST_F(FhirDoorTest, TheCapabilityStatementIsTheRouterTable) {
  const auto answer = Get("/fhir/metadata", {{"Authorization", ""}});
  ASSERT_EQ(answer->response()->status, 200);
  EXPECT_EQ(answer->response()->headers.Get("Cache-Control"), "private, max-age=300");
  const auto statement = json::Read(answer->response()->body);
  ASSERT_TRUE(statement.ok());
  EXPECT_EQ(testing::OfferedBy(*statement), testing::ServedBy(door_->interactions()));
  EXPECT_EQ(statement->Text("fhirVersion"), "4.0.1");
  EXPECT_EQ(statement->At("/instantiates/0")->text(), "https://profiles.ihe.net/x");
  EXPECT_EQ(statement->At("/rest/0/security/extension/0/extension/0/valueUri")->text(),
            "https://gw.hie.example/oauth2/token");
}

TEST_F(FhirDoorTest, EachRowOfTheTableAnswersAtItsAddress) {
  for (const Interaction& row : door_->interactions()) {
    const std::string target =
        absl::StrCat("/fhir", absl::StrReplaceAll(row.path, {{"{id}", "7"}}));
    const auto answer = Send(row.method, target);
    const int status = answer->response() ? answer->response()->status : answer->streamed()->status;
    const bool poll = row.operation == "hie-query-status";  // Its id 7 is unknown: 404.
    EXPECT_TRUE(poll || status < 300) << target << " " << status;
    EXPECT_NE(status, 405) << target;
    EXPECT_NE(status, 501) << target;
  }
}

TEST(FhirDoorCreateTest, TablesThatContradictThemselvesAreRefused) {
  SimulatedClock clock(absl::UnixEpoch());
  SeededRandom random(1);
  FhirDoor::Options options;
  options.clock = &clock;
  options.random = &random;
  options.base_url = "https://gw/fhir";
  options.interactions = {Row(InteractionKind::kRead, http::Method::kGet, "/Patient/{id}"),
                          Row(InteractionKind::kRead, http::Method::kGet, "/Patient/{id}")};
  EXPECT_EQ(FhirDoor::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.interactions.pop_back();
  EXPECT_TRUE(FhirDoor::Create(options).ok());
  for (const char* url : {"", "gw/fhir", "https://gw/fhir/", "https:///fhir"}) {
    options.base_url = url;
    EXPECT_FALSE(FhirDoor::Create(options).ok()) << url;
  }
}

}  // namespace
}  // namespace hie::fhir
