#include "gateway/auth/user_token.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gateway/auth/jws.h"
#include "services/common/crypto/base64url.h"
#include "services/common/crypto/hash.h"

namespace hie::auth {
namespace {

using crypto::Base64UrlEncode;

constexpr int64_t kNow = 1'800'000'000;
constexpr char kHeader[] = R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1"})";
constexpr char kPayload[] =
    R"({"iss":"general","sub":"dr-1","aud":"hie-gateway","roles":["physician"],)"
    R"("purpose_of_use":"TREAT","iat":1800000000,"exp":1800000300,"auth_time":1799999900})";

const crypto::PrivateKey& Key() {
  static const auto* const key =
      new crypto::PrivateKey(*crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256));
  return *key;
}

// Signs what it is told to, right or wrong.
std::string Signed(absl::string_view header, absl::string_view payload,
                   const crypto::PrivateKey& key = Key()) {
  const std::string input = absl::StrCat(Base64UrlEncode(header), ".", Base64UrlEncode(payload));
  return absl::StrCat(input, ".", Base64UrlEncode(*key.Sign(input)));
}
std::string Header(absl::string_view header) { return Signed(header, kPayload); }
std::string Payload(absl::string_view payload) { return Signed(kHeader, payload); }
// The good payload with one text replaced by another.
std::string With(absl::string_view from, absl::string_view to) {
  const std::string changed = absl::StrReplaceAll(kPayload, {{from, to}});
  EXPECT_NE(changed, kPayload) << from;
  return Payload(changed);
}
std::string Good() { return Signed(kHeader, kPayload); }
std::vector<std::string> Parts() { return absl::StrSplit(Good(), '.'); }

absl::StatusOr<VerifiedToken> Verify(absl::string_view token, int64_t now = kNow) {
  VerifiedSignatures signatures(10);
  const KeyLookup keys = [](absl::string_view id) -> std::optional<std::string> {
    if (id != "k1") return std::nullopt;
    return Key().public_key().ToPem();
  };
  return VerifyToken(token, keys, {}, absl::FromUnixSeconds(now), signatures);
}

TEST(VerifyTokenTest, ReadsAGoodToken) {
  const absl::StatusOr<VerifiedToken> token = Verify(Good());
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->key_id, "k1");
  EXPECT_EQ(token->claims.issuer, "general");
  EXPECT_EQ(token->claims.user, "dr-1");
  EXPECT_EQ(token->claims.roles, std::vector<std::string>{"physician"});
  EXPECT_EQ(token->claims.purpose, Purpose::kTreat);
  EXPECT_EQ(token->claims.auth_time, absl::FromUnixSeconds(1799999900));
}

TEST(VerifyTokenTest, AcceptsWhatItMustAccept) {
  EXPECT_TRUE(Verify(Header(R"({"kid":"k1","typ":"hie-user+jwt","alg":"ES256"})")).ok());
  EXPECT_TRUE(Verify(With(R"("sub")", R"("name":{"x":[1]},"jti":"7","sub")")).ok());
  EXPECT_TRUE(Verify(With(R"("purpose_of_use":"TREAT",)", "")).ok());  // For Authorize to refuse.
  EXPECT_TRUE(Verify(With(R"(,"auth_time":1799999900)", "")).ok());
  EXPECT_TRUE(Verify(Good(), kNow + 329).ok());  // Within the leeway after exp.
  EXPECT_TRUE(Verify(Good(), kNow - 30).ok());
}

struct BadToken {
  const char* name;
  std::function<std::string()> make;
};
void PrintTo(const BadToken& bad, std::ostream* out) { *out << bad.name; }

class BadTokenTest : public testing::TestWithParam<BadToken> {};

TEST_P(BadTokenTest, IsUnauthenticatedAndNotRepeated) {
  const std::string token = GetParam().make();
  const absl::Status status = Verify(token).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << GetParam().name << status;
  EXPECT_TRUE(absl::StartsWith(status.message(), "token: ")) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "canary")) << status;
}

std::string HeaderToken(const char* header) { return Header(header); }

const BadToken kFormBadToken[] = {
    {"empty", [] { return ""; }},
    {"one part", [] { return "abc"; }},
    {"two parts", [] { return Parts()[0] + "." + Parts()[1]; }},
    {"four parts", [] { return Good() + "."; }},
    {"five parts, as encrypted tokens have", [] { return Good() + ".a.b"; }},
    {"only dots", [] { return ".."; }},
    {"bearer", [] { return "Bearer " + Good(); }},
    {"space after", [] { return Good() + " "; }},
    {"line break after", [] { return Good() + "\n"; }},
    {"nul after", [] { return Good() + std::string(1, '\0'); }},
    {"padded header", [] { return Parts()[0] + "=." + Parts()[1] + "." + Parts()[2]; }},
    {"padded signature", [] { return Good() + "=="; }},
    {"standard base64", [] { return Good() + "+/"; }},
    {"unused bits set",
     [] {
       std::string token = Good();  // 64 bytes end in a character with 4 unused bits.
       token.back() = token.back() == 'A' ? 'B' : static_cast<char>(token.back() + 1);
       return token;
     }},
    {"larger than 8 KiB",
     [] { return With("dr-1", "dr-1\",\"pad\":\"" + std::string(8000, 'x')); }},
    {"no signature", [] { return Parts()[0] + "." + Parts()[1] + "."; }},
    {"short signature", [] { return Good().substr(0, Good().size() - 4); }},
    {"long signature", [] { return Good() + "AAAA"; }},
    {"zero signature",
     [] { return Parts()[0] + "." + Parts()[1] + "." + Base64UrlEncode(std::string(64, '\0')); }},
    {"signature of another token",
     [] {
       const std::vector<std::string> other = absl::StrSplit(With("dr-1", "dr-2"), '.');
       return Parts()[0] + "." + Parts()[1] + "." + other[2];
     }},
    {"payload exchanged",
     [] {
       const std::vector<std::string> other = absl::StrSplit(With("dr-1", "dr-2"), '.');
       return Parts()[0] + "." + other[1] + "." + Parts()[2];
     }},
    {"another key",
     [] {
       return Signed(kHeader, kPayload,
                     *crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256));
     }},
    {"Ed25519 signature",
     [] {
       return Signed(kHeader, kPayload,
                     *crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEd25519));
     }},
};
INSTANTIATE_TEST_SUITE_P(Form, BadTokenTest, testing::ValuesIn(kFormBadToken));

const BadToken kHeaderBadToken[] = {
    {"alg none, no signature",
     [] {
       return Base64UrlEncode(R"({"alg":"none","typ":"hie-user+jwt","kid":"k1"})") + "." +
              Base64UrlEncode(kPayload) + ".";
     }},
    {"alg none, signed",
     [] { return HeaderToken(R"({"alg":"none","typ":"hie-user+jwt","kid":"k1"})"); }},
    {"alg NoNe", [] { return HeaderToken(R"({"alg":"NoNe","typ":"hie-user+jwt","kid":"k1"})"); }},
    {"HS256 with the public key as secret",
     [] {
       const std::string input =
           Base64UrlEncode(R"({"alg":"HS256","typ":"hie-user+jwt","kid":"k1"})") + "." +
           Base64UrlEncode(kPayload);
       const std::string mac = crypto::HmacSha256(Key().public_key().ToPem(), input);
       return input + "." + Base64UrlEncode(mac + mac);
     }},
    {"RS256", [] { return HeaderToken(R"({"alg":"RS256","typ":"hie-user+jwt","kid":"k1"})"); }},
    {"ES384", [] { return HeaderToken(R"({"alg":"ES384","typ":"hie-user+jwt","kid":"k1"})"); }},
    {"EdDSA", [] { return HeaderToken(R"({"alg":"EdDSA","typ":"hie-user+jwt","kid":"k1"})"); }},
    {"alg in lower case",
     [] { return HeaderToken(R"({"alg":"es256","typ":"hie-user+jwt","kid":"k1"})"); }},
    {"alg an array",
     [] { return HeaderToken(R"({"alg":["ES256"],"typ":"hie-user+jwt","kid":"k1"})"); }},
    {"no alg", [] { return HeaderToken(R"({"typ":"hie-user+jwt","kid":"k1"})"); }},
    {"alg twice",
     [] { return HeaderToken(R"({"alg":"ES256","alg":"none","typ":"hie-user+jwt","kid":"k1"})"); }},
    {"alg twice, escaped",
     [] {
       return HeaderToken(R"({"alg":"ES256","\u0061lg":"none","typ":"hie-user+jwt","kid":"k1"})");
     }},
    {"typ JWT", [] { return HeaderToken(R"({"alg":"ES256","typ":"JWT","kid":"k1"})"); }},
    {"no typ", [] { return HeaderToken(R"({"alg":"ES256","kid":"k1"})"); }},
    {"no kid", [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt"})"); }},
    {"empty kid", [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":""})"); }},
    {"unknown kid",
     [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"canary"})"); }},
    {"kid a path",
     [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"../../dev/null"})"); }},
    {"kid a number", [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":1})"); }},
    {"crit",
     [] {
       return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1","crit":["exp"]})");
     }},
    {"jku",
     [] {
       return HeaderToken(
           R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1","jku":"https://canary"})");
     }},
    {"x5u",
     [] {
       return HeaderToken(
           R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1","x5u":"https://canary"})");
     }},
    {"x5c",
     [] {
       return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1","x5c":["MII"]})");
     }},
    {"jwk",
     [] {
       return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1","jwk":{"kty":"EC"}})");
     }},
    {"b64 false",
     [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1","b64":false})"); }},
    {"zip",
     [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1","zip":"DEF"})"); }},
    {"header an array", [] { return HeaderToken(R"(["ES256"])"); }},
    {"header not JSON", [] { return HeaderToken("canary"); }},
    {"bytes after the header",
     [] { return HeaderToken(R"({"alg":"ES256","typ":"hie-user+jwt","kid":"k1"}{})"); }},
    {"comment in the header",
     [] { return HeaderToken(R"({"alg":"ES256",/**/"typ":"hie-user+jwt","kid":"k1"})"); }},
};
INSTANTIATE_TEST_SUITE_P(Header, BadTokenTest, testing::ValuesIn(kHeaderBadToken));

const BadToken kClaimsBadToken[] = {
    {"payload empty", [] { return Payload(""); }},
    {"payload not JSON", [] { return Payload("canary"); }},
    {"payload an array", [] { return Payload("[]"); }},
    {"payload empty object", [] { return Payload("{}"); }},
    {"bytes after the payload", [] { return Payload(absl::StrCat(kPayload, "x")); }},
    {"invalid UTF-8", [] { return With("dr-1", "dr-\xff"); }},
    {"iss twice", [] { return With(R"("iss":"general")", R"("iss":"a","iss":"general")"); }},
    {"exp twice", [] { return With(R"("exp":)", R"("exp":1,"exp":)"); }},
    {"nested name twice", [] { return With(R"("sub")", R"("x":{"a":1,"a":2},"sub")"); }},
    {"nested too deep", [] { return With(R"("sub")", R"("x":[[[[[[[[[[1]]]]]]]]]],"sub")"); }},
    {"no iss", [] { return With(R"("iss":"general",)", ""); }},
    {"iss an array", [] { return With(R"("general")", R"(["general"])"); }},
    {"no sub", [] { return With(R"("sub":"dr-1",)", ""); }},
    {"empty sub", [] { return With("dr-1", ""); }},
    {"sub a number", [] { return With(R"("dr-1")", "1"); }},
    {"sub too long", [] { return With("dr-1", std::string(129, 'a')); }},
    {"sub with a line break", [] { return With("dr-1", R"(dr\n1)"); }},
    {"sub with a nul", [] { return With("dr-1", R"(dr\u00001)"); }},
    {"no aud", [] { return With(R"("aud":"hie-gateway",)", ""); }},
    {"another aud", [] { return With("hie-gateway", "canary"); }},
    {"aud an array", [] { return With(R"("hie-gateway")", R"(["hie-gateway"])"); }},
    {"aud with a suffix", [] { return With("hie-gateway", "hie-gateway2"); }},
    {"no roles", [] { return With(R"("roles":["physician"],)", ""); }},
    {"roles empty", [] { return With(R"(["physician"])", "[]"); }},
    {"roles a string", [] { return With(R"(["physician"])", R"("physician")"); }},
    {"unknown role", [] { return With("physician", "canary"); }},
    {"role in upper case", [] { return With("physician", "Physician"); }},
    {"role a number", [] { return With(R"(["physician"])", "[1]"); }},
    {"role twice", [] { return With(R"(["physician"])", R"(["physician","physician"])"); }},
    {"unknown purpose", [] { return With("TREAT", "CANARY"); }},
    {"empty purpose", [] { return With("TREAT", ""); }},
    {"two purposes", [] { return With(R"("TREAT")", R"(["TREAT","BTG"])"); }},
    {"purposes in one string", [] { return With("TREAT", "TREAT BTG"); }},
    {"purpose null", [] { return With(R"("TREAT")", "null"); }},
    {"no iat", [] { return With(R"("iat":1800000000,)", ""); }},
    {"no exp", [] { return With(R"("exp":1800000300,)", ""); }},
    {"exp a string", [] { return With("1800000300", R"("1800000300")"); }},
    {"exp a fraction", [] { return With("1800000300", "1800000300.5"); }},
    {"exp with an exponent", [] { return With("1800000300", "1.8e9"); }},
    {"exp beyond time", [] { return With("1800000300", "99999999999999999999"); }},
    {"exp negative", [] { return With("1800000300", "-1"); }},
    {"exp null", [] { return With("1800000300", "null"); }},
};
INSTANTIATE_TEST_SUITE_P(Claims, BadTokenTest, testing::ValuesIn(kClaimsBadToken));

const BadToken kTimeBadToken[] = {
    {"expired",
     [] {
       return Payload(absl::StrReplaceAll(kPayload, {{"1800000000", "1799999600"},
                                                     {"1800000300", "1799999900"},
                                                     {"1799999900", "1799999500"}}));
     }},
    {"lives too long", [] { return With("1800000300", "1800000901"); }},
    {"exp before iat", [] { return With("1800000300", "1799999999"); }},
    {"exp equals iat", [] { return With("1800000300", "1800000000"); }},
    {"issued in the future", [] { return With("\"iat\":1800000000", "\"iat\":1800000031"); }},
    {"not valid yet", [] { return With("\"exp\"", "\"nbf\":1800000031,\"exp\""); }},
    {"nbf a string", [] { return With("\"exp\"", "\"nbf\":\"0\",\"exp\""); }},
    {"signed in after it was issued", [] { return With("1799999900", "1800000031"); }},
    {"auth_time negative", [] { return With("1799999900", "-5"); }},
    {"auth_time a string", [] { return With("1799999900", "\"now\""); }},
};
INSTANTIATE_TEST_SUITE_P(Time, BadTokenTest, testing::ValuesIn(kTimeBadToken));

TEST(VerifyTokenTest, ExpiresAfterTheLeeway) {
  EXPECT_FALSE(Verify(Good(), kNow + 330).ok());
  EXPECT_FALSE(Verify(Good(), kNow - 31).ok());
}

TEST(VerifyTokenTest, RefusesEveryChangedCharacter) {
  const std::string good = Good();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'Q' ? 'R' : 'Q';
    EXPECT_FALSE(Verify(changed).ok()) << "character " << i;
  }
}

TEST(VerifyTokenTest, RefusesEveryTruncation) {
  const std::string good = Good();
  for (size_t i = 0; i < good.size(); ++i) EXPECT_FALSE(Verify(good.substr(0, i)).ok()) << i;
}

TEST(MintTokenTest, MintsWhatVerifies) {
  const UserStatement statement{.member = "general",
                                .user = "dr \"quoted\" \xc3\xa9",
                                .roles = {"ed_physician", "physician"},
                                .purpose = Purpose::kBtg,
                                .auth_time = absl::FromUnixSeconds(kNow - 60)};
  const absl::StatusOr<std::string> token =
      MintToken(statement, "k1", Key(), absl::FromUnixSeconds(kNow));
  ASSERT_TRUE(token.ok()) << token.status();
  const absl::StatusOr<VerifiedToken> verified = Verify(*token);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->claims.user, statement.user);
  EXPECT_EQ(verified->claims.roles, statement.roles);
  EXPECT_EQ(verified->claims.purpose, Purpose::kBtg);
  EXPECT_EQ(verified->claims.auth_time, statement.auth_time);
  EXPECT_EQ(verified->claims.expires_at - verified->claims.issued_at, absl::Minutes(5));
}

TEST(MintTokenTest, RoundsTimesToSecondsAndStillVerifies) {
  const absl::StatusOr<std::string> token =
      MintToken({.member = "m", .user = "u", .roles = {"steward"}}, "k1", Key(),
                absl::FromUnixSeconds(kNow) + absl::Milliseconds(999));
  ASSERT_TRUE(token.ok());
  EXPECT_TRUE(Verify(*token).ok());
}

TEST(MintTokenTest, WantsAnEs256KeyAndAKeyId) {
  const crypto::PrivateKey ed = *crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEd25519);
  const absl::Time now = absl::FromUnixSeconds(kNow);
  EXPECT_FALSE(MintToken({}, "k1", ed, now).ok());
  EXPECT_FALSE(MintToken({}, "", Key(), now).ok());
  EXPECT_FALSE(MintToken({}, std::string(65, 'k'), Key(), now).ok());
}

TEST(PurposeCodeTest, NamesEveryPurposeAndReadsItBack) {
  for (int i = 1; i <= 9; ++i) {
    const auto purpose = static_cast<Purpose>(i);
    UserClaims claims;
    claims.issuer = claims.user = claims.audience = "x";
    claims.roles = {"steward"};
    claims.purpose = purpose;
    const absl::StatusOr<UserClaims> read = ParseUserClaims(UserClaimsJson(claims));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, claims);
  }
  EXPECT_EQ(PurposeCode(Purpose::kUnspecified), "");
}

class VerifiedSignaturesTest : public testing::Test {
 protected:
  absl::Status Verify(const std::string& message, const std::string& signature) {
    return signatures_.Verify(pem_, message, signature);
  }
  const std::string pem_ = Key().public_key().ToPem();
  VerifiedSignatures signatures_{2};
};

TEST_F(VerifiedSignaturesTest, RemembersWhatVerifiedAndNothingElse) {
  const std::string signature = *Key().Sign("a");
  EXPECT_TRUE(Verify("a", signature).ok());
  EXPECT_TRUE(Verify("a", signature).ok());
  EXPECT_EQ(signatures_.size(), 1u);
  EXPECT_EQ(Verify("b", signature).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Verify("a", std::string(64, 'x')).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(signatures_.size(), 1u);
}

TEST_F(VerifiedSignaturesTest, AnotherKeyVerifiesAnew) {
  const std::string signature = *Key().Sign("a");
  ASSERT_TRUE(Verify("a", signature).ok());
  const crypto::PrivateKey other = *crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256);
  EXPECT_EQ(signatures_.Verify(other.public_key().ToPem(), "a", signature).code(),
            absl::StatusCode::kUnauthenticated);
}

TEST_F(VerifiedSignaturesTest, StaysWithinItsCapacityAndStaysRight) {
  for (int round = 0; round < 3; ++round) {
    for (const char* message : {"a", "b", "c", "d"}) {
      EXPECT_TRUE(Verify(message, *Key().Sign(message)).ok());
      EXPECT_LE(signatures_.size(), 2u);
    }
  }
}

TEST_F(VerifiedSignaturesTest, RefusesAKeyThatIsNotEs256) {
  EXPECT_EQ(signatures_.Verify("garbage", "a", std::string(64, 'x')).code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace hie::auth
