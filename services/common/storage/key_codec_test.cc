#include "services/common/storage/key_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;

using Parts = std::tuple<std::string, uint32_t, int64_t>;

std::string RandomText(std::mt19937_64& random) {
  static constexpr absl::string_view kLetters("\x00\x01\x02\x61\xfe\xff", 6);
  std::string text;
  for (size_t bytes = random() % 5; bytes > 0; --bytes) {
    text += kLetters[random() % kLetters.size()];
  }
  return text;
}

TEST(KeyCodecTest, ByteOrderIsTheOrderOfTheParts) {
  constexpr uint64_t kSeed = 20240701;
  std::mt19937_64 random(kSeed);
  std::vector<std::pair<std::string, Parts>> keys;
  for (int i = 0; i < 500; ++i) {
    const Parts parts{RandomText(random), static_cast<uint32_t>(random() % 3),
                      static_cast<int64_t>(random() % 7) - 3};
    keys.emplace_back(KeyWriter()
                          .Text(std::get<0>(parts))
                          .U32(std::get<1>(parts))
                          .Time(absl::FromUnixMicros(std::get<2>(parts)))
                          .key(),
                      parts);
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; }))
      << "seed " << kSeed;
}

TEST(KeyCodecTest, GivesBackWhatWasWritten) {
  constexpr uint64_t kSeed = 7;
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 500; ++i) {
    SCOPED_TRACE(i);
    const std::string text = RandomText(random);
    const uint64_t number = random();
    const absl::Time time = absl::FromUnixMicros(static_cast<int64_t>(random() >> 8));
    const std::string key = KeyWriter()
                                .U8(static_cast<uint8_t>(number))
                                .Text(text)
                                .U64(number)
                                .TimeDescending(time)
                                .Time(time)
                                .U32(static_cast<uint32_t>(number))
                                .key();
    KeyReader reader(key);
    EXPECT_THAT(reader.U8(), IsOkAndHolds(static_cast<uint8_t>(number)));
    EXPECT_THAT(reader.Text(), IsOkAndHolds(text));
    EXPECT_THAT(reader.U64(), IsOkAndHolds(number));
    EXPECT_THAT(reader.TimeDescending(), IsOkAndHolds(time));
    EXPECT_THAT(reader.Time(), IsOkAndHolds(time));
    EXPECT_THAT(reader.U32(), IsOkAndHolds(static_cast<uint32_t>(number)));
    EXPECT_TRUE(reader.done());
  }
}

TEST(KeyCodecTest, DescendingTimePutsTheLatestFirst) {
  const absl::Time early = absl::FromUnixSeconds(-5);
  const absl::Time late = absl::FromUnixSeconds(5);
  EXPECT_LT(KeyWriter().TimeDescending(late).key(), KeyWriter().TimeDescending(early).key());
  EXPECT_LT(KeyWriter().Time(early).key(), KeyWriter().Time(late).key());
}

TEST(KeyCodecTest, TextIsNoPrefixOfALongerText) {
  EXPECT_FALSE(absl::StartsWith(KeyWriter().Text("abc").key(), KeyWriter().Text("ab").key()));
  EXPECT_TRUE(absl::StartsWith(KeyWriter().Text("ab").U32(7).key(), KeyWriter().Text("ab").key()));
}

TEST(KeyCodecTest, RefusesWhatIsNoKey) {
  const auto data_loss = StatusIs(absl::StatusCode::kDataLoss);
  EXPECT_THAT(KeyReader("abc").U32(), data_loss);
  EXPECT_THAT(KeyReader("").U8(), data_loss);
  EXPECT_THAT(KeyReader("no end").Text(), data_loss);
  EXPECT_THAT(KeyReader(absl::string_view("a\0", 2)).Text(), data_loss);
  EXPECT_THAT(KeyReader(absl::string_view("a\0b", 3)).Text(), data_loss);
}

TEST(KeyCodecTest, PrefixEndIsTheFirstKeyAfterThePrefix) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff"), "");
  EXPECT_EQ(PrefixEnd(""), "");
}

}  // namespace
}  // namespace hie
