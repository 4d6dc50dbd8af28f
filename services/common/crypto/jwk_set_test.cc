#include "services/common/crypto/jwk_set.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/crypto/base64url.h"
#include "services/common/json/reader.h"

namespace hie::crypto {
namespace {

const AssertionPrivateKey& Ec() {
  static const auto& key =
      *new AssertionPrivateKey(*AssertionPrivateKey::Generate(AssertionAlgorithm::kEs384));
  return key;
}
const AssertionPrivateKey& Rsa() {
  static const auto& key =
      *new AssertionPrivateKey(*AssertionPrivateKey::Generate(AssertionAlgorithm::kRs384));
  return key;
}

// The only key of a set, as text.
std::string KeyText(absl::string_view set) {
  return std::string(set.substr(9, set.size() - 11));  // {"keys":[ ... ]}
}
std::string SetOf(const std::string& keys) { return absl::StrCat("{\"keys\":[", keys, "]}"); }
std::string EcKey() { return KeyText(WriteJwkSet("k1", Ec().public_key())); }
std::string RsaKey() { return KeyText(WriteJwkSet("k2", Rsa().public_key())); }

TEST(JwkSetTest, ReadsWhatItWrites) {
  const auto keys = ReadJwkSet(SetOf(EcKey() + "," + RsaKey()));
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].key_id, "k1");
  EXPECT_EQ((*keys)[0].key.algorithm(), AssertionAlgorithm::kEs384);
  EXPECT_TRUE((*keys)[0].key.Verify("m", *Ec().Sign("m")).ok());
  EXPECT_EQ((*keys)[1].key.algorithm(), AssertionAlgorithm::kRs384);
  EXPECT_TRUE((*keys)[1].key.Verify("m", *Rsa().Sign("m")).ok());
}

TEST(JwkSetTest, PassesOverKeysForOtherEnds) {
  const std::string others[] = {
      R"({"kty":"OKP","crv":"Ed25519","x":"AA","kid":"k9"})",
      R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})",
      absl::StrReplaceAll(RsaKey(), {{"RS384", "RS256"}}),
      absl::StrReplaceAll(RsaKey(), {{"RS384", "PS384"}}),
      absl::StrReplaceAll(RsaKey(), {{"RS384", "ES384"}}),
      absl::StrReplaceAll(RsaKey(), {{"\"sig\"", "\"enc\""}}),
      absl::StrReplaceAll(RsaKey(), {{"\"use\":\"sig\"", "\"key_ops\":[\"encrypt\"]"}}),
      absl::StrReplaceAll(EcKey(), {{"ES384", "RS384"}}),
      absl::StrReplaceAll(EcKey(), {{"ES384", "HS256"}}),
      absl::StrReplaceAll(EcKey(), {{"ES384", "none"}}),
  };
  for (const std::string& other : others) {
    const auto keys = ReadJwkSet(SetOf(other + "," + EcKey()));
    ASSERT_TRUE(keys.ok()) << keys.status() << other;
    EXPECT_EQ(keys->size(), 1u) << other;
    EXPECT_FALSE(ReadJwkSet(SetOf(other)).ok()) << "no key is taken";
  }
}

TEST(JwkSetTest, TakesKeysThatLeaveTheAlgorithmToTheirType) {
  const std::string key = absl::StrReplaceAll(
      EcKey(), {{"\"alg\":\"ES384\",\"use\":\"sig\"", "\"key_ops\":[\"verify\"],\"x5c\":[]"}});
  EXPECT_TRUE(ReadJwkSet(SetOf(key)).ok()) << key;
}

TEST(JwkSetTest, RefusesMalformedSets) {
  std::string many = EcKey();
  for (int i = 0; i < 32; ++i) absl::StrAppend(&many, ",{}");
  const std::string spoiled[] = {
      "",
      "[]",
      "{}",
      "{\"keys\":{}}",
      SetOf(""),
      SetOf("1"),
      SetOf(EcKey()) + "x",
      SetOf(EcKey() + "," + EcKey()),
      SetOf(many),
      std::string(kJwkSetBytesMax + 1, ' '),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"kid\":\"k1\",", ""}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"k1\"", "\"\""}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"k1\"", "1"}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"k1", std::string(129, 'k')}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"k1", "k\\n1"}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"x\":\"", "\"x\":\"="}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"x\":\"", "\"x\":\"AAAA"}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"x\":", "\"z\":"}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"kid\"", "\"kty\":\"RSA\",\"kid\""}})),
      SetOf(absl::StrReplaceAll(EcKey(), {{"\"kid\"", "\"d\":\"AA\",\"kid\""}})),
      SetOf(EcKey() + R"(,{"kty":"oct","k":"AA"})"),
      SetOf(absl::StrReplaceAll(RsaKey(), {{"\"AQAB\"", "\"Aw\""}})),
      SetOf(R"({"kty":"RSA","kid":"a","e":"AQAB","n":")" +
            Base64UrlEncode(std::string(128, '\xff')) + "\"}"),
  };
  int at = 0;
  for (const std::string& set : spoiled) {
    const auto keys = ReadJwkSet(set);
    EXPECT_TRUE(absl::IsInvalidArgument(keys.status())) << at << ": " << keys.status();
    EXPECT_TRUE(absl::StartsWith(keys.status().message(), "jwks: ")) << at;
    ++at;
  }
}

TEST(JwkSetTest, PublishesTheExchangesOwnKey) {
  const PrivateKey key = *PrivateKey::Generate(KeyAlgorithm::kEs256);
  const auto set = json::Read(WriteJwkSet("token-1", key.public_key()));
  ASSERT_TRUE(set.ok());
  const json::Value* own = set->At("/keys/0");
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own->Text("kty"), "EC");
  EXPECT_EQ(own->Text("crv"), "P-256");
  EXPECT_EQ(own->Text("kid"), "token-1");
  const std::string der = key.public_key().SpkiDer();
  EXPECT_EQ(*Base64UrlDecode(own->Text("x")) + *Base64UrlDecode(own->Text("y")),
            der.substr(der.size() - 64));
}

}  // namespace
}  // namespace hie::crypto
