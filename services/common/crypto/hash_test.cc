#include "services/common/crypto/hash.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "services/common/base/random_source.h"

namespace hie::crypto {
namespace {

TEST(Sha256Test, AgreesWithFips180) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PartsInAnySplitEqualTheWholeAndAHasherIsReusable) {
  constexpr uint64_t kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  Sha256Hasher hasher;
  for (int i = 0; i < 500; ++i) {
    const std::string bytes = random.Bytes(random.Next() % 300);
    for (absl::string_view rest = bytes; !rest.empty();) {
      const size_t part = std::min<size_t>(rest.size(), 1 + random.Next() % 70);
      hasher.Update(rest.substr(0, part));
      rest.remove_prefix(part);
    }
    ASSERT_EQ(hasher.Finish(), Sha256(bytes)) << "seed " << kSeed << " round " << i;
  }
}

TEST(HmacSha256Test, AgreesWithRfc4231) {
  EXPECT_EQ(absl::BytesToHexString(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(absl::BytesToHexString(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      absl::BytesToHexString(HmacSha256(std::string(131, '\xaa'),
                                        "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256Test, TakesEmptyKeyAndEmptyText) {
  EXPECT_EQ(absl::BytesToHexString(HmacSha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(ConstantTimeEqualTest, ComparesBytesAndLengths) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "ab"));
  EXPECT_FALSE(ConstantTimeEqual(absl::string_view("a\0b", 3), absl::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace hie::crypto
