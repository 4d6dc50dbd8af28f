#include "mpi/normalize/name.h"

#include <gtest/gtest.h>

#include "mpi/normalize/nicknames.h"

namespace hie::mpi {
namespace {

HumanName Name(std::string family, std::vector<std::string> given, std::string suffix = "") {
  return {"official", std::move(family), std::move(given), std::move(suffix)};
}

TEST(NormalizeNameTest, KeepsSuffixApartWhereverItStands) {
  EXPECT_EQ(NormalizeName(Name("Hill", {"Sam"}, "Jr.")).generation, Generation::kJunior);
  EXPECT_EQ(NormalizeName(Name("Hill SR", {"Sam"})).generation, Generation::kSenior);
  EXPECT_EQ(NormalizeName(Name("Hill", {"Sam III"})).generation, Generation::kThird);
  EXPECT_EQ(NormalizeName(Name("Hill Jr", {"Sam"})).family, std::vector<std::string>{"hill"});
}

TEST(NormalizeNameTest, NewbornPlaceholdersAreMissing) {
  for (const char* given : {"BABY BOY", "BabyGirl", "Twin A", "BOY B", "Newborn", "Infant Female",
                            "BB", "Baby", "Baby Boy Hill", "BABY GIRL OF MARIA", "BB Hill",
                            "Infant Maria", "BBoy", "Twin1", "Boy Hill"}) {
    const NormalizedName name = NormalizeName(Name("Hill", {given}));
    EXPECT_TRUE(name.newborn) << given;
    EXPECT_EQ(name.first, "") << given;
  }
  EXPECT_FALSE(NormalizeName(Name("Hill", {"Barry"})).newborn);
  EXPECT_FALSE(NormalizeName(Name("Hill", {})).newborn);
  EXPECT_FALSE(NormalizeName(Name("Hill", {"Baby", "Jane"})).newborn);
}

TEST(NormalizeNameTest, NonValuesAreMissing) {
  const NormalizedName name = NormalizeName(Name("DOE", {"Unknown"}));
  EXPECT_TRUE(name.family.empty());
  EXPECT_EQ(name.first, "");
}

TEST(NormalizeNameTest, SplitsGivenNamesAndHyphens) {
  const NormalizedName name = NormalizeName(Name("Smith-Jones", {"Mary Ann", "Q."}));
  EXPECT_EQ(name.family, (std::vector<std::string>{"smith", "jones"}));
  EXPECT_EQ(name.first, "mary");
  EXPECT_EQ(name.middle, (std::vector<std::string>{"ann", "q"}));
}

TEST(NormalizeNameTest, FillersAreMissing) {
  for (const char* text : {"Unknown", "UNK", "Test", "TEST123", "ZZTest", "zzz", "xxxx",
                           "Last Name", "No Name", "Not Given", "FNU", "Patient", "Refused"}) {
    const NormalizedName name = NormalizeName(Name(text, {text}));
    EXPECT_EQ(JoinedFamily(name), "") << text;
    EXPECT_EQ(name.first, "") << text;
  }
  EXPECT_EQ(NormalizeName(Name("Testa", {"Nona"})).family, std::vector<std::string>{"testa"});
}

TEST(NormalizeNameTest, TitlesAreNoNames) {
  const struct {
    const char* given;
    const char* first;
  } cases[] = {{"Dr. Sam", "sam"},       {"Sir Thomas", "thomas"},    {"Rev. Mr. Amos", "amos"},
               {"Lady", "lady"},         {"Right Hon. John", "john"}, {"Capt Sam, Esq.", "sam"},
               {"Sam MD", "sam"},        {"Major", "major"},          {"Mrs", ""},
               {"Dame Judith", "judith"}};
  for (const auto& c : cases) {
    EXPECT_EQ(NormalizeName(Name("Hill", {c.given})).first, c.first) << c.given;
  }
  EXPECT_EQ(NormalizeName(Name("Lord", {"Sam"})).family, std::vector<std::string>{"lord"});
}

TEST(ParseGenerationTest, ReadsSuffixesBesideTitles) {
  const struct {
    const char* text;
    Generation generation;
  } cases[] = {{"Jr.", Generation::kJunior},     {"J.R.", Generation::kJunior},
               {"SR", Generation::kSenior},      {"II", Generation::kSecond},
               {"2nd", Generation::kSecond},     {"III", Generation::kThird},
               {"iv", Generation::kFourth},      {"V", Generation::kFifth},
               {"Jr., MD", Generation::kJunior}, {"Esq.", Generation::kNone},
               {"MD", Generation::kNone},        {"2nd Baronet", Generation::kNone},
               {"", Generation::kNone},          {"\xff", Generation::kNone}};
  for (const auto& c : cases) EXPECT_EQ(ParseGeneration(c.text), c.generation) << c.text;
  EXPECT_EQ(NormalizeName(Name("Hill V", {"Sam"})).generation, Generation::kFifth);
  EXPECT_EQ(NormalizeName(Name("Hill", {"Sam V"})).generation, Generation::kNone);
}

TEST(FamilyCoreTest, LeavesParticlesOut) {
  using Tokens = std::vector<std::string>;
  const struct {
    const char* family;
    Tokens tokens;
    Tokens core;
  } cases[] = {{"de la Cruz", {"de", "la", "cruz"}, {"cruz"}},
               {"van der Berg", {"van", "der", "berg"}, {"berg"}},
               {"Garcia y Lopez", {"garcia", "y", "lopez"}, {"garcia", "lopez"}},
               {"Al-Mansour", {"al", "mansour"}, {"mansour"}},
               {"bin Salman", {"bin", "salman"}, {"salman"}},
               {"Mac Donald", {"mac", "donald"}, {"mac", "donald"}},
               {"St. John", {"st", "john"}, {"st", "john"}},
               {"O'Brien", {"obrien"}, {"obrien"}},
               {"Le", {"le"}, {"le"}},
               {"De La", {"de", "la"}, {"de", "la"}},
               {"", {}, {}}};
  for (const auto& c : cases) {
    const NormalizedName name = NormalizeName(Name(c.family, {"Sam"}));
    EXPECT_EQ(name.family, c.tokens) << c.family;
    EXPECT_EQ(FamilyCore(name), c.core) << c.family;
  }
}

TEST(NormalizeNameTest, IsTotalOnLongAndBrokenText) {
  const std::string long_word(10'000, 'a');
  EXPECT_EQ(NormalizeName(Name(long_word, {long_word})).first, long_word);
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "a ";
  EXPECT_EQ(NormalizeName(Name(many, {many})).middle.size(), 4'999u);
  EXPECT_EQ(NormalizeName(Name("\xff\xfe", {"\xc3"})), NormalizedName{});
}

}  // namespace
}  // namespace hie::mpi
