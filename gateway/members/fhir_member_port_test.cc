#include "gateway/members/fhir_member_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/members/member_router.h"
#include "services/common/base/random_source.h"
#include "tests/support/status_matchers.h"

namespace hie::members {
namespace {

using exchange::MemberAnswer;
using exchange::MemberAnswerStatus;
using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::testing::ElementsAre;

constexpr char kBase[] = "https://lakes.example:443/fhir/";
constexpr char kPatientQuery[] = "Patient?identifier=urn:oid:2.999.1.20.1%7CL-55";
constexpr char kPatient[] =
    R"({"resourceType":"Patient","id":"77","identifier":[{"system":"urn:oid:2.999.1.20.1","value":"L-55"}],)"
    R"("name":[{"family":"Moreau","given":["Ana"]}],"birthDate":"1961-04-02"})";

std::string Bundle(const std::vector<std::string>& resources, const std::string& next = "") {
  std::string entries;
  for (const std::string& resource : resources) {
    absl::StrAppend(&entries, entries.empty() ? "" : ",", R"({"resource":)", resource, "}");
  }
  return absl::StrCat(
      R"({"resourceType":"Bundle","type":"searchset","link":[)",
      next.empty() ? "" : absl::StrCat(R"({"relation":"next","url":")", next, "\"}"),
      R"(],"entry":[)", entries, "]}");
}

std::string Allergy(int number) {
  return absl::StrCat(R"({"resourceType":"AllergyIntolerance","id":"a)", number,
                      R"(","patient":{"reference":"Patient/77"},"code":{"text":"Penicillin"}})");
}

// A server by URL: whatever is not written here is an empty searchset.
class ScriptedClient final : public fetch::HttpsClient {
 public:
  class NoCall final : public fetch::FetchCall {
    void Cancel() override {}
  };
  std::shared_ptr<fetch::FetchCall> Fetch(
      fetch::FetchRequest request, std::function<bool(absl::string_view)> on_chunk,
      std::function<void(absl::StatusOr<fetch::FetchResponse>)> done) override {
    const std::string url = request.url.Text();
    asked.push_back(url);
    tokens.emplace_back(request.headers.Get("authorization"));
    if (silent.count(url) > 0) return std::make_shared<NoCall>();
    fetch::FetchResponse response;
    const auto found = answers.find(url);
    response.status = found == answers.end() ? 200 : found->second.first;
    response.body = found == answers.end() ? Bundle({}) : found->second.second;
    if (on_chunk && response.status == 200) {
      on_chunk(response.body);
      response.body.clear();
    }
    done(std::move(response));
    return std::make_shared<NoCall>();
  }
  void On(const std::string& path, int status, const std::string& body) {
    answers[kBase + path] = {status, body};
  }

  std::map<std::string, std::pair<int, std::string>> answers;
  std::set<std::string> silent;
  std::vector<std::string> asked;
  std::vector<std::string> tokens;
};

class FhirMemberPortTest : public ::testing::Test {
 protected:
  FhirMemberPortTest() : sign_in_(SignInOptions()) {
    client_.On(kPatientQuery, 200, Bundle({kPatient}));
    UseEndpoint({});
  }

  MemberSignIn::Options SignInOptions() {
    auto key = crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384);
    return {&client_, &clock_, &random_, *std::move(key)};
  }

  void UseEndpoint(MemberEndpoint endpoint) {
    endpoint.kind = EndpointKind::kFhirR4;
    endpoint.address = kBase;
    Member member;
    member.id = MemberId("lakes");
    member.state = MemberState::kLive;
    member.endpoints = {endpoint};
    auto directory = MemberDirectory::Build(1, {member});
    ASSERT_THAT(directory, IsOk());
    source_ = std::make_unique<FixedMemberDirectory>(DirectoryReading{*directory, clock_.Now()});
    FhirMemberPort::Options options;
    options.directory = source_.get();
    options.client = &client_;
    options.sign_in = &sign_in_;
    options.clock = &clock_;
    options.limits.pages_max = 12;
    port_ = std::make_unique<FhirMemberPort>(options);
  }

  MemberAnswer Ask(std::vector<ClinicalClass> classes = {ClinicalClass::kAllergy},
                   absl::Duration budget = absl::Seconds(20)) {
    std::promise<MemberAnswer> promise;
    port_->Ask({MemberId("lakes"),
                {"2.999.1.20.1", Phi<std::string>("L-55"), 1},
                std::move(classes),
                budget,
                "r"},
               [&promise](MemberAnswer answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  }

  absl::Status Fetch(std::string& content) {
    std::promise<absl::Status> promise;
    port_->Fetch(
        {MemberId("lakes"),
         {"2.999.1.20.1", Phi<std::string>("L-55"), 1},
         "urn:oid:2.999.1.20.9.1",
         absl::Seconds(20),
         "r"},
        [&content](absl::string_view chunk) {
          content.append(chunk.data(), chunk.size());
          return true;
        },
        [&promise](const absl::Status& status) { promise.set_value(status); });
    return promise.get_future().get();
  }

  SystemClock clock_;
  SeededRandom random_{1};
  ScriptedClient client_;
  MemberSignIn sign_in_;
  std::unique_ptr<FixedMemberDirectory> source_;
  std::unique_ptr<FhirMemberPort> port_;
};

TEST_F(FhirMemberPortTest, AsksByThePatientsIdPageByPage) {
  client_.On("AllergyIntolerance?patient=77&_count=100", 200,
             Bundle({Allergy(1)}, "https://lakes.example/fhir/AllergyIntolerance?page=2"));
  client_.On("AllergyIntolerance?page=2", 200, Bundle({Allergy(2)}));
  const MemberAnswer answer = Ask();
  EXPECT_EQ(answer.status, MemberAnswerStatus::kComplete);
  EXPECT_EQ(answer.items.size(), 2u);
  ASSERT_EQ(answer.patients.size(), 1u);
  EXPECT_EQ(answer.patients[0].demographics.names[0].family, "Moreau");
}

TEST_F(FhirMemberPortTest, NeverTakesAnotherPatient) {
  const std::string other = absl::StrCat(
      R"({"resourceType":"Patient","id":"78","identifier":[{"system":"urn:oid:2.999.1.20.1","value":"L-56"}]})");
  client_.On(kPatientQuery, 200, Bundle({other}));
  EXPECT_EQ(Ask().status, MemberAnswerStatus::kPatientUnknown);
  client_.On(kPatientQuery, 200, Bundle({kPatient, kPatient}));
  EXPECT_EQ(Ask().status, MemberAnswerStatus::kBadResponse);
}

TEST_F(FhirMemberPortTest, AnOldIdIsNobodysAndOnePageOfManyShowsNoOnlyOne) {
  const std::string old =
      R"({"resourceType":"Patient","id":"78","identifier":[{"use":"old","system":"urn:oid:2.999.1.20.1","value":"L-55"}]})";
  client_.On(kPatientQuery, 200, Bundle({old}));
  EXPECT_EQ(Ask().status, MemberAnswerStatus::kPatientUnknown);
  client_.On(kPatientQuery, 200, Bundle({old, kPatient}));
  EXPECT_EQ(Ask().status, MemberAnswerStatus::kComplete);
  client_.asked.clear();
  client_.On(kPatientQuery, 200, Bundle({kPatient}, "/fhir/Patient?page=2"));
  const MemberAnswer answer = Ask();
  EXPECT_EQ(answer.status, MemberAnswerStatus::kBadResponse);
  EXPECT_TRUE(answer.items.empty());
  EXPECT_THAT(client_.asked, ElementsAre(absl::StrCat(kBase, kPatientQuery)));
}

TEST_F(FhirMemberPortTest, TellsEveryKindOfFailure) {
  const struct {
    int status;
    std::string body;
    MemberAnswerStatus want;
  } cases[] = {
      {200, Bundle({}), MemberAnswerStatus::kPatientUnknown},
      {200, "<html>", MemberAnswerStatus::kBadResponse},
      {200, R"({"resourceType":"Patient"})", MemberAnswerStatus::kBadResponse},
      {200, Bundle({}, "/fhir/Patient?page=2"), MemberAnswerStatus::kPartial},
      {401, "", MemberAnswerStatus::kAuthFailed},
      {403, "", MemberAnswerStatus::kRefused},
      {429, "", MemberAnswerStatus::kThrottled},
      {500, "", MemberAnswerStatus::kFailed},
      {302, "", MemberAnswerStatus::kFailed},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.status, " ", c.body));
    client_.On(kPatientQuery, c.status, c.body);
    EXPECT_EQ(Ask().status, c.want);
  }
}

TEST_F(FhirMemberPortTest, WhatOneTypeLacksMakesTheAnswerPartial) {
  client_.On("AllergyIntolerance?patient=77&_count=100", 200, Bundle({Allergy(1)}));
  client_.On("Encounter?patient=77&_count=100", 500, "");
  const MemberAnswer answer = Ask();
  EXPECT_EQ(answer.status, MemberAnswerStatus::kPartial);
  EXPECT_EQ(answer.items.size(), 1u);
}

TEST_F(FhirMemberPortTest, FollowsNoPageElsewhereAndNoneTwice) {
  for (const char* next : {"https://evil.example/fhir/x", "http://lakes.example/fhir/x",
                           "AllergyIntolerance?patient=77&_count=100"}) {
    SCOPED_TRACE(next);
    client_.asked.clear();
    client_.On("AllergyIntolerance?patient=77&_count=100", 200, Bundle({Allergy(1)}, next));
    EXPECT_EQ(Ask().status, MemberAnswerStatus::kPartial);
    for (const std::string& url : client_.asked) EXPECT_TRUE(absl::StartsWith(url, kBase)) << url;
  }
}

TEST_F(FhirMemberPortTest, EndsAtTheBudgetThoughTheMemberIsSilent) {
  client_.silent.insert(absl::StrCat(kBase, "AllergyIntolerance?patient=77&_count=100"));
  EXPECT_EQ(Ask({ClinicalClass::kAllergy}, absl::Milliseconds(200)).status,
            MemberAnswerStatus::kTimeout);
}

TEST_F(FhirMemberPortTest, QuirksAreKept) {
  MemberEndpoint endpoint;
  endpoint.quirks.page_size = 7;
  endpoint.quirks.patient_parameter = "subject";
  endpoint.quirks.unsupported_types = {"Encounter"};
  UseEndpoint(endpoint);
  Ask();
  EXPECT_THAT(client_.asked,
              ElementsAre(absl::StrCat(kBase, kPatientQuery),
                          absl::StrCat(kBase, "AllergyIntolerance?subject=77&_count=7")));
}

TEST_F(FhirMemberPortTest, SignsInOnceAndAgainWhenTheTokenIsRefused) {
  MemberEndpoint endpoint;
  endpoint.sign_in = {"https://lakes.example/token", "hie", "system/*.rs", "k1"};
  UseEndpoint(endpoint);
  client_.answers["https://lakes.example:443/token"] = {
      200, R"({"access_token":"t1","token_type":"bearer","expires_in":300})"};
  EXPECT_EQ(Ask().status, MemberAnswerStatus::kComplete);
  EXPECT_EQ(client_.tokens.back(), "Bearer t1");
  EXPECT_EQ(
      std::count(client_.asked.begin(), client_.asked.end(), "https://lakes.example:443/token"), 1);
  client_.On(kPatientQuery, 401, "");
  EXPECT_EQ(Ask().status, MemberAnswerStatus::kAuthFailed);
  EXPECT_EQ(
      std::count(client_.asked.begin(), client_.asked.end(), "https://lakes.example:443/token"), 2);
}

TEST_F(FhirMemberPortTest, ATokenOfTheOldAddressNeverGoesToTheNewOne) {
  MemberEndpoint endpoint;
  endpoint.sign_in = {"https://lakes.example/token", "hie", "system/*.rs", "k1"};
  endpoint.address = "https://lakes.example/fhir/";
  const auto token_at = [&] {
    std::string taken;
    sign_in_.Token(MemberId("lakes"), endpoint, absl::Seconds(1),
                   [&taken](absl::StatusOr<std::string> token) {
                     ASSERT_THAT(token, IsOk());
                     taken = *std::move(token);
                   });
    return taken;
  };
  const auto issue = [&](const std::string& url, const std::string& token) {
    client_.answers[url] = {200,
                            absl::StrCat(R"({"access_token":")", token, R"(","expires_in":300})")};
  };
  issue("https://lakes.example:443/token", "t1");
  issue("https://moved.example:443/token", "t3");
  EXPECT_EQ(token_at(), "t1");
  issue("https://lakes.example:443/token", "t2");
  EXPECT_EQ(token_at(), "t1");
  endpoint.address = "https://moved.example/fhir/";
  EXPECT_EQ(token_at(), "t2");
  endpoint.sign_in.token_url = "https://moved.example/token";
  EXPECT_EQ(token_at(), "t3");
}

TEST_F(FhirMemberPortTest, FetchesContentFromTheMemberOnly) {
  const auto reference = [](const std::string& url) {
    return absl::StrCat(
        R"({"resourceType":"DocumentReference","id":"d1","masterIdentifier":{"value":"urn:oid:2.999.1.20.9.1"},)",
        R"("subject":{"reference":"Patient/77"},"content":[{"attachment":{"url":")", url,
        R"("}}]})");
  };
  const std::string query = "DocumentReference?patient=77&_count=100";
  client_.On(query, 200, Bundle({reference("Binary/b1")}));
  client_.On("Binary/b1", 200, "content");
  std::string content;
  EXPECT_THAT(Fetch(content), IsOk());
  EXPECT_EQ(content, "content");
  client_.On(query, 200, Bundle({reference("https://evil.example/b1")}));
  EXPECT_THAT(Fetch(content), StatusIs(absl::StatusCode::kUnavailable));
  client_.On(query, 200, Bundle({}));
  EXPECT_THAT(Fetch(content), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FhirMemberPortTest, AMemberThatOnlyRegistersAnswersAtOnce) {
  Member member;
  member.id = MemberId("quay");
  member.endpoints.resize(1);
  member.endpoints[0].kind = EndpointKind::kRegistryOnly;
  auto directory = MemberDirectory::Build(1, {member});
  ASSERT_THAT(directory, IsOk());
  FixedMemberDirectory source(DirectoryReading{*directory, clock_.Now()});
  MemberRouter router(&source, nullptr, nullptr);
  MemberAnswerStatus status = MemberAnswerStatus::kFailed;
  router.Ask({MemberId("quay"), {}, {}, absl::Seconds(1), "r"},
             [&status](const MemberAnswer& answer) { status = answer.status; });
  EXPECT_EQ(status, MemberAnswerStatus::kComplete);
  EXPECT_TRUE(router.Reachable(MemberId("quay")));
}

}  // namespace
}  // namespace hie::members
