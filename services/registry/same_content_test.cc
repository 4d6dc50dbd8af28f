#include "services/registry/same_content.h"

#include <ostream>
#include <string>

#include "gtest/gtest.h"

namespace hie::registry {
namespace {

struct Case {
  std::string name;
  ContentFacts filed;
  ContentFacts sent;
  Likeness compared;
  Likeness claimed;  // CheckClaimed(sent, filed).
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class SameContentTest : public testing::TestWithParam<Case> {};

TEST_P(SameContentTest, TheStrongestSharedFactDecides) {
  EXPECT_EQ(Compare(GetParam().filed, GetParam().sent), GetParam().compared);
  EXPECT_EQ(Compare(GetParam().sent, GetParam().filed), GetParam().compared);
  EXPECT_EQ(CheckClaimed(GetParam().sent, GetParam().filed), GetParam().claimed);
}

constexpr Likeness kSame = Likeness::kSame;
constexpr Likeness kHash = Likeness::kOtherHash;
constexpr Likeness kSize = Likeness::kOtherSize;

INSTANTIATE_TEST_SUITE_P(
    , SameContentTest,
    testing::Values(Case{"SameSha256", {"a", "", 0}, {"a", "", 0}, kSame, kSame},
                    Case{"OtherSha256", {"a", "", 0}, {"b", "", 0}, kHash, kHash},
                    Case{"Sha256BeforeSha1", {"a", "x", 0}, {"a", "y", 0}, kSame, kHash},
                    Case{"Sha1WhereSha256IsAbsent", {"a", "x", 0}, {"", "x", 0}, kSame, kSame},
                    Case{"OtherSha1", {"a", "x", 0}, {"", "y", 0}, kHash, kHash},
                    Case{"OneHasNoHash", {"a", "", 5}, {"", "", 5}, kHash, kSame},
                    Case{"KindsThatDoNotMeet", {"a", "", 5}, {"", "x", 5}, kHash, kHash},
                    Case{"NeitherHasAny", {"", "", 0}, {"", "", 0}, kSame, kSame},
                    Case{"OnlySizes", {"", "", 5}, {"", "", 5}, kSame, kSame},
                    Case{"OtherSizes", {"", "", 5}, {"", "", 6}, kSize, kSize},
                    Case{"OneSizeUnknown", {"", "", 5}, {"", "", 0}, kSame, kSame},
                    Case{"SameHashOtherSize", {"a", "", 5}, {"a", "", 6}, kSize, kSize}),
    [](const testing::TestParamInfo<Case>& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace hie::registry
