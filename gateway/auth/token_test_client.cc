#include "gateway/auth/token_test_client.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"
#include "services/common/member/directory_seed.h"

namespace hie::auth::testing {
namespace {

std::string Escape(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_') {
      escaped.push_back(c);
    } else {
      absl::StrAppend(&escaped, "%", absl::BytesToHexString(absl::string_view(&c, 1)));
    }
  }
  return escaped;
}

// Both keys in one set.
std::string KeySetText() {
  const std::string ec = crypto::WriteJwkSet("ec", EcKey().public_key());
  const std::string rsa = crypto::WriteJwkSet("rsa", RsaKey().public_key());
  return absl::StrCat(ec.substr(0, ec.size() - 2), ",", rsa.substr(9));
}

ApiClient ClientOf(const std::string& id) {
  ApiClient client;
  client.id = id;
  client.jwks = KeySetText();
  client.scopes = {"system/Patient.rs", "system/DocumentReference.rs", "ITI-78"};
  client.purposes = {Purpose::kTreat, Purpose::kEtreat, Purpose::kBtg};
  return client;
}

std::vector<Member> StageMembers() {
  Member general = DemoMember("general", 1);
  general.clients = {ClientOf("general-emr"), ClientOf("general-feed")};
  general.clients[1].scopes = {"system/Patient.cud"};
  general.clients[1].purposes.clear();
  Member lakes = DemoMember("lakes", 2);
  lakes.roles = {"registrar"};
  lakes.clients = {ClientOf("lakes-emr")};
  return {general, lakes};
}

json::Value Text(absl::string_view text) { return json::Value::String(text); }

}  // namespace

const crypto::AssertionPrivateKey& EcKey() {
  static const auto& key = *new crypto::AssertionPrivateKey(
      *crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384));
  return key;
}

const crypto::AssertionPrivateKey& RsaKey() {
  static const auto& key = *new crypto::AssertionPrivateKey(
      *crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kRs384));
  return key;
}

Attempt::Attempt(absl::Time now) {
  header.Set("alg", Text("ES384"));
  header.Set("typ", Text("JWT"));
  header.Set("kid", Text("ec"));
  payload.Set("iss", Text("general-emr"));
  payload.Set("sub", Text("general-emr"));
  payload.Set("aud", Text(kTokenUrl));
  payload.Set("jti", Text("j1"));
  payload.Set("iat", json::Value::Integer(absl::ToUnixSeconds(now)));
  payload.Set("exp", json::Value::Integer(absl::ToUnixSeconds(now) + 240));
  form = {{"grant_type", kClientCredentials},
          {"scope", "system/Patient.rs"},
          {"client_assertion_type", kJwtBearer}};
  headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
}

std::string Attempt::Body() const {
  if (!body.empty()) return body;
  const std::string signed_text =
      !assertion.empty()
          ? assertion
          : *SignAssertionText(header_text.empty() ? json::Write(header) : header_text,
                               payload_text.empty() ? json::Write(payload) : payload_text, *key);
  std::string text = absl::StrCat("client_assertion=", Escape(signed_text));
  for (const auto& [name, value] : form) absl::StrAppend(&text, "&", name, "=", Escape(value));
  return text;
}

http::Request Attempt::Request() const {
  http::Request request;
  request.method = method;
  request.path = path;
  request.query = query;
  request.headers = headers;
  request.body = Body();
  request.peer.public_key_sha256 = certificate;
  request.request_id = "r-1";
  return request;
}

TokenStage::TokenStage(SmartTokenService::Options given)
    : members(StageMembers()), options(std::move(given)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "hie-token-XXXXXX").string();
  folder = mkdtemp(pattern.data());
  options.directory = &directory;
  options.clock = &clock;
  options.random = &random;
  options.issuer = kIssuer;
  options.audience = kBase;
  options.signing_key_file = folder + "/token.key";
  options.used_assertions_file = folder + "/used";
  Publish();
  Restart();
}

TokenStage::~TokenStage() {
  service.reset();
  std::filesystem::remove_all(folder);
}

void TokenStage::Publish() {
  directory.reading = {*members::MemberDirectory::Build(1, members), clock.Now()};
}

void TokenStage::Restart() {
  service.reset();
  auto opened = SmartTokenService::Open(options);
  if (!opened.ok()) std::abort();
  service = *std::move(opened);
}

Attempt TokenStage::Try() {
  Attempt attempt(clock.Now());
  attempt.payload.Set("jti", Text(absl::StrCat("jti-", ++next_id_)));
  return attempt;
}

std::string TokenStage::Token(const Attempt& attempt) {
  const http::Response response = Send(attempt);
  const auto body = json::Read(response.body);
  return body.ok() ? std::string(body->Text("access_token")) : "";
}

json::Value Iua(absl::string_view purpose, absl::string_view person, absl::string_view role) {
  json::Value iua = json::Value::Object();
  iua.Set("subject_organization", Text("General"));
  if (!person.empty()) {
    iua.Set("subject_name", Text("Dr. A. Able"));
    iua.Set("person_id", Text(person));
  }
  const auto coding = [](absl::string_view system, absl::string_view code) {
    json::Value value = json::Value::Object();
    value.Set("system", Text(system));
    value.Set("code", Text(code));
    return json::Value::Array({value});
  };
  if (!purpose.empty()) iua.Set("purpose_of_use", coding(kActReasonSystem, purpose));
  if (!role.empty()) iua.Set("subject_role", coding(kUserRoleSystem, role));
  json::Value extensions = json::Value::Object();
  extensions.Set("ihe_iua", iua);
  return extensions;
}

json::Value BreakGlass() {
  json::Value declaration = json::Value::Object();
  declaration.Set("reason", Text("unconscious"));
  declaration.Set("encounter", Text("ED-17"));
  declaration.Set("family", Text("Doe"));
  declaration.Set("birth_date", Text("1980-03-05"));
  declaration.Set("attests_emergency", json::Value::Boolean(true));
  declaration.Set("attests_consent_impracticable", json::Value::Boolean(true));
  declaration.Set("attests_information_needed", json::Value::Boolean(true));
  json::Value extensions = Iua("BTG", "able", "ed_physician");
  extensions.Set("hie_break_glass", declaration);
  return extensions;
}

}  // namespace hie::auth::testing
