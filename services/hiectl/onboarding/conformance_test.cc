#include "services/hiectl/onboarding/conformance.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/sha1.h"

namespace hie::ctl {
namespace {

constexpr char kBase[] = "https://fhir.example/r4/";

// A server of fixed answers by target; everything wants the token but metadata.
struct FixedServer {
  FixedServer() {
    answers["/r4/metadata"] = R"({"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"})";
    answers["/r4/Patient"] =
        R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p1",
            "identifier":[{"system":"urn:oid:2.999.1.1","value":"42"}]}}]})";
    answers["/r4/Observation"] = Page("Observation", "o1", "subject", "Patient/p1", "more?page=2");
    answers["/r4/more"] = Page("Observation", "o2", "subject", "Patient/p1", "");
    answers["/r4/doc"] = "text";
    answers["/r4/DocumentReference"] = absl::StrCat(
        R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"DocumentReference",
            "id":"d1","subject":{"reference":"Patient/p1"},"content":[{"attachment":{"url":"doc",
            "size":4,"hash":")",
        absl::Base64Escape(crypto::Sha1("text")), R"("}}]}}]})");
  }

  static std::string Page(const std::string& type, const std::string& id, const std::string& name,
                          const std::string& patient, const std::string& next) {
    const std::string link =
        next.empty() ? "" : absl::StrCat(R"("link":[{"relation":"next","url":")", next, "\"}],");
    return absl::StrCat("{\"resourceType\":\"Bundle\",", link, R"("entry":[{"resource":{)",
                        R"("resourceType":")", type, R"(","id":")", id, R"(",")", name,
                        R"(":{"reference":")", patient, R"("}}}]})");
  }

  absl::StatusOr<fetch::FetchResponse> Answer(const fetch::FetchRequest& request) {
    fetch::FetchResponse response;
    response.status = 200;
    const std::string path = request.url.target.substr(0, request.url.target.find('?'));
    if (path == "/token") {
      response.status = token_status;
      response.body = token_status == 200 ? R"({"access_token":"t"})" : R"({"error":"evil \n"})";
      return response;
    }
    if (down) return absl::UnavailableError("TLS: the certificate is for another host");
    if (path != "/r4/metadata" && closed && request.headers.Get("Authorization") != "Bearer t") {
      response.status = 401;
      return response;
    }
    const auto found = answers.find(path);
    response.body = found == answers.end() ? R"({"resourceType":"Bundle"})" : found->second;
    return response;
  }

  std::map<std::string, std::string> answers;
  bool closed = true;
  bool down = false;
  int token_status = 200;
};

class ConformanceTest : public ::testing::Test {
 protected:
  ConformanceTest() {
    options_.endpoint.set_kind(directory::v1::ENDPOINT_KIND_FHIR_R4);
    options_.endpoint.set_address(kBase);
    options_.endpoint.mutable_sign_in()->set_token_url("https://fhir.example/token");
    options_.endpoint.mutable_sign_in()->set_client_id("hie");
    options_.identifier_system = "urn:oid:2.999.1.1";
    options_.identifier_value = "42";
    options_.key = &key_;
    options_.assertion_id = "j";
    options_.now = absl::FromUnixSeconds(1'800'000'000);
  }
  std::vector<CheckResult> Run() {
    return RunConformance(options_,
                          [this](fetch::FetchRequest request) { return server_.Answer(request); });
  }
  // The checks that failed.
  std::vector<std::string> Failed() {
    std::vector<std::string> failed;
    for (const CheckResult& result : Run()) {
      EXPECT_EQ(result.outcome == CheckOutcome::kPass, result.advice.empty()) << result.check;
      EXPECT_FALSE(absl::StrContains(result.advice, "42")) << "names the patient";
      EXPECT_FALSE(absl::StrContains(result.advice, "evil")) << "repeats the server";
      if (result.outcome == CheckOutcome::kFail) failed.push_back(result.check);
    }
    return failed;
  }
  using Words = std::vector<std::string>;

  const crypto::AssertionPrivateKey key_ =
      *crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384);
  ConformanceOptions options_;
  FixedServer server_;
};

TEST_F(ConformanceTest, AGoodServerPassesEveryCheck) {
  EXPECT_EQ(Failed(), Words{});
  EXPECT_EQ(Run().size(), 16u);
}

TEST_F(ConformanceTest, NamesWhatIsWrong) {
  server_.down = true;
  EXPECT_EQ(Failed(), Words{"reach the server over TLS"});
  server_ = FixedServer();
  server_.answers["/r4/metadata"] = R"({"resourceType":"CapabilityStatement","fhirVersion":"5.0"})";
  EXPECT_EQ(Failed(), Words{"metadata"});
  server_ = FixedServer();
  server_.token_status = 400;
  EXPECT_EQ(Failed(), Words{"sign in"});
  server_ = FixedServer();
  server_.closed = false;
  EXPECT_EQ(Failed(), Words{"refuse who shows no token"});
  server_ = FixedServer();
  server_.answers["/r4/Patient"] = R"({"resourceType":"Bundle"})";
  EXPECT_EQ(Failed(), Words{"find the test patient by identifier"});
  server_ = FixedServer();
  server_.answers["/r4/Condition"] = "{";
  EXPECT_EQ(Failed(), Words{"search Condition"});
  server_ = FixedServer();
  server_.answers["/r4/doc"] = "texT";
  EXPECT_EQ(Failed(), Words{"read a document and check its hash"});
}

TEST_F(ConformanceTest, SeesTheWrongPatientAndUnstablePages) {
  server_.answers["/r4/Procedure"] =
      FixedServer::Page("Procedure", "x", "subject", "Patient/p2", "");
  server_.answers["/r4/more"] = FixedServer::Page("Observation", "o1", "subject", "Patient/p1", "");
  EXPECT_EQ(Failed(), (Words{"search Observation", "search Procedure"}));
}

TEST_F(ConformanceTest, SkipsWhatIsRegisteredAsUnsupported) {
  server_.answers["/r4/Condition"] = "{";
  options_.endpoint.mutable_quirks()->add_unsupported_types("Condition");
  EXPECT_EQ(Failed(), Words{});
}

}  // namespace
}  // namespace hie::ctl
