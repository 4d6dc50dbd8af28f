#include "services/common/crypto/signing_key.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/base64url.h"

namespace hie::crypto {
namespace {

std::string Pem(absl::string_view der) {
  return absl::StrCat("-----BEGIN PUBLIC KEY-----\n", absl::Base64Escape(der),
                      "\n-----END PUBLIC KEY-----\n");
}

// SubjectPublicKeyInfo of P-256 with an uncompressed point, up to the point's coordinates.
std::string P256Spki(absl::string_view x_and_y) {
  return absl::HexStringToBytes("3059301306072a8648ce3d020106082a8648ce3d03010703420004") +
         std::string(x_and_y);
}

// RFC 7515, appendix A.3.
PublicKey Rfc7515Key() {
  return *PublicKey::FromPem(
      Pem(P256Spki(*Base64UrlDecode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU") +
                   *Base64UrlDecode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))));
}
constexpr char kRfc7515Input[] =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmN"
    "vbS9pc19yb290Ijp0cnVlfQ";
constexpr char kRfc7515Signature[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

TEST(SigningKeyTest, VerifiesTheEs256VectorOfRfc7515) {
  EXPECT_TRUE(Rfc7515Key().Verify(kRfc7515Input, *Base64UrlDecode(kRfc7515Signature)).ok());
}

TEST(SigningKeyTest, SignsTheEd25519VectorOfRfc8032) {
  const absl::StatusOr<PrivateKey> key = PrivateKey::Ed25519FromSeed(
      absl::HexStringToBytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(absl::BytesToHexString(*key->Sign("\x72")),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

class AlgorithmTest : public testing::TestWithParam<KeyAlgorithm> {
 protected:
  const PrivateKey key_ = *PrivateKey::Generate(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Both, AlgorithmTest,
                         testing::Values(KeyAlgorithm::kEd25519, KeyAlgorithm::kEs256));

TEST_P(AlgorithmTest, VerifiesWhatItSigned) {
  SeededRandom random(8);
  for (int i = 0; i < 50; ++i) {
    const std::string message = random.Bytes(random.Next() % 200);
    const absl::StatusOr<std::string> signature = key_.Sign(message);
    ASSERT_TRUE(signature.ok());
    EXPECT_EQ(signature->size(), kSignatureBytes);
    EXPECT_TRUE(key_.public_key().Verify(message, *signature).ok());
    EXPECT_EQ(key_.public_key().Verify(message + "x", *signature).code(),
              absl::StatusCode::kUnauthenticated);
  }
}

TEST_P(AlgorithmTest, RefusesEverySingleChangedBitOfASignature) {
  const std::string signature = *key_.Sign("message");
  for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string changed = signature;
    changed[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_FALSE(key_.public_key().Verify("message", changed).ok()) << bit;
  }
}

TEST_P(AlgorithmTest, RefusesZeroAndWrongLengthSignatures) {
  for (size_t size : {0u, 1u, 63u, 64u, 65u, 70u, 128u}) {
    EXPECT_FALSE(key_.public_key().Verify("message", std::string(size, '\0')).ok()) << size;
  }
}

TEST_P(AlgorithmTest, KeysSurviveTheirFiles) {
  const absl::StatusOr<PrivateKey> key = PrivateKey::FromPem(key_.ToPem());
  const absl::StatusOr<PublicKey> public_key = PublicKey::FromPem(key_.public_key().ToPem());
  ASSERT_TRUE(key.ok() && public_key.ok());
  EXPECT_EQ(public_key->algorithm(), GetParam());
  EXPECT_EQ(public_key->SpkiSha256(), key_.public_key().SpkiSha256());
  EXPECT_EQ(public_key->SpkiSha256().size(), 64u);
  EXPECT_TRUE(public_key->Verify("m", *key->Sign("m")).ok());
}

TEST_P(AlgorithmTest, RefusesAnotherKeysSignature) {
  const PrivateKey other = *PrivateKey::Generate(GetParam());
  EXPECT_FALSE(key_.public_key().Verify("m", *other.Sign("m")).ok());
}

TEST(SigningKeyTest, RefusesDerEncodedEcdsaSignatures) {
  // The form that OpenSSL itself makes; JOSE has r || s alone.
  const std::string der = absl::HexStringToBytes(
      "304402200ed1215379636c483c2f7f155807d402a3b228033af97c7e17819ac3169ea66502202145058a53c388f4"
      "e63c43b5a1494a4829995a0e0ad4f5de");
  EXPECT_FALSE(Rfc7515Key().Verify(kRfc7515Input, der).ok());
}

TEST(SigningKeyTest, RefusesWhatIsNotExactlyOnePublicKey) {
  const std::string good = PrivateKey::Generate(KeyAlgorithm::kEs256)->public_key().ToPem();
  const std::string compressed = absl::HexStringToBytes(
      "3039301306072a8648ce3d020106082a8648ce3d030107032200036b17d1f2e12c"
      "4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
  const std::string off_curve = P256Spki(std::string(64, '\x01'));
  const std::string rsa_512 =
      absl::Base64Escape("") +
      "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"
      "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==";
  for (const std::string& pem :
       {std::string(), std::string("x"), "x" + good, good + good, good + "x", " " + good,
        good.substr(0, good.size() / 2), Pem("not DER"), Pem(compressed), Pem(off_curve),
        "-----BEGIN PUBLIC KEY-----\n" + rsa_512 + "\n-----END PUBLIC KEY-----\n",
        PrivateKey::Generate(KeyAlgorithm::kEs256)->ToPem(), std::string(20000, 'A')}) {
    EXPECT_EQ(PublicKey::FromPem(pem).status().code(), absl::StatusCode::kInvalidArgument) << pem;
  }
  EXPECT_TRUE(PublicKey::FromPem(good).ok());
}

TEST(SigningKeyTest, RefusesWhatIsNotAPrivateKey) {
  EXPECT_FALSE(PrivateKey::FromPem("").ok());
  EXPECT_FALSE(PrivateKey::FromPem(Rfc7515Key().ToPem()).ok());
  EXPECT_FALSE(PrivateKey::Ed25519FromSeed("short").ok());
}

}  // namespace
}  // namespace hie::crypto
