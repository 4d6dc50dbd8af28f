#include "services/common/crypto/aead.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace hie::crypto {
namespace {

AeadKey KeyOf(char byte) { return *AeadKey::FromBytes(std::string(kAeadKeyBytes, byte)); }

TEST(AeadTest, OpensTheNistVector) {
  const std::string sealed =
      std::string(kAeadNonceBytes, '\0') + absl::HexStringToBytes(
                                               "cea7403d4d606b6e074ec5d3baf39d18"
                                               "d0d1c8a799996bf0265b98b5d48ab919");
  const absl::StatusOr<std::string> opened = KeyOf('\0').Open(sealed, "");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(*opened, std::string(16, '\0'));
}

TEST(AeadTest, OpensWhatItSealedOfAnyLength) {
  SeededRandom random(3);
  const AeadKey key = KeyOf('k');
  for (size_t size : {0u, 1u, 15u, 16u, 17u, 4096u, 100000u}) {
    const std::string plaintext = random.Bytes(size);
    const std::string sealed = key.Seal(plaintext, "bound", random);
    EXPECT_EQ(sealed.size(), size + kAeadNonceBytes + kAeadTagBytes);
    const absl::StatusOr<std::string> opened = key.Open(sealed, "bound");
    ASSERT_TRUE(opened.ok()) << size;
    EXPECT_EQ(*opened, plaintext);
  }
}

TEST(AeadTest, RefusesEverySingleChangedBit) {
  SeededRandom random(4);
  const AeadKey key = KeyOf('k');
  const std::string sealed = key.Seal("a secret", "bound", random);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_EQ(key.Open(changed, "bound").status().code(), absl::StatusCode::kDataLoss) << bit;
  }
}

TEST(AeadTest, RefusesOtherKeyOtherAssociatedDataAndTruncation) {
  SeededRandom random(5);
  const AeadKey key = KeyOf('k');
  const std::string sealed = key.Seal("a secret", "bound", random);
  EXPECT_FALSE(KeyOf('l').Open(sealed, "bound").ok());
  EXPECT_FALSE(key.Open(sealed, "Bound").ok());
  EXPECT_FALSE(key.Open(sealed, "").ok());
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(key.Open(sealed.substr(0, size), "bound").ok()) << size;
  }
}

TEST(AeadTest, SealsTheSameTextDifferentlyEachTime) {
  SeededRandom random(6);
  EXPECT_NE(KeyOf('k').Seal("x", "", random), KeyOf('k').Seal("x", "", random));
}

TEST(AeadTest, WantsAKeyOf32Bytes) {
  for (size_t size : {0u, 16u, 31u, 33u}) {
    EXPECT_FALSE(AeadKey::FromBytes(std::string(size, 'k')).ok()) << size;
  }
}

}  // namespace
}  // namespace hie::crypto
