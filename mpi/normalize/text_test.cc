#include "mpi/normalize/text.h"

#include <gtest/gtest.h>

#include <random>

namespace hie::mpi {
namespace {

TEST(FoldTextTest, DropsCaseDiacriticsAndPunctuation) {
  const struct {
    const char* in;
    const char* out;
  } cases[] = {{"Smith", "smith"},   {"  O'Brien ", "obrien"},  {"García-López", "garcia lopez"},
               {"MÜLLER", "muller"}, {"Straße", "strasse"},     {"Søren", "soren"},
               {"Łukasz", "lukasz"}, {"Æthelred", "aethelred"}, {"O’Neill", "oneill"},
               {"ﬁona", "fiona"},    {"St. John", "st john"},   {"", ""},
               {"...", ""},          {"Ngu\u1EC5n", "nguen"},   {"李", "李"}};
  for (const auto& c : cases) EXPECT_EQ(FoldText(c.in), c.out);
}

TEST(FoldTextTest, BadUtf8IsDroppedNotAnError) {
  EXPECT_EQ(FoldText("A\xff\xfe"
                     "b"),
            "ab");
}

TEST(FoldTextTest, IsIdempotentOnRandomBytes) {
  const uint64_t seed = 20240131;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += static_cast<char>(random());
    const std::string once = FoldText(text);
    ASSERT_EQ(FoldText(once), once);
  }
}

TEST(FoldTextTest, LongTextsAreFolded) {
  EXPECT_EQ(FoldText(std::string(10'000, 'A')), std::string(10'000, 'a'));
  std::string umlauts;
  for (int i = 0; i < 5'000; ++i) umlauts += "Ü";
  EXPECT_EQ(FoldText(umlauts), std::string(5'000, 'u'));
}

TEST(FoldTokensTest, TokensAndCompactFormAreThoseOfTheFoldedText) {
  const uint64_t seed = 5;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  constexpr absl::string_view kLetters = "aB1 -'`.\xC3\xBC";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += kLetters[random() % kLetters.size()];
    std::string joined;
    std::string compact;
    for (const std::string& token : FoldTokens(text)) {
      ASSERT_FALSE(token.empty());
      joined += (joined.empty() ? "" : " ") + token;
      compact += token;
    }
    ASSERT_EQ(joined, FoldText(text));
    ASSERT_EQ(compact, FoldCompact(text));
  }
}

TEST(FoldTokensTest, SplitsAtEveryMark) {
  EXPECT_EQ(FoldTokens("de la Cruz-Vega"), (std::vector<std::string>{"de", "la", "cruz", "vega"}));
}

}  // namespace
}  // namespace hie::mpi
