#include "services/common/crypto/base64url.h"

#include <gtest/gtest.h>

#include <set>

#include "services/common/base/random_source.h"

namespace hie::crypto {
namespace {

TEST(Base64UrlTest, AgreesWithRfc4648WithoutPadding) {
  EXPECT_EQ(Base64UrlEncode(""), "");
  EXPECT_EQ(Base64UrlEncode("f"), "Zg");
  EXPECT_EQ(Base64UrlEncode("fo"), "Zm8");
  EXPECT_EQ(Base64UrlEncode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64UrlEncode("\xfb\xff"), "-_8");
}

TEST(Base64UrlTest, ReadsBackWhatItWrote) {
  constexpr uint64_t kSeed = 7;
  SeededRandom random(kSeed);
  for (size_t size = 0; size < 300; ++size) {
    const std::string bytes = random.Bytes(size);
    const absl::StatusOr<std::string> read = Base64UrlDecode(Base64UrlEncode(bytes));
    ASSERT_TRUE(read.ok());
    ASSERT_EQ(*read, bytes) << "seed " << kSeed << " size " << size;
  }
}

TEST(Base64UrlTest, RefusesEveryOtherForm) {
  for (const char* text : {"Zg==", "Zg=", "Z", "Zh", "Zm9", "Zm9vY", "Zm+v", "Zm/v", "Zm9v\n",
                           " Zm9v", "Zm 9v", "Zm9v.", "Zm9v\x80", "AB", "////"}) {
    EXPECT_FALSE(Base64UrlDecode(text).ok()) << text;
  }
  EXPECT_FALSE(Base64UrlDecode(absl::string_view("AA\0A", 4)).ok());
}

TEST(Base64UrlTest, EveryByteStringHasOneText) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::set<std::string> seen;
  int accepted = 0;
  for (const char a : alphabet) {
    for (const char b : alphabet) {
      const absl::StatusOr<std::string> bytes = Base64UrlDecode(std::string{a, b});
      if (!bytes.ok()) continue;
      ++accepted;
      seen.insert(*bytes);
    }
  }
  EXPECT_EQ(accepted, 256);
  EXPECT_EQ(seen.size(), 256u);
}

}  // namespace
}  // namespace hie::crypto
