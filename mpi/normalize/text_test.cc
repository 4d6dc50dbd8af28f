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

TEST(FoldTokensTest, SplitsAtEveryMark) {
  EXPECT_EQ(FoldTokens("de la Cruz-Vega"), (std::vector<std::string>{"de", "la", "cruz", "vega"}));
}

}  // namespace
}  // namespace hie::mpi
