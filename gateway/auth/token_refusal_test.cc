// Everything that must not get a token (RFC 8725, RFC 7523, RFC 6749, SMART App Launch 2.x, and our
// own rules), as one table.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gateway/auth/token_test_client.h"
#include "services/common/crypto/base64url.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::auth::testing {
namespace {

struct Vector {
  const char* name;
  const char* error;
  std::function<void(Attempt&)> spoil;
  int status = 400;
};
void PrintTo(const Vector& v, std::ostream* out) { *out << v.name; }

json::Value Text(absl::string_view text) { return json::Value::String(text); }
int64_t Now(const Attempt& a) { return *a.payload.Find("iat")->integer(); }

// Signs as an HMAC, as confused verifiers take it, with `secret`.
void SignWithHmac(Attempt& a, absl::string_view algorithm, absl::string_view secret) {
  a.header.Set("alg", Text(algorithm));
  const std::string input = absl::StrCat(crypto::Base64UrlEncode(json::Write(a.header)), ".",
                                         crypto::Base64UrlEncode(json::Write(a.payload)));
  a.assertion =
      absl::StrCat(input, ".", crypto::Base64UrlEncode(crypto::HmacSha256(secret, input)));
}

// Changes one part of the compact form.
void ChangePart(Attempt& a, size_t part, const std::function<void(std::string&)>& change) {
  std::vector<std::string> parts = absl::StrSplit(
      *SignAssertionText(json::Write(a.header), json::Write(a.payload), *a.key), '.');
  change(parts[part]);
  a.assertion = absl::StrCat(parts[0], ".", parts[1], ".", parts[2]);
}

void Replace(Attempt& a, absl::string_view name, absl::string_view value) {
  for (auto& [key, old] : a.form) {
    if (key == name) old = std::string(value);
  }
}
void Drop(Attempt& a, absl::string_view name) {
  a.form.erase(std::remove_if(a.form.begin(), a.form.end(),
                              [name](const auto& field) { return field.first == name; }),
               a.form.end());
}
void DropClaim(json::Value& object, absl::string_view name) {
  json::Value kept = json::Value::Object();
  for (const json::Member& member : object.members()) {
    if (member.name != name) kept.Set(member.name, member.value);
  }
  object = kept;
}
void SetIua(Attempt& a, absl::string_view name, json::Value value) {
  json::Value extensions = Iua("TREAT", "able", "physician");
  json::Value iua = *extensions.Find("ihe_iua");
  iua.Set(name, std::move(value));
  extensions.Set("ihe_iua", iua);
  a.payload.Set("extensions", extensions);
}
void SetGlass(Attempt& a, absl::string_view name, json::Value value) {
  json::Value extensions = BreakGlass();
  json::Value glass = *extensions.Find("hie_break_glass");
  glass.Set(name, std::move(value));
  extensions.Set("hie_break_glass", glass);
  a.payload.Set("extensions", extensions);
}
json::Value Coding(absl::string_view system, absl::string_view code) {
  json::Value coding = json::Value::Object();
  coding.Set("system", Text(system));
  coding.Set("code", Text(code));
  return coding;
}

class TokenRefusalTest : public ::testing::TestWithParam<Vector> {
 protected:
  TokenStage stage_;
};

TEST_P(TokenRefusalTest, IsRefusedAndNothingIsIssued) {
  Attempt attempt = stage_.Try();
  GetParam().spoil(attempt);
  const http::Response response = stage_.Send(attempt);
  EXPECT_EQ(response.status, GetParam().status) << response.body;
  const auto body = json::Read(response.body);
  ASSERT_TRUE(body.ok()) << response.body;
  EXPECT_EQ(body->Text("error"), GetParam().error) << response.body;
  EXPECT_EQ(body->Find("access_token"), nullptr);
  EXPECT_EQ(response.headers.Get("Cache-Control"), "no-store");
  EXPECT_FALSE(absl::StrContains(response.body, "general-emr")) << "repeats the request";
  EXPECT_FALSE(absl::StrContains(response.body, "Doe")) << "repeats the request";
}

constexpr char kRequest[] = "invalid_request";
constexpr char kClient[] = "invalid_client";
constexpr char kScope[] = "invalid_scope";

const Vector kHeaderVectors[] = {
    {"alg none without signature", kClient,
     [](Attempt& a) {
       a.header.Set("alg", Text("none"));
       ChangePart(a, 2, [](std::string& part) { part.clear(); });
     }},
    {"alg None in other letters", kClient, [](Attempt& a) { a.header.Set("alg", Text("nOnE")); }},
    {"alg absent", kClient, [](Attempt& a) { DropClaim(a.header, "alg"); }},
    {"alg as a number", kClient,
     [](Attempt& a) { a.header.Set("alg", json::Value::Integer(384)); }},
    {"alg in small letters", kClient, [](Attempt& a) { a.header.Set("alg", Text("es384")); }},
    {"HS256 with the public key as the secret", kClient,
     [](Attempt& a) { SignWithHmac(a, "HS256", crypto::WriteJwkSet("ec", EcKey().public_key())); }},
    {"HS384 with an empty secret", kClient, [](Attempt& a) { SignWithHmac(a, "HS384", ""); }},
    {"HMAC under the name of the key's algorithm", kClient,
     [](Attempt& a) { SignWithHmac(a, "ES384", "secret"); }},
    {"RS256", kClient, [](Attempt& a) { a.header.Set("alg", Text("RS256")); }},
    {"PS384", kClient,
     [](Attempt& a) {
       a.header.Set("alg", Text("PS384"));
       a.header.Set("kid", Text("rsa"));
       a.key = &RsaKey();
     }},
    {"ES256", kClient, [](Attempt& a) { a.header.Set("alg", Text("ES256")); }},
    {"ES512", kClient, [](Attempt& a) { a.header.Set("alg", Text("ES512")); }},
    {"RS384 on an EC key", kClient,
     [](Attempt& a) {
       a.header.Set("alg", Text("RS384"));
       a.key = &RsaKey();
     }},
    {"ES384 on an RSA key", kClient, [](Attempt& a) { a.header.Set("kid", Text("rsa")); }},
    {"kid absent", kClient, [](Attempt& a) { DropClaim(a.header, "kid"); }},
    {"kid unknown", kClient, [](Attempt& a) { a.header.Set("kid", Text("other")); }},
    {"kid as a path", kClient, [](Attempt& a) { a.header.Set("kid", Text("../../dev/null")); }},
    {"kid as SQL", kClient, [](Attempt& a) { a.header.Set("kid", Text("x' OR '1'='1")); }},
    {"kid too long", kClient, [](Attempt& a) { a.header.Set("kid", Text(std::string(129, 'k'))); }},
    {"kid as a list", kClient,
     [](Attempt& a) { a.header.Set("kid", json::Value::Array({Text("ec")})); }},
    {"typ absent", kClient, [](Attempt& a) { DropClaim(a.header, "typ"); }},
    {"typ of an access token", kClient, [](Attempt& a) { a.header.Set("typ", Text("at+jwt")); }},
    {"typ of a user token", kClient, [](Attempt& a) { a.header.Set("typ", Text("hie-user+jwt")); }},
    {"crit", kClient, [](Attempt& a) { a.header.Set("crit", json::Value::Array({Text("exp")})); }},
    {"b64 false", kClient, [](Attempt& a) { a.header.Set("b64", json::Value::Boolean(false)); }},
    {"jwk in the header", kClient,
     [](Attempt& a) { a.header.Set("jwk", *json::Read(R"({"kty":"EC"})")); }},
    {"x5u in the header", kClient,
     [](Attempt& a) { a.header.Set("x5u", Text("https://evil.example/c")); }},
    {"x5c in the header", kClient,
     [](Attempt& a) { a.header.Set("x5c", json::Value::Array({Text("AA")})); }},
    {"zip in the header", kClient, [](Attempt& a) { a.header.Set("zip", Text("DEF")); }},
    {"a nested token", kClient, [](Attempt& a) { a.header.Set("cty", Text("JWT")); }},
    {"jku of a stranger", kClient,
     [](Attempt& a) { a.header.Set("jku", Text("https://evil.example/jwks")); }},
    {"an empty jku", kClient, [](Attempt& a) { a.header.Set("jku", Text("")); }},
    {"jku as an object", kClient, [](Attempt& a) { a.header.Set("jku", json::Value::Object()); }},
    {"a name twice in the header", kClient,
     [](Attempt& a) { a.header_text = R"({"alg":"none","alg":"ES384","typ":"JWT","kid":"ec"})"; }},
    {"header is an array", kClient, [](Attempt& a) { a.header_text = "[]"; }},
    {"header is too large", kClient,
     [](Attempt& a) { a.header.Set("x", Text(std::string(3000, 'x'))); }},
};
INSTANTIATE_TEST_SUITE_P(Header, TokenRefusalTest, ::testing::ValuesIn(kHeaderVectors));

TEST(TokenRefusalLikenessTest, OnlyWhoSignsLearnsWhatIsRegistered) {
  TokenStage stage;
  const auto answer = [&stage](const std::function<void(Attempt&)>& spoil) {
    Attempt attempt = stage.Try();
    spoil(attempt);
    return stage.Send(attempt).body;
  };
  const std::string stranger = answer([](Attempt& a) {
    a.payload.Set("iss", Text("nobody"));
    a.payload.Set("sub", Text("nobody"));
  });
  EXPECT_EQ(answer([](Attempt& a) { a.header.Set("kid", Text("other")); }), stranger);
  EXPECT_EQ(answer([](Attempt& a) { a.header.Set("kid", Text("rsa")); }), stranger) << "alg";
  EXPECT_EQ(answer([](Attempt& a) { a.header.Set("jku", Text("https://evil.example/jwks")); }),
            stranger);
}

const Vector kFormVectorsOfAssertion[] = {
    {"two parts", kClient, [](Attempt& a) { a.assertion = "e30.e30"; }},
    {"four parts", kClient, [](Attempt& a) { a.assertion = "e30.e30.AA.AA"; }},
    {"encrypted, five parts", kClient, [](Attempt& a) { a.assertion = "e30.AA.AA.AA.AA"; }},
    {"not base64url", kClient, [](Attempt& a) { a.assertion = "e30=.e30=.AA=="; }},
    {"empty signature", kClient,
     [](Attempt& a) { ChangePart(a, 2, [](std::string& part) { part.clear(); }); }},
    {"signature of zeros", kClient,
     [](Attempt& a) {
       ChangePart(a, 2, [](std::string& part) {
         part = crypto::Base64UrlEncode(std::string(96, '\0'));  // CVE-2022-21449.
       });
     }},
    {"signature as DER", kClient,
     [](Attempt& a) {
       ChangePart(a, 2, [](std::string& part) { part = crypto::Base64UrlEncode("\x30\x06"); });
     }},
    {"signature of a stranger", kClient,
     [](Attempt& a) {
       static const auto& stranger = *new crypto::AssertionPrivateKey(
           *crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384));
       a.key = &stranger;
     }},
    {"payload changed", kClient,
     [](Attempt& a) {
       ChangePart(a, 1, [&a](std::string& part) {
         a.payload.Set("jti", Text("other"));
         part = crypto::Base64UrlEncode(json::Write(a.payload));
       });
     }},
    {"header changed", kClient,
     [](Attempt& a) {
       ChangePart(a, 0, [&a](std::string& part) {
         a.header.Set("x", Text("y"));
         part = crypto::Base64UrlEncode(json::Write(a.header));
       });
     }},
    {"larger than 16 KiB", kClient,
     [](Attempt& a) { a.payload.Set("x", Text(std::string(12800, 'x'))); }},
    {"payload is no JSON", kClient, [](Attempt& a) { a.payload_text = "{"; }},
    {"payload is an array", kClient, [](Attempt& a) { a.payload_text = "[]"; }},
    {"payload with a byte order mark", kClient,
     [](Attempt& a) { a.payload_text = "\xef\xbb\xbf" + json::Write(a.payload); }},
    {"a claim twice", kClient,
     [](Attempt& a) {
       a.payload_text =
           absl::StrReplaceAll(json::Write(a.payload), {{"{\"iss\"", "{\"iss\":\"x\",\"iss\""}});
     }},
};
INSTANTIATE_TEST_SUITE_P(Shape, TokenRefusalTest, ::testing::ValuesIn(kFormVectorsOfAssertion));

const Vector kClaimVectors[] = {
    {"iss absent", kClient, [](Attempt& a) { DropClaim(a.payload, "iss"); }},
    {"sub absent", kClient, [](Attempt& a) { DropClaim(a.payload, "sub"); }},
    {"sub of another client", kClient, [](Attempt& a) { a.payload.Set("sub", Text("lakes-emr")); }},
    {"a client that is not registered", kClient,
     [](Attempt& a) {
       a.payload.Set("iss", Text("nobody"));
       a.payload.Set("sub", Text("nobody"));
     }},
    {"iss as a list", kClient,
     [](Attempt& a) { a.payload.Set("iss", json::Value::Array({Text("general-emr")})); }},
    {"aud absent", kClient, [](Attempt& a) { DropClaim(a.payload, "aud"); }},
    {"aud of another server", kClient,
     [](Attempt& a) { a.payload.Set("aud", Text("https://other.example/oauth2/token")); }},
    {"aud is the issuer", kClient, [](Attempt& a) { a.payload.Set("aud", Text(kIssuer)); }},
    {"aud is the FHIR base", kClient, [](Attempt& a) { a.payload.Set("aud", Text(kBase)); }},
    {"aud with a slash more", kClient,
     [](Attempt& a) { a.payload.Set("aud", Text(absl::StrCat(kTokenUrl, "/"))); }},
    {"aud for two servers", kClient,
     [](Attempt& a) {
       a.payload.Set("aud", json::Value::Array({Text(kTokenUrl), Text("https://evil.example")}));
     }},
    {"exp absent", kClient, [](Attempt& a) { DropClaim(a.payload, "exp"); }},
    {"exp passed", kClient,
     [](Attempt& a) {
       a.payload.Set("iat", json::Value::Integer(Now(a) - 120));
       a.payload.Set("exp", json::Value::Integer(Now(a) + 60));
     }},
    {"exp six minutes ahead", kClient,
     [](Attempt& a) { a.payload.Set("exp", json::Value::Integer(Now(a) + 360)); }},
    {"exp as text", kClient, [](Attempt& a) { a.payload.Set("exp", Text("1900000000")); }},
    {"exp with a fraction", kClient,
     [](Attempt& a) { a.payload.Set("exp", json::Value::Number("1800000100.5")); }},
    {"exp that overflows", kClient,
     [](Attempt& a) { a.payload.Set("exp", json::Value::Number("9223372036854775808")); }},
    {"exp below zero", kClient, [](Attempt& a) { a.payload.Set("exp", json::Value::Integer(-1)); }},
    {"nbf ahead", kClient,
     [](Attempt& a) { a.payload.Set("nbf", json::Value::Integer(Now(a) + 60)); }},
    {"nbf after exp", kClient,
     [](Attempt& a) {
       a.payload.Set("exp", json::Value::Integer(Now(a) + 10));
       a.payload.Set("nbf", json::Value::Integer(Now(a) + 20));
     }},
    {"iat ahead", kClient,
     [](Attempt& a) { a.payload.Set("iat", json::Value::Integer(Now(a) + 60)); }},
    {"iat after exp", kClient,
     [](Attempt& a) {
       a.payload.Set("exp", json::Value::Integer(Now(a) + 5));
       a.payload.Set("iat", json::Value::Integer(Now(a) + 5));
     }},
    {"iat long ago", kClient,
     [](Attempt& a) { a.payload.Set("iat", json::Value::Integer(Now(a) - 3600)); }},
    {"auth_time ahead", kClient,
     [](Attempt& a) { a.payload.Set("auth_time", json::Value::Integer(Now(a) + 60)); }},
    {"jti absent", kClient, [](Attempt& a) { DropClaim(a.payload, "jti"); }},
    {"jti empty", kClient, [](Attempt& a) { a.payload.Set("jti", Text("")); }},
    {"jti too long", kClient,
     [](Attempt& a) { a.payload.Set("jti", Text(std::string(129, 'j'))); }},
    {"jti as a number", kClient, [](Attempt& a) { a.payload.Set("jti", json::Value::Integer(7)); }},
    {"jti with a line break", kClient, [](Attempt& a) { a.payload.Set("jti", Text("a\nb")); }},
};
INSTANTIATE_TEST_SUITE_P(Claims, TokenRefusalTest, ::testing::ValuesIn(kClaimVectors));

const Vector kRequestVectors[] = {
    {"grant_type absent", kRequest, [](Attempt& a) { Drop(a, "grant_type"); }},
    {"grant_type password", "unsupported_grant_type",
     [](Attempt& a) { Replace(a, "grant_type", "password"); }},
    {"grant_type authorization_code", "unsupported_grant_type",
     [](Attempt& a) { Replace(a, "grant_type", "authorization_code"); }},
    {"grant_type twice", kRequest,
     [](Attempt& a) {
       a.form.push_back({"grant_type", kClientCredentials});
     }},
    {"scope twice", kRequest,
     [](Attempt& a) {
       a.form.push_back({"scope", "system/Patient.rs"});
     }},
    {"an unknown parameter twice", kRequest,
     [](Attempt& a) {
       a.form.push_back({"x", "1"});
       a.form.push_back({"x", "2"});
     }},
    {"assertion type absent", kRequest, [](Attempt& a) { Drop(a, "client_assertion_type"); }},
    {"assertion type SAML", kRequest,
     [](Attempt& a) {
       Replace(a, "client_assertion_type",
               "urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
     }},
    {"assertion absent", kClient,
     [](Attempt& a) {
       a.body = absl::StrCat("grant_type=client_credentials&client_assertion_type=", kJwtBearer);
     }},
    {"client secret", kRequest,
     [](Attempt& a) {
       a.form.push_back({"client_secret", "s"});
     }},
    {"client_id of another", kClient,
     [](Attempt& a) {
       a.form.push_back({"client_id", "lakes-emr"});
     }},
    {"another resource", kRequest,
     [](Attempt& a) {
       a.form.push_back({"resource", "https://other.example/fhir"});
     }},
    {"a broken escape", kRequest, [](Attempt& a) { a.body = "grant_type=%zz"; }},
    {"a NUL", kRequest, [](Attempt& a) { a.body = "grant_type=client_credentials%00"; }},
    {"no form at all", kRequest, [](Attempt& a) { a.body = "{}"; }},
    {"a body of 25 KiB", kRequest, [](Attempt& a) { a.body = std::string(25 << 10, 'a'); }},
    {"parameters in the URL", kRequest, [](Attempt& a) { a.query = "scope=system/*.rs"; }},
    {"JSON", kRequest, [](Attempt& a) { a.headers.Set("Content-Type", "application/json"); }, 415},
    {"no content type", kRequest, [](Attempt& a) { a.headers = {}; }, 415},
    {"GET", kRequest, [](Attempt& a) { a.method = http::Method::kGet; }, 405},
    {"HTTP Basic", kClient, [](Attempt& a) { a.headers.Add("Authorization", "Basic YTpi"); }, 401},
};
INSTANTIATE_TEST_SUITE_P(Request, TokenRefusalTest, ::testing::ValuesIn(kRequestVectors));

const Vector kRightsVectors[] = {
    {"scope absent", kScope, [](Attempt& a) { Drop(a, "scope"); }},
    {"scope not registered", kScope, [](Attempt& a) { Replace(a, "scope", "system/Consent.r"); }},
    {"action not registered", kScope, [](Attempt& a) { Replace(a, "scope", "system/Patient.d"); }},
    {"v1 words", kScope, [](Attempt& a) { Replace(a, "scope", "system/Patient.read system/*.*"); }},
    {"user scopes", kScope, [](Attempt& a) { Replace(a, "scope", "user/Patient.rs"); }},
    {"a transaction not registered", kScope, [](Attempt& a) { Replace(a, "scope", "ITI-65"); }},
    {"a scope with a query", kScope,
     [](Attempt& a) { Replace(a, "scope", "system/Patient.rs?_id=1"); }},
    {"65 scopes", kRequest,
     [](Attempt& a) {
       std::string scopes;
       for (int i = 0; i < 65; ++i) absl::StrAppend(&scopes, "ITI-78 ");
       Replace(a, "scope", scopes);
     }},
    {"a purpose that is not registered", kScope,
     [](Attempt& a) { a.payload.Set("extensions", Iua("HPAYMT")); }},
    {"an unknown purpose", kRequest,
     [](Attempt& a) { a.payload.Set("extensions", Iua("CURIOSITY")); }},
    {"two purposes", kRequest,
     [](Attempt& a) {
       SetIua(a, "purpose_of_use",
              json::Value::Array(
                  {Coding(kActReasonSystem, "TREAT"), Coding(kActReasonSystem, "ETREAT")}));
     }},
    {"a purpose of another system", kRequest,
     [](Attempt& a) {
       SetIua(a, "purpose_of_use", json::Value::Array({Coding("urn:x", "TREAT")}));
     }},
    {"a purpose without a system", kRequest,
     [](Attempt& a) { SetIua(a, "purpose_of_use", Text("TREAT")); }},
    {"a role that the member may not assert", kScope,
     [](Attempt& a) { a.payload.Set("extensions", Iua("TREAT", "able", "hie_admin")); }},
    {"another home community", kScope,
     [](Attempt& a) { SetIua(a, "home_community_id", Text("urn:oid:2.999.2")); }},
    {"a person of 129 bytes", kRequest,
     [](Attempt& a) { SetIua(a, "person_id", Text(std::string(129, 'p'))); }},
    {"a person as a number", kRequest,
     [](Attempt& a) { SetIua(a, "person_id", json::Value::Integer(7)); }},
    {"a name with a line break", kRequest,
     [](Attempt& a) { SetIua(a, "subject_name", Text("a\nb")); }},
    {"both IUA and UDAP", kRequest,
     [](Attempt& a) {
       json::Value extensions = Iua("TREAT");
       extensions.Set("hl7-b2b", json::Value::Object());
       a.payload.Set("extensions", extensions);
     }},
    {"UDAP without an organization", kRequest,
     [](Attempt& a) {
       a.payload.Set("extensions", *json::Read(R"({"hl7-b2b":{"version":"1","purpose_of_use":
           ["urn:oid:2.16.840.1.113883.5.8#TREAT"]}})"));
     }},
    {"UDAP without a purpose", kRequest,
     [](Attempt& a) {
       a.payload.Set("extensions",
                     *json::Read(R"({"hl7-b2b":{"version":"1","organization_id":"urn:o"}})"));
     }},
    {"extensions as a list", kRequest,
     [](Attempt& a) { a.payload.Set("extensions", json::Value::Array()); }},
};
INSTANTIATE_TEST_SUITE_P(Rights, TokenRefusalTest, ::testing::ValuesIn(kRightsVectors));

const Vector kGlassVectors[] = {
    {"BTG without a declaration", kRequest,
     [](Attempt& a) { a.payload.Set("extensions", Iua("BTG", "able", "ed_physician")); }},
    {"a declaration for treatment", kRequest,
     [](Attempt& a) {
       json::Value extensions = Iua("TREAT", "able", "ed_physician");
       extensions.Set("hie_break_glass", *BreakGlass().Find("hie_break_glass"));
       a.payload.Set("extensions", extensions);
     }},
    {"glass broken by a system", kRequest,
     [](Attempt& a) {
       json::Value extensions = Iua("BTG");
       extensions.Set("hie_break_glass", *BreakGlass().Find("hie_break_glass"));
       a.payload.Set("extensions", extensions);
     }},
    {"glass broken by a registrar", kRequest,
     [](Attempt& a) {
       json::Value extensions = Iua("BTG", "able", "registrar");
       extensions.Set("hie_break_glass", *BreakGlass().Find("hie_break_glass"));
       a.payload.Set("extensions", extensions);
     }},
    {"an unknown reason", kRequest, [](Attempt& a) { SetGlass(a, "reason", Text("curious")); }},
    {"other without a narrative", kRequest,
     [](Attempt& a) { SetGlass(a, "reason", Text("other")); }},
    {"no birth date", kRequest, [](Attempt& a) { SetGlass(a, "birth_date", Text("1980")); }},
    {"a birth date that is none", kRequest,
     [](Attempt& a) { SetGlass(a, "birth_date", Text("1980-02-30")); }},
    {"no encounter", kRequest, [](Attempt& a) { SetGlass(a, "encounter", Text("")); }},
    {"attested in words", kRequest,
     [](Attempt& a) { SetGlass(a, "attests_emergency", Text("yes")); }},
    {"a declaration that is a list", kRequest,
     [](Attempt& a) {
       json::Value extensions = BreakGlass();
       extensions.Set("hie_break_glass", json::Value::Array());
       a.payload.Set("extensions", extensions);
     }},
};
INSTANTIATE_TEST_SUITE_P(Glass, TokenRefusalTest, ::testing::ValuesIn(kGlassVectors));

}  // namespace
}  // namespace hie::auth::testing
