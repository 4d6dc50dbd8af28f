#include "services/directory/validate_access.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/member/directory_seed.h"
#include "services/directory/member_syntax.h"
#include "services/directory/validate_member.h"

namespace hie::directory {
namespace {

ApiClient Client(const std::string& id) {
  static const std::string& jwks = *new std::string(crypto::WriteJwkSet(
      "k1",
      crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384)->public_key()));
  ApiClient client;
  client.id = id;
  client.jwks = jwks;
  client.scopes = {"system/Patient.rs", "ITI-65"};
  client.purposes = {Purpose::kTreat};
  return client;
}

Hl7Source Source(const std::string& application, const std::string& facility) {
  Hl7Source source;
  source.sending_application = application;
  source.sending_facility = facility;
  return source;
}

Member General() {
  Member member = DemoMember("general", 1);
  member.clients = {Client("general-emr")};
  member.hl7_sources = {Source("ADT", "GEN")};
  member.hl7_sources[0].default_domain = "2.999.1.1";
  member.hl7_sources[0].charset = "ISO-8859-1";
  member.hl7_sources[0].time_zone = "America/New_York";
  member.hl7_sources[0].processing_id = "T";
  member.hl7_sources[0].peers = {std::string(64, 'a'), "10.1.0.0/16", "fd00::/8", "10.2.3.4/32"};
  MemberEndpoint server;
  server.kind = EndpointKind::kFhirR4;
  server.address = "https://fhir.example/r4";
  server.sign_in = {"https://fhir.example/token", "hie", "system/*.rs", "k1"};
  server.quirks.page_size = 50;
  server.quirks.unsupported_types = {"List"};
  member.endpoints = {{EndpointKind::kAgent, ""}, server};
  return member;
}

TEST(ValidateAccessTest, AdmitsCompleteMembers) {
  Member member = General();
  member.clients.push_back(Client("general.emr-2"));
  member.clients[1].jwks.clear();
  member.clients[1].jwks_url = "https://emr.example/jwks.json";
  member.clients[1].certificate_sha256 = std::string(64, 'c');
  member.hl7_sources.push_back(Source("", "GEN"));
  member.endpoints[1].allow_private_address = true;
  member.endpoints[1].address = "http://127.0.0.1:8080/fhir";
  member.endpoints[1].sign_in.token_url = "http://localhost:8080/token";
  EXPECT_TRUE(ValidateMember(member).ok()) << ValidateMember(member);
}

struct Spoiled {
  const char* field;
  std::function<void(Member&)> spoil;
};
void PrintTo(const Spoiled& c, std::ostream* out) { *out << c.field; }

class InvalidAccessTest : public testing::TestWithParam<Spoiled> {};

TEST_P(InvalidAccessTest, IsRefusedByField) {
  Member member = General();
  GetParam().spoil(member);
  const absl::Status status = ValidateMember(member);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat("member.", GetParam().field, ": ")))
      << status;
}

const Spoiled kClientsSpoiled[] = {
    {"clients", [](Member& m) { m.clients.resize(65); }},
    {"clients[0].id", [](Member& m) { m.clients[0].id = ""; }},
    {"clients[0].id", [](Member& m) { m.clients[0].id = "EMR"; }},
    {"clients[0].id", [](Member& m) { m.clients[0].id = "-emr"; }},
    {"clients[0].id", [](Member& m) { m.clients[0].id = std::string(65, 'a'); }},
    {"clients[1].id", [](Member& m) { m.clients.push_back(m.clients[0]); }},
    {"clients[0].name", [](Member& m) { m.clients[0].name = "\n"; }},
    {"clients[0].jwks", [](Member& m) { m.clients[0].jwks = ""; }},
    {"clients[0].jwks", [](Member& m) { m.clients[0].jwks_url = "https://a/jwks"; }},
    {"clients[0].jwks", [](Member& m) { m.clients[0].jwks = "{\"keys\":[]}"; }},
    {"clients[0].jwks_url",
     [](Member& m) {
       m.clients[0].jwks = "";
       m.clients[0].jwks_url = "http://a/jwks";
     }},
    {"clients[0].scopes", [](Member& m) { m.clients[0].scopes.clear(); }},
    {"clients[0].scopes[1]", [](Member& m) { m.clients[0].scopes[1] = "system/Patient.read"; }},
    {"clients[0].scopes[1]", [](Member& m) { m.clients[0].scopes[1] = "user/Patient.rs"; }},
    {"clients[0].scopes[2]", [](Member& m) { m.clients[0].scopes.push_back("ITI-65"); }},
    {"clients[0].purposes[0]", [](Member& m) { m.clients[0].purposes = {Purpose::kUnspecified}; }},
    {"clients[0].purposes[1]",
     [](Member& m) {
       m.clients[0].purposes = {Purpose::kTreat, Purpose::kTreat};
     }},
    {"clients[0].certificate_sha256",
     [](Member& m) { m.clients[0].certificate_sha256 = std::string(64, 'A'); }},
};
INSTANTIATE_TEST_SUITE_P(Clients, InvalidAccessTest, testing::ValuesIn(kClientsSpoiled));

const Spoiled kSourcesSpoiled[] = {
    {"hl7_sources", [](Member& m) { m.hl7_sources.resize(65); }},
    {"hl7_sources[0].sending_facility", [](Member& m) { m.hl7_sources[0].sending_facility = ""; }},
    {"hl7_sources[0].sending_facility",
     [](Member& m) { m.hl7_sources[0].sending_facility = "A^B"; }},
    {"hl7_sources[0].sending_application",
     [](Member& m) { m.hl7_sources[0].sending_application = "A|B"; }},
    {"hl7_sources[1]", [](Member& m) { m.hl7_sources.push_back(m.hl7_sources[0]); }},
    {"hl7_sources[0].default_domain",
     [](Member& m) { m.hl7_sources[0].default_domain = "2.999.2.1"; }},
    {"hl7_sources[0].charset", [](Member& m) { m.hl7_sources[0].charset = "EBCDIC"; }},
    {"hl7_sources[0].time_zone", [](Member& m) { m.hl7_sources[0].time_zone = "../etc"; }},
    {"hl7_sources[0].processing_id", [](Member& m) { m.hl7_sources[0].processing_id = "X"; }},
    {"hl7_sources[0].peers", [](Member& m) { m.hl7_sources[0].peers.resize(33); }},
    {"hl7_sources[0].peers[0]", [](Member& m) { m.hl7_sources[0].peers = {"10.0.0.1"}; }},
    {"hl7_sources[0].peers[0]", [](Member& m) { m.hl7_sources[0].peers = {"10.0.0.1/8"}; }},
    {"hl7_sources[0].peers[0]", [](Member& m) { m.hl7_sources[0].peers = {"10.0.0.0/33"}; }},
};
INSTANTIATE_TEST_SUITE_P(Sources, InvalidAccessTest, testing::ValuesIn(kSourcesSpoiled));

const Spoiled kEndpointsSpoiled[] = {
    {"endpoints[1].address", [](Member& m) { m.endpoints[1].address = "http://127.0.0.1/"; }},
    {"endpoints[1].address",
     [](Member& m) {
       m.endpoints[1].allow_private_address = true;
       m.endpoints[1].address = "http://10.0.0.1/";
     }},
    {"endpoints[0].allow_private_address",
     [](Member& m) { m.endpoints[0].allow_private_address = true; }},
    {"endpoints[1].sign_in.token_url", [](Member& m) { m.endpoints[1].sign_in.token_url = ""; }},
    {"endpoints[1].sign_in.token_url",
     [](Member& m) { m.endpoints[1].sign_in.token_url = "http://a/t"; }},
    {"endpoints[1].sign_in.client_id", [](Member& m) { m.endpoints[1].sign_in.client_id = ""; }},
    {"endpoints[1].sign_in.scope", [](Member& m) { m.endpoints[1].sign_in.scope = ""; }},
    {"endpoints[1].sign_in.key_id", [](Member& m) { m.endpoints[1].sign_in.key_id = "a b"; }},
    {"endpoints[1].quirks.page_size", [](Member& m) { m.endpoints[1].quirks.page_size = 1001; }},
    {"endpoints[1].quirks.concurrency", [](Member& m) { m.endpoints[1].quirks.concurrency = 65; }},
    {"endpoints[1].quirks.clock_skew_seconds",
     [](Member& m) { m.endpoints[1].quirks.clock_skew_seconds = 3601; }},
    {"endpoints[1].quirks.unsupported_types",
     [](Member& m) { m.endpoints[1].quirks.unsupported_types = {"a/b"}; }},
    {"endpoints[1].quirks.refused_parameters",
     [](Member& m) { m.endpoints[1].quirks.refused_parameters = {"a&b"}; }},
    {"endpoints[1].quirks.patient_parameter",
     [](Member& m) { m.endpoints[1].quirks.patient_parameter = "a=b"; }},
};
INSTANTIATE_TEST_SUITE_P(Endpoints, InvalidAccessTest, testing::ValuesIn(kEndpointsSpoiled));

TEST(ValidateAccessTest, AClientStaysAndARevokedOneStaysRevoked) {
  Member before = General();
  Member after = before;
  after.clients.clear();
  EXPECT_EQ(ValidateChange(before, after).code(), absl::StatusCode::kFailedPrecondition);
  before.clients[0].revoked = true;
  EXPECT_EQ(ValidateChange(before, General()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(ValidateChange(General(), before).ok());
}

TEST(ValidateAccessTest, ClientsAndSourcesAreUniqueInTheExchange) {
  const std::vector<Member> others = {General()};
  Member lakes = DemoMember("lakes", 2);
  lakes.clients = {Client("lakes-emr")};
  lakes.hl7_sources = {Source("ADT", "LAK"), Source("LAB", "GEN")};
  EXPECT_TRUE(ValidateAmong(lakes, others).ok()) << ValidateAmong(lakes, others);
  Member same_client = lakes;
  same_client.clients[0].id = "general-emr";
  EXPECT_TRUE(absl::IsAlreadyExists(ValidateAmong(same_client, others)));
  for (const Hl7Source& taken : {Source("ADT", "GEN"), Source("", "GEN")}) {
    Member same_source = lakes;
    same_source.hl7_sources = {taken};
    EXPECT_TRUE(absl::IsAlreadyExists(ValidateAmong(same_source, others)));
  }
}

TEST(MemberSyntaxTest, KnowsIpPrefixesAndLoopback) {
  for (const char* prefix : {"10.0.0.0/8", "0.0.0.0/0", "192.168.4.0/22", "::1/128", "::/0"}) {
    EXPECT_TRUE(IsIpPrefix(prefix)) << prefix;
  }
  for (const char* prefix : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8",
                             "10.0.0.0/ 8", "fd00::1/8", "::1/129", "a/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(IsIpPrefix(prefix)) << prefix;
  }
  for (const char* address :
       {"http://127.0.0.1", "http://127.0.0.1:80/x", "http://[::1]:8/x", "http://localhost/fhir"}) {
    EXPECT_TRUE(IsLoopbackAddress(address)) << address;
  }
  for (const char* address : {"http://127.0.0.1.evil.example/", "http://localhost.evil/",
                              "http://127.0.0.1:x/", "http://127.0.0.1@evil/", "https://localhost/",
                              "http://127.0.0.2/", "http://localhost:123456/"}) {
    EXPECT_FALSE(IsLoopbackAddress(address)) << address;
  }
}

}  // namespace
}  // namespace hie::directory
