#include "services/common/crypto/sha1.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace hie::crypto {
namespace {

TEST(Sha1Test, AgreesWithFips180) {
  EXPECT_EQ(absl::BytesToHexString(Sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(absl::BytesToHexString(Sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Sha1Test, PartsEqualTheWholeAndAHasherIsReusable) {
  Sha1Hasher hasher;
  for (int i = 0; i < 2; ++i) {
    hasher.Update("a");
    hasher.Update("");
    hasher.Update("bc");
    EXPECT_EQ(hasher.Finish(), Sha1("abc"));
  }
}

}  // namespace
}  // namespace hie::crypto
