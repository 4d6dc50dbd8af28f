#include "services/common/crypto/assertion_key.h"

#include <gtest/gtest.h>

#include "services/common/crypto/signing_key.h"

namespace hie::crypto {
namespace {

class AssertionKeyTest : public testing::TestWithParam<AssertionAlgorithm> {
 protected:
  const AssertionPrivateKey key_ = *AssertionPrivateKey::Generate(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Algorithms, AssertionKeyTest,
                         testing::Values(AssertionAlgorithm::kRs384, AssertionAlgorithm::kEs384));

TEST_P(AssertionKeyTest, VerifiesWhatItSignedAndNothingElse) {
  const std::string signature = *key_.Sign("message");
  const AssertionPublicKey& own = key_.public_key();
  EXPECT_TRUE(own.Verify("message", signature).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(own.Verify("messagf", signature)));
  for (size_t i = 0; i < signature.size(); i += 7) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_TRUE(absl::IsUnauthenticated(own.Verify("message", changed))) << i;
  }
  for (const std::string& other :
       {std::string(), signature.substr(1), signature + "x", std::string(signature.size(), '\0'),
        std::string(signature.size(), '\xff')}) {
    EXPECT_TRUE(absl::IsUnauthenticated(own.Verify("message", other))) << other.size();
  }
  const AssertionPrivateKey stranger = *AssertionPrivateKey::Generate(GetParam());
  EXPECT_TRUE(absl::IsUnauthenticated(stranger.public_key().Verify("message", signature)));
}

TEST_P(AssertionKeyTest, ComesBackFromItsNumbersAndItsPem) {
  const std::string signature = *key_.Sign("m");
  const AssertionPublicKey::Numbers numbers = key_.public_key().numbers();
  const absl::StatusOr<AssertionPublicKey> built =
      GetParam() == AssertionAlgorithm::kRs384
          ? AssertionPublicKey::FromRsa(numbers.first, numbers.second)
          : AssertionPublicKey::FromP384(numbers.first, numbers.second);
  ASSERT_TRUE(built.ok()) << built.status();
  EXPECT_TRUE(built->Verify("m", signature).ok());
  const absl::StatusOr<AssertionPrivateKey> read = AssertionPrivateKey::FromPem(key_.ToPem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->public_key().algorithm(), GetParam());
  EXPECT_EQ(read->public_key().numbers().first, numbers.first);
  EXPECT_FALSE(AssertionPrivateKey::FromPem(key_.ToPem() + key_.ToPem()).ok());
}

TEST(AssertionKeyTest, RefusesOtherKeys) {
  EXPECT_FALSE(AssertionPrivateKey::FromPem("").ok());
  for (const KeyAlgorithm other : {KeyAlgorithm::kEs256, KeyAlgorithm::kEd25519}) {
    EXPECT_FALSE(AssertionPrivateKey::FromPem(PrivateKey::Generate(other)->ToPem()).ok());
  }
}

TEST(AssertionKeyTest, RefusesWeakOrMalformedNumbers) {
  const std::string exponent("\x01\x00\x01", 3);
  const std::string modulus(256, '\xff');
  EXPECT_TRUE(AssertionPublicKey::FromRsa(modulus, exponent).ok());
  EXPECT_TRUE(AssertionPublicKey::FromRsa(std::string(512, '\xff'), exponent).ok());
  EXPECT_FALSE(AssertionPublicKey::FromRsa("\x7f" + modulus.substr(1), exponent).ok());
  EXPECT_FALSE(AssertionPublicKey::FromRsa(std::string(128, '\xff'), exponent).ok());
  EXPECT_FALSE(AssertionPublicKey::FromRsa(std::string(513, '\xff'), exponent).ok());
  EXPECT_FALSE(AssertionPublicKey::FromRsa(std::string(1, '\0') + modulus, exponent).ok());
  EXPECT_FALSE(AssertionPublicKey::FromRsa(modulus.substr(1) + "\xfe", exponent).ok());
  EXPECT_FALSE(AssertionPublicKey::FromRsa("", exponent).ok());
  for (const std::string& bad : {std::string(), std::string("\x03"), std::string("\x01\x00\x02", 3),
                                 std::string("\x00\x01\x00\x01", 4), std::string(5, '\x01')}) {
    EXPECT_FALSE(AssertionPublicKey::FromRsa(modulus, bad).ok()) << bad.size();
  }
  const auto key = AssertionPrivateKey::Generate(AssertionAlgorithm::kEs384);
  const AssertionPublicKey::Numbers point = key->public_key().numbers();
  EXPECT_FALSE(AssertionPublicKey::FromP384(point.second, point.first).ok());
  EXPECT_FALSE(AssertionPublicKey::FromP384(point.first.substr(1), point.second).ok());
  EXPECT_FALSE(AssertionPublicKey::FromP384(std::string(48, '\0'), std::string(48, '\0')).ok());
  EXPECT_FALSE(AssertionPublicKey::FromP384(std::string(48, '\xff'), point.second).ok());
}

}  // namespace
}  // namespace hie::crypto
