#include "mpi/block/sound.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

namespace hie::mpi {
namespace {

TEST(PhoneticOfTest, EqualsThePublishedExamples) {
  // The list of dropby.com/NYSIISTextStrings as Apache Commons Codec has it, cut at six letters.
  const struct {
    const char* name;
    const char* code;
  } cases[] = {{"macintosh", "mcant"},   {"knuth", "nat"},         {"koehn", "can"},
               {"phillipson", "falaps"}, {"pfeister", "fastar"},   {"schoenhoeft", "sanaft"},
               {"mckee", "mcy"},         {"mackie", "mcy"},        {"heitschmidt", "hatsna"},
               {"bart", "bad"},          {"hurd", "had"},          {"hunt", "had"},
               {"westerlund", "wastar"}, {"casstevens", "castaf"}, {"vasquez", "vasg"},
               {"frazier", "frasar"},    {"bowman", "banan"},      {"mcknight", "mcnagt"},
               {"rickert", "racad"},     {"deutsch", "dat"},       {"westphal", "wastfa"},
               {"shriver", "sravar"},    {"kuhl", "cal"},          {"rawson", "rasan"},
               {"jiles", "jal"},         {"carraway", "cary"},     {"yamada", "yanad"},
               {"brian", "bran"},        {"brown", "bran"},        {"brun", "bran"},
               {"kipp", "cap"},          {"dent", "dad"},          {"dane", "dan"},
               {"dionne", "dan"},        {"phil", "fal"},          {"odaniel", "odanal"},
               {"odonnel", "odanal"},    {"cory", "cary"},         {"kory", "cary"},
               {"fuzzy", "fasy"},        {"johnson", "jansan"},    {"jonson", "jansan"},
               {"stephens", "stafan"},   {"raphael", "rafal"},     {"sarah", "sar"},
               {"hannah", "han"}};
  for (const auto& c : cases) EXPECT_EQ(PhoneticOf(c.name), c.code) << c.name;
}

TEST(PhoneticOfTest, NamesOfOneSoundShareACode) {
  const struct {
    const char* a;
    const char* b;
  } cases[] = {{"larsen", "larson"}, {"catherine", "catharine"}, {"stephen", "stefan"},
               {"smith", "schmit"},  {"truman", "trueman"},      {"fernandes", "fernandez"}};
  for (const auto& c : cases) EXPECT_EQ(PhoneticOf(c.a), PhoneticOf(c.b)) << c.a;
}

TEST(PhoneticOfTest, ShortAndForeignWordsHaveACode) {
  EXPECT_EQ(PhoneticOf(""), "");
  EXPECT_EQ(PhoneticOf("a"), "a");
  EXPECT_EQ(PhoneticOf("s"), "s");
  EXPECT_EQ(PhoneticOf("ee"), "y");
  EXPECT_EQ(PhoneticOf("kn"), "n");
  EXPECT_EQ(PhoneticOf("de la cruz"), PhoneticOf("delacruz"));
  EXPECT_EQ(PhoneticOf("李"), "李");
  EXPECT_EQ(PhoneticOf("123"), "123");
  EXPECT_EQ(PhoneticOf("李李李李李李李李李李"), "李李李李李李李李");
}

TEST(PhoneticOfTest, IsTotalAndBoundedOnRandomBytes) {
  const uint64_t seed = 17;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string name;
    for (size_t n = random() % 40; n > 0; --n) {
      name += i % 2 == 0 ? static_cast<char>(random()) : static_cast<char>('a' + random() % 26);
    }
    const std::string code = PhoneticOf(name);
    ASSERT_EQ(code.empty(), name.empty());
    ASSERT_LE(code.size(), i % 2 == 0 ? kPhoneticBytesMax : kPhoneticLettersMax);
    ASSERT_FALSE(!name.empty() && SoundOf(name).empty());
  }
  EXPECT_EQ(PhoneticOf(std::string(10'000, 'b')), "b");
}

}  // namespace
}  // namespace hie::mpi
