#include "gateway/auth/smart_token_service.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/auth/grants.h"
#include "gateway/auth/jws.h"
#include "gateway/auth/token_test_client.h"
#include "services/common/crypto/base64url.h"
#include "services/common/crypto/files.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::auth::testing {
namespace {

namespace opt = options::v1;

json::Value Text(absl::string_view text) { return json::Value::String(text); }

class SmartTokenServiceTest : public ::testing::Test {
 protected:
  std::string TokenFor(const json::Value& extensions) {
    Attempt attempt = stage_.Try();
    if (!extensions.IsNull()) attempt.payload.Set("extensions", extensions);
    return stage_.Token(attempt);
  }
  absl::StatusOr<ApiCaller> Show(const std::string& token, const std::string& certificate = "") {
    return stage_.service->Authenticate(absl::StrCat("Bearer ", token), certificate, "r-7");
  }
  std::string ErrorOf(const Attempt& attempt) {
    return std::string(json::Read(stage_.Send(attempt).body)->Text("error"));
  }

  TokenStage stage_;
};

TEST_F(SmartTokenServiceTest, IssuesATokenThatItAccepts) {
  for (const bool rsa : {false, true}) {
    Attempt attempt = stage_.Try();
    if (rsa) {
      attempt.header.Set("alg", Text("RS384"));
      attempt.header.Set("kid", Text("rsa"));
      attempt.key = &RsaKey();
    }
    attempt.payload.Set("extensions", Iua("TREAT"));
    attempt.form[1].second = "system/Patient.cruds system/List.r ITI-78 launch";
    const http::Response response = stage_.Send(attempt);
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.headers.Get("Cache-Control"), "no-store");
    EXPECT_EQ(response.headers.Get("Content-Type"), "application/json;charset=utf-8");
    const json::Value body = *json::Read(response.body);
    EXPECT_EQ(body.Text("token_type"), "bearer");
    EXPECT_EQ(body.Find("expires_in")->integer(), 300);
    EXPECT_EQ(body.Text("scope"), "system/Patient.rs ITI-78");
    const auto caller = Show(std::string(body.Text("access_token")));
    ASSERT_TRUE(caller.ok()) << caller.status();
    EXPECT_EQ(caller->client_id, "general-emr");
    EXPECT_EQ(caller->scopes, (std::vector<std::string>{"system/Patient.rs", "ITI-78"}));
    EXPECT_EQ(caller->caller.kind, rpc::CallerKind::kMember);
    EXPECT_EQ(caller->caller.actor.member, MemberId("general"));
    EXPECT_EQ(caller->caller.actor.user, "");
    EXPECT_EQ(caller->caller.actor.purpose, Purpose::kTreat);
    EXPECT_EQ(caller->caller.actor.client_key, "general-emr");
    EXPECT_EQ(caller->caller.actor.request_id, "r-7");
    EXPECT_EQ(caller->caller.actor.roles, std::vector<std::string>{"backend_query"});
    EXPECT_FALSE(caller->break_glass.has_value());
  }
}

TEST_F(SmartTokenServiceTest, TheTokenIsAnRfc9068TokenWithIuaClaims) {
  const std::string token = TokenFor(Iua("TREAT", "able", "physician"));
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  ASSERT_EQ(parts.size(), 3u);
  const json::Value header = *json::Read(*crypto::Base64UrlDecode(parts[0]));
  EXPECT_EQ(header.Text("typ"), "at+jwt");
  EXPECT_EQ(header.Text("alg"), "ES256");
  const json::Value payload = *json::Read(*crypto::Base64UrlDecode(parts[1]));
  EXPECT_EQ(payload.Text("iss"), kIssuer);
  EXPECT_EQ(payload.Text("aud"), kBase);
  EXPECT_EQ(payload.Text("sub"), "general-emr");
  EXPECT_EQ(payload.Text("client_id"), "general-emr");
  EXPECT_EQ(payload.Text("scope"), "system/Patient.rs");
  EXPECT_GE(payload.Text("jti").size(), 22u);
  EXPECT_EQ(*payload.Find("exp")->integer() - *payload.Find("iat")->integer(), 300);
  const json::Value* purpose = payload.At("/extensions/ihe_iua/purpose_of_use/0");
  ASSERT_NE(purpose, nullptr);
  EXPECT_EQ(purpose->Text("code"), "TREAT");
  EXPECT_EQ(purpose->Text("system"), kActReasonSystem);
  EXPECT_EQ(payload.At("/extensions/ihe_iua/person_id")->text(), "able");
  // The key that verifies it is published.
  Attempt get = stage_.Try();
  get.method = http::Method::kGet;
  get.path = kJwksPath;
  const http::Response keys = stage_.Send(get);
  EXPECT_EQ(keys.status, 200);
  EXPECT_EQ(json::Read(keys.body)->At("/keys/0/kid")->text(), header.Text("kid"));
}

TEST_F(SmartTokenServiceTest, APersonIsMappedWithTheRolesThatTheMemberMayAssert) {
  Attempt attempt = stage_.Try();
  json::Value extensions = Iua("TREAT", "able", "physician");
  json::Value iua = *extensions.Find("ihe_iua");
  iua.Set("subject_role", *json::Read(R"([{"system":"http://snomed.info/sct","code":"309343006"},
      {"system":"http://snomed.info/sct","code":"224535009"}])"));
  iua.Set("home_community_id", Text("urn:oid:2.999.1"));
  extensions.Set("ihe_iua", iua);
  attempt.payload.Set("extensions", extensions);
  attempt.payload.Set("auth_time",
                      json::Value::Integer(absl::ToUnixSeconds(stage_.clock.Now()) - 60));
  const auto caller = Show(stage_.Token(attempt));
  ASSERT_TRUE(caller.ok()) << caller.status();
  const Actor& actor = caller->caller.actor;
  EXPECT_EQ(actor.user, "able");
  EXPECT_EQ(actor.roles, (std::vector<std::string>{"physician", "backend_query"}));
  EXPECT_EQ(actor.auth_time, stage_.clock.Now() - absl::Minutes(1));
  EXPECT_EQ(caller->subject_name, "Dr. A. Able");
  EXPECT_TRUE(DecideAccess(stage_.members[0], actor, opt::PERMISSION_PATIENT_QUERY).ok());
  EXPECT_FALSE(DecideAccess(stage_.members[0], actor, opt::PERMISSION_PATIENT_FEED).ok());
}

TEST_F(SmartTokenServiceTest, TakesUdapClaims) {
  const auto caller = Show(TokenFor(*json::Read(R"({"hl7-b2b":{"version":"1","subject_id":"able",
      "subject_name":"Dr. Able","subject_role":"http://nucc.org/provider-taxonomy#207P00000X",
      "organization_id":"urn:oid:2.999.1","organization_name":"General",
      "purpose_of_use":["urn:oid:2.16.840.1.113883.5.8#ETREAT"]}})")));
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->caller.actor.user, "able");
  EXPECT_EQ(caller->caller.actor.purpose, Purpose::kEtreat);
  EXPECT_EQ(caller->caller.actor.roles,
            (std::vector<std::string>{"ed_physician", "backend_query"}));
}

TEST_F(SmartTokenServiceTest, ABreakGlassDeclarationComesThrough) {
  const auto caller = Show(TokenFor(BreakGlass()));
  ASSERT_TRUE(caller.ok()) << caller.status();
  ASSERT_TRUE(caller->break_glass.has_value());
  EXPECT_EQ(caller->break_glass->reason, "UNCONSCIOUS");
  EXPECT_EQ(caller->break_glass->encounter, "ED-17");
  EXPECT_EQ(caller->break_glass->family, "Doe");
  EXPECT_EQ(caller->break_glass->birth_date, "1980-03-05");
  EXPECT_TRUE(caller->break_glass->attests_emergency);
  EXPECT_TRUE(caller->break_glass->attests_consent_impracticable);
  EXPECT_TRUE(caller->break_glass->attests_information_needed);
  EXPECT_TRUE(
      DecideAccess(stage_.members[0], caller->caller.actor, opt::PERMISSION_BREAK_GLASS).ok());
  json::Value renewal = BreakGlass();
  renewal.Set("hie_break_glass", *json::Read(R"({"session_id":"s-1"})"));
  EXPECT_EQ(Show(TokenFor(renewal))->break_glass->session_id, "s-1");
}

TEST_F(SmartTokenServiceTest, WithoutAPurposeATokenIsGoodAndTooLittleToRead) {
  const auto caller = Show(TokenFor(json::Value()));
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->caller.actor.purpose, Purpose::kUnspecified);
  const absl::Status decided =
      DecideAccess(stage_.members[0], caller->caller.actor, opt::PERMISSION_PATIENT_QUERY);
  EXPECT_TRUE(absl::IsPermissionDenied(decided));
  EXPECT_EQ(decided.message(), "purpose of use is needed");
}

TEST_F(SmartTokenServiceTest, AFeedNeedsNoPurposeAndOpensNothingElse) {
  Attempt attempt = stage_.Try();
  attempt.payload.Set("iss", Text("general-feed"));
  attempt.payload.Set("sub", Text("general-feed"));
  attempt.form[1].second = "system/Patient.u";
  const auto caller = Show(stage_.Token(attempt));
  ASSERT_TRUE(caller.ok()) << caller.status();
  const Actor& actor = caller->caller.actor;
  EXPECT_EQ(actor.purpose, Purpose::kPatientAdministration);
  for (int p = 1; p <= opt::Permission_MAX; ++p) {
    EXPECT_EQ(DecideAccess(stage_.members[0], actor, static_cast<opt::Permission>(p)).ok(),
              p == opt::PERMISSION_PATIENT_FEED)
        << p;
  }
}

TEST_F(SmartTokenServiceTest, AnAssertionIsTakenOnce) {
  const Attempt attempt = stage_.Try();
  EXPECT_EQ(stage_.Send(attempt).status, 200);
  EXPECT_EQ(stage_.Send(attempt).status, 400);
  EXPECT_EQ(ErrorOf(attempt), "invalid_client");
  Attempt same_id = stage_.Try();
  same_id.payload.Set("jti", *attempt.payload.Find("jti"));
  EXPECT_EQ(ErrorOf(same_id), "invalid_client");
  // Another client may use the same id.
  same_id.payload.Set("iss", Text("lakes-emr"));
  same_id.payload.Set("sub", Text("lakes-emr"));
  EXPECT_EQ(stage_.Send(same_id).status, 200);
}

TEST_F(SmartTokenServiceTest, ARestartForgetsNoAssertionAndKeepsTheKey) {
  const Attempt attempt = stage_.Try();
  const std::string token = stage_.Token(attempt);
  stage_.Restart();
  EXPECT_EQ(ErrorOf(attempt), "invalid_client");
  EXPECT_TRUE(Show(token).ok());
  const std::filesystem::perms mode =
      std::filesystem::status(stage_.options.signing_key_file).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SmartTokenServiceTest, OnlyOneOfManyAtOnceGetsAToken) {
  const Attempt attempt = stage_.Try();
  const http::Request request = attempt.Request();
  std::atomic<int> issued = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { issued += stage_.service->Answer(request).status == 200; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(issued, 1);
}

TEST_F(SmartTokenServiceTest, AFullMemoryRefusesAndDoesNotForget) {
  stage_.options.assertions_max = 2;
  stage_.Restart();
  const Attempt first = stage_.Try();
  EXPECT_EQ(stage_.Send(first).status, 200);
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 200);
  const http::Response full = stage_.Send(stage_.Try());
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(json::Read(full.body)->Text("error"), "temporarily_unavailable");
  EXPECT_TRUE(full.headers.Has("Retry-After"));
  EXPECT_EQ(ErrorOf(first), "invalid_client");
  stage_.clock.Advance(absl::Minutes(6));
  stage_.Publish();
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 200);
}

TEST(UsedAssertionsTest, OneClientDoesNotTakeTheRoomOfAll) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const TokenStage stage;
  const UsedAssertions::Options options{
      .file = absl::StrCat(stage.folder, "/used"), .entries_max = 10, .entries_per_client_max = 2};
  auto used = UsedAssertions::Open(options, now);
  ASSERT_TRUE(used.ok()) << used.status();
  const auto use = [&](absl::string_view client, absl::string_view id, absl::Time when) {
    return (*used)->Use(client, id, when + absl::Minutes(5), when).code();
  };
  EXPECT_EQ(use("a", "1", now), absl::StatusCode::kOk);
  EXPECT_EQ(use("a", "2", now), absl::StatusCode::kOk);
  EXPECT_EQ(use("a", "3", now), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(use("a", "1", now), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(use("b", "1", now), absl::StatusCode::kOk);
  used->reset();  // A restart forgets neither the assertions nor whose they are.
  used = UsedAssertions::Open(options, now);
  ASSERT_TRUE(used.ok()) << used.status();
  EXPECT_EQ(use("a", "3", now), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(use("b", "1", now), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(use("b", "2", now), absl::StatusCode::kOk);
  EXPECT_EQ(use("a", "3", now + absl::Minutes(6)), absl::StatusCode::kOk);
}

TEST_F(SmartTokenServiceTest, AnUnreadableMemoryRefuses) {
  std::filesystem::remove_all(stage_.folder);
  std::ofstream(stage_.folder) << "in the way";
  stage_.clock.Advance(absl::Minutes(2));
  Attempt attempt = stage_.Try();
  stage_.service->Answer(attempt.Request());  // Forgets nothing yet: the file is still open.
  stage_.clock.Advance(absl::Minutes(10));
  stage_.Publish();
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 503);
  std::filesystem::remove(stage_.folder);
}

TEST_F(SmartTokenServiceTest, ATokenExpiresAndItsClientCanBeRevoked) {
  const std::string token = TokenFor(Iua("TREAT", "able", "physician"));
  EXPECT_TRUE(Show(token).ok());
  const auto members = stage_.members;
  stage_.members[0].clients[0].revoked = true;
  stage_.Publish();
  EXPECT_TRUE(absl::IsUnauthenticated(Show(token).status()));
  EXPECT_EQ(ErrorOf(stage_.Try()), "invalid_client");
  stage_.members = members;
  stage_.members[0].roles = {"registrar"};
  stage_.Publish();
  EXPECT_TRUE(absl::IsUnauthenticated(Show(token).status()));
  stage_.members = members;
  stage_.members[0].clients[0].purposes.clear();
  stage_.Publish();
  EXPECT_TRUE(absl::IsUnauthenticated(Show(token).status()));
  stage_.members = members;
  stage_.Publish();
  EXPECT_TRUE(Show(token).ok());
  stage_.clock.Advance(absl::Minutes(5));
  EXPECT_TRUE(absl::IsUnauthenticated(Show(token).status()));
}

TEST_F(SmartTokenServiceTest, ASuspendedMembersClientGetsNoTokenAndIsDenied) {
  const std::string token = TokenFor(Iua("TREAT"));
  stage_.members[0].state = MemberState::kSuspended;
  stage_.Publish();
  EXPECT_EQ(ErrorOf(stage_.Try()), "invalid_client");
  const auto caller = Show(token);  // Recognised: 403, not 401.
  ASSERT_TRUE(caller.ok());
  EXPECT_FALSE(
      DecideAccess(stage_.members[0], caller->caller.actor, opt::PERMISSION_PATIENT_QUERY).ok());
}

TEST_F(SmartTokenServiceTest, ATokenIsBoundToTheCertificateThatAskedForIt) {
  const std::string certificate(64, 'a');
  Attempt attempt = stage_.Try();
  attempt.certificate = certificate;
  const std::string token = stage_.Token(attempt);
  EXPECT_TRUE(Show(token, certificate).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Show(token).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(Show(token, std::string(64, 'b')).status()));
  const std::string unbound = TokenFor(json::Value());
  EXPECT_TRUE(Show(unbound).ok());
  stage_.members[0].clients[0].certificate_sha256 = certificate;
  stage_.Publish();
  EXPECT_EQ(ErrorOf(stage_.Try()), "invalid_client");
  EXPECT_TRUE(absl::IsUnauthenticated(Show(unbound).status())) << "registered since";
}

TEST_F(SmartTokenServiceTest, RefusesTokensThatItDidNotIssue) {
  const std::string good = TokenFor(Iua("TREAT"));
  const std::vector<std::string> parts = absl::StrSplit(good, '.');
  const std::string payload = *crypto::Base64UrlDecode(parts[1]);
  const auto own =
      *crypto::PrivateKey::FromPem(*crypto::ReadWholeFile(stage_.options.signing_key_file));
  const std::string kid(json::Read(*crypto::Base64UrlDecode(parts[0]))->Text("kid"));
  const auto stranger = *crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256);
  const std::string tokens[] = {
      "",
      "a.b.c",
      absl::StrCat(parts[0], ".", parts[1], "."),
      absl::StrCat(crypto::Base64UrlEncode(R"({"alg":"none","typ":"at+jwt","kid":"x"})"), ".",
                   parts[1], "."),
      absl::StrCat(parts[0], ".", parts[1], ".", crypto::Base64UrlEncode(std::string(64, '\0'))),
      absl::StrCat(parts[0], ".", crypto::Base64UrlEncode(payload + " "), ".", parts[2]),
      *SignJws(payload, kAccessTokenType, kid, stranger),
      *SignJws(payload, kAccessTokenType, "other", own),
      *SignJws(payload, "JWT", kid, own),
      *SignJws(payload, "hie-user+jwt", kid, own),
      good + "x",
      good + ".x",
      std::string(9000, 'a'),
  };
  for (const std::string& token : tokens) {
    EXPECT_TRUE(absl::IsUnauthenticated(Show(token).status())) << token.size();
  }
  json::Value claims = *json::Read(payload);
  claims.Set("aud", Text("https://other.example/fhir"));
  EXPECT_FALSE(Show(*SignJws(json::Write(claims), kAccessTokenType, kid, own)).ok());
  claims = *json::Read(payload);
  claims.Set("cnf", *json::Read(R"({"x5t#S256":"AA"})"));
  EXPECT_FALSE(Show(*SignJws(json::Write(claims), kAccessTokenType, kid, own)).ok());
  EXPECT_TRUE(Show(*SignJws(payload, kAccessTokenType, kid, own)).ok()) << "the test signs well";
}

TEST_F(SmartTokenServiceTest, WantsABearerToken) {
  const std::string token = TokenFor(Iua("TREAT"));
  for (const std::string& header : {std::string(), std::string("Basic YTpi"), token,
                                    absl::StrCat("Bearer", token), std::string("Bearer ")}) {
    const auto caller = stage_.service->Authenticate(header, "", "r");
    EXPECT_TRUE(absl::IsUnauthenticated(caller.status())) << header.size();
  }
  EXPECT_TRUE(stage_.service->Authenticate(absl::StrCat("bearer ", token), "", "r").ok());
}

TEST_F(SmartTokenServiceTest, IsUnavailableWithoutADirectory) {
  const std::string token = TokenFor(Iua("TREAT"));
  stage_.directory.reading.directory = nullptr;
  EXPECT_TRUE(absl::IsUnavailable(Show(token).status()));
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 503);
}

class KeySetUrlTest : public ::testing::Test {
 protected:
  KeySetUrlTest()
      : stage_([this] {
          SmartTokenService::Options options;
          options.fetch_key_set = [this](const std::string&) -> absl::StatusOr<std::string> {
            const MutexLock lock(mutex_);
            ++fetches_;
            return answer_;
          };
          return options;
        }()) {
    stage_.members[0].clients[0].jwks = "";
    stage_.members[0].clients[0].jwks_url = "https://emr.example/jwks";
    stage_.Publish();
  }
  void Serve(absl::StatusOr<std::string> answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  int Fetches() {
    const MutexLock lock(mutex_);
    return fetches_;
  }

  Mutex mutex_;
  int fetches_ HIE_GUARDED_BY(mutex_) = 0;
  absl::StatusOr<std::string> answer_ HIE_GUARDED_BY(mutex_) =
      crypto::WriteJwkSet("ec", EcKey().public_key());
  TokenStage stage_;
};

TEST_F(KeySetUrlTest, KeysAreFetchedAheadAndStayWhileTheirUrlIsDown) {
  stage_.service->RefreshKeySets();
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 200);
  Attempt with_url = stage_.Try();
  with_url.header.Set("jku", Text("https://emr.example/jwks"));
  EXPECT_EQ(stage_.Send(with_url).status, 200);
  const int before = Fetches();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stage_.Send(stage_.Try()).status, 200);
  EXPECT_EQ(Fetches(), before) << "fetched in the path of a request";
  Serve(absl::UnavailableError("down"));
  stage_.clock.Advance(absl::Hours(23));
  stage_.Publish();
  stage_.service->RefreshKeySets();
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 200);
  stage_.clock.Advance(absl::Hours(2));
  stage_.Publish();
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 503);
}

TEST_F(KeySetUrlTest, AKeyThatWasTakenOutIsRefusedAfterTheNextFetch) {
  stage_.service->RefreshKeySets();
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 200);
  Serve(crypto::WriteJwkSet("new", RsaKey().public_key()));
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 200) << "the fetched ones still hold";
  stage_.clock.Advance(absl::Minutes(5));
  stage_.Publish();
  stage_.service->RefreshKeySets();
  EXPECT_EQ(stage_.Send(stage_.Try()).status, 400);
}

TEST(KeySetUrlWithoutFetchTest, IsRefusedClearly) {
  TokenStage stage;
  stage.members[0].clients[0].jwks = "";
  stage.members[0].clients[0].jwks_url = "https://emr.example/jwks";
  stage.Publish();
  const http::Response response = stage.Send(stage.Try());
  EXPECT_EQ(response.status, 400);
  EXPECT_TRUE(absl::StrContains(response.body, "register them")) << response.body;
}

TEST(ScopesCoverTest, FollowsTheTable) {
  const ScopeNeed read{"Patient", 'r', "ITI-78"};
  for (const char* scope : {"system/Patient.rs", "system/*.r", "ITI-78", "system/Patient.cruds"}) {
    EXPECT_TRUE(ScopesCover({scope}, read)) << scope;
  }
  for (const char* scope : {"system/Patient.s", "user/Patient.r", "patient/*.r", "ITI-83",
                            "system/Patient.read", "system/List.r", "system/Patient.r?x=y", ""}) {
    EXPECT_FALSE(ScopesCover({scope}, read)) << scope;
  }
  EXPECT_FALSE(ScopesCover({""}, {"Patient", 'r', ""})) << "no IUA word is no wildcard";
  EXPECT_FALSE(ScopesCover({}, read));
}

}  // namespace
}  // namespace hie::auth::testing
