#include "mpi/score/combination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "mpi/score/score.h"

namespace hie::mpi {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kHead[] = "hie-combinations 1\nversion v\nsource s\n";

std::string ShippedText() {
  const char* root = std::getenv("HIE_SOURCE_DIR");
  std::ostringstream text;
  text << std::ifstream(
              absl::StrCat(root == nullptr ? "." : root, "/deploy/config/combinations/cms.txt"),
              std::ios::binary)
              .rdbuf();
  return text.str();
}

const CombinationRules& Shipped() {
  static const CombinationRules* const rules = [] {
    auto read = ReadCombinations(ShippedText());
    EXPECT_TRUE(read.ok()) << read.status();
    return new CombinationRules(read.ok() ? *read : NoCombinations());
  }();
  return *rules;
}

CombinationRules Read(const std::string& text) {
  auto read = ReadCombinations(text);
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *read : NoCombinations();
}

// Sets a field by its name in the file to level `level`.
void SetLevel(Field field, size_t level, Agreement& a) {
  switch (field) {
    case Field::kFamily:
      a.family = static_cast<FamilyLevel>(level);
      return;
    case Field::kGiven:
      a.given = static_cast<GivenLevel>(level);
      return;
    case Field::kMiddle:
      a.middle = static_cast<MiddleLevel>(level);
      return;
    case Field::kSuffix:
      a.suffix = static_cast<SuffixLevel>(level);
      return;
    case Field::kBirthDate:
      a.birth_date = static_cast<BirthDateLevel>(level);
      return;
    case Field::kSex:
      a.sex = static_cast<SexLevel>(level);
      return;
    case Field::kSsn:
      a.ssn = static_cast<SsnLevel>(level);
      return;
    case Field::kPhone:
      a.phone = static_cast<PhoneLevel>(level);
      return;
    case Field::kEmail:
      a.email = static_cast<EmailLevel>(level);
      return;
    case Field::kAddress:
      a.address = static_cast<AddressLevel>(level);
      return;
    case Field::kIdentifier:
      a.identifier = static_cast<IdentifierLevel>(level);
      return;
    case Field::kMotherMaiden:
      a.mother_maiden = static_cast<MotherMaidenLevel>(level);
      return;
    case Field::kBirthOrder:
      a.birth_order = static_cast<BirthOrderLevel>(level);
      return;
    case Field::kExtra:
      a.extras[0] = static_cast<ExtraLevel>(level);
      return;
  }
}

size_t FirstLevel(uint32_t levels) {
  size_t level = 0;
  while (((levels >> level) & 1) == 0) ++level;
  return level;
}

// Two records in which what a rule needs agrees, and nothing else is known.
Agreement Meeting(const CombinationRule& rule) {
  Agreement a;
  for (const LevelChoice& need : rule.needs) SetLevel(need.field, FirstLevel(need.levels), a);
  return a;
}

struct Mistake {
  const char* name;
  std::string text;
  const char* says;
};
void PrintTo(const Mistake& m, std::ostream* out) { *out << m.name; }

class MistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsNamedWithItsLine) {
  const auto read = ReadCombinations(GetParam().text);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr(GetParam().says));
}

std::string With(const char* lines) { return absl::StrCat(kHead, lines); }

INSTANTIATE_TEST_SUITE_P(
    ReadCombinations, MistakeTest,
    ::testing::Values(
        Mistake{"Empty", "", "line 1: want \"hie-combinations 1\""},
        Mistake{"AnotherFile", "hie-match-model 1\n", "line 1: want"},
        Mistake{"NoVersion", "hie-combinations 1\nsource s\nrule a b\nneed given exact\n",
                "want a version"},
        Mistake{"NoSource", "hie-combinations 1\nversion v\nrule a b\nneed given exact\n",
                "want a source"},
        Mistake{"TwoVersions", With("version w\n"), "line 4: want each of version and source once"},
        Mistake{"NoText", "hie-combinations 1\nversion \n", "line 2: want a text"},
        Mistake{"NoRules", With(""), "want at least one rule"},
        Mistake{"UnknownWord", With("rules a b\n"), "line 4: want version, source"},
        Mistake{"HeadBelowRules", With("rule a b\nneed given exact\nforbid suffix conflict\n"),
                "line 6: want rule or need"},
        Mistake{"NeedWithoutRule", With("need given exact\n"), "line 4: want a rule before"},
        Mistake{"RuleWithoutText", With("rule a\n"), "line 4: want rule, an id"},
        Mistake{"IdWithBar", With("rule a|b c\n"), "line 4: want an id of letters"},
        Mistake{"IdTwice", With("rule a b\nneed given exact\n\nrule a c\n"),
                "line 7: want each id once, not a again"},
        Mistake{"RuleOfNothing", With("rule a b\nrule c d\nneed given exact\n"),
                "line 4: want at least one need of a"},
        Mistake{"LastRuleOfNothing", With("rule a b\nneed given exact\nrule c d\n# end\n"),
                "line 6: want at least one need of c"},
        Mistake{"UnknownField", With("rule a b\nneed first exact\n"),
                "line 5: want a field of the model"},
        Mistake{"ExtraField", With("rule a b\nneed extra0 exact\n"), "line 5: want a field"},
        Mistake{"NoLevel", With("rule a b\nneed given\n"), "line 5: want a field and at least"},
        Mistake{"UnknownLevel", With("rule a b\nneed phone exact nickname\n"),
                "line 5: want levels of phone, each once: exact subscriber one_edit differs"},
        Mistake{"Missing", With("rule a b\nneed phone missing\n"), "line 5: want levels of phone"},
        Mistake{"LevelTwice", With("rule a b\nneed phone exact ~exact\n"), "line 5: want levels"},
        Mistake{"FieldTwice", With("rule a b\nneed phone exact\nneed phone one_edit\n"),
                "line 6: want each field once"},
        Mistake{"FuzzyMaxTwice", With("fuzzy_max 1\nfuzzy_max 1\n"), "line 5: want fuzzy_max once"},
        Mistake{"FuzzyMaxNoNumber", With("fuzzy_max one\n"), "line 4: want fuzzy_max"},
        Mistake{"FuzzyMaxTooHigh", With("fuzzy_max 14\n"), "line 4: want fuzzy_max"},
        Mistake{"FuzzyForbid", With("forbid suffix ~conflict\n"), "line 4: want no mark"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ReadCombinationsTest, ReadsEveryWord) {
  const CombinationRules rules = Read(
      "hie-combinations 1\r\n# note\nversion v 1\nsource by hand\nfuzzy_max 2\n"
      "forbid suffix conflict\n\nrule x-1  what it says\n  need given exact ~one_edit\n");
  EXPECT_EQ(rules.version, "v 1");
  EXPECT_EQ(rules.source, "by hand");
  EXPECT_EQ(rules.fuzzy_max, 2u);
  EXPECT_THAT(rules.forbids, ElementsAre(LevelChoice{Field::kSuffix, 0b10, 0}));
  ASSERT_EQ(rules.rules.size(), 1u);
  EXPECT_EQ(rules.rules[0].id, "x-1");
  EXPECT_EQ(rules.rules[0].description, "what it says");
  EXPECT_THAT(rules.rules[0].needs, ElementsAre(LevelChoice{Field::kGiven, 0b101, 0b100}));
}

TEST(ReadCombinationsTest, AnyBytesAreReadOrRefused) {
  std::mt19937 random(7);
  const std::string text = ShippedText();
  ASSERT_FALSE(text.empty());
  for (int i = 0; i < 2'000; ++i) {
    std::string broken = text.substr(0, random() % text.size());
    for (int j = 0; j < 3 && !broken.empty(); ++j) {
      broken[random() % broken.size()] = static_cast<char>(random());
    }
    const auto read = ReadCombinations(broken);
    if (!read.ok()) {
      EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
    }
  }
}

TEST(ShippedCombinationsTest, TheFileSaysWhatItIsAndEveryIdItsVersion) {
  EXPECT_EQ(Shipped().version, "cms-draft-3.4.0");
  EXPECT_THAT(Shipped().source, HasSubstr("draft"));
  EXPECT_EQ(Shipped().rules.size(), 14u);
  for (const CombinationRule& rule : Shipped().rules) {
    EXPECT_THAT(rule.id, ::testing::StartsWith("cms-3.4.0-"));
    EXPECT_GE(rule.needs.size(), 2u) << rule.id;
  }
}

TEST(ShippedCombinationsTest, EachRuleHoldsOfAPairThatMeetsItAndOfNoneThatLacksAField) {
  for (const CombinationRule& rule : Shipped().rules) {
    SCOPED_TRACE(rule.id);
    const Agreement meets = Meeting(rule);
    EXPECT_THAT(FindCombinations(meets, Shipped()), Contains(rule.id));
    for (const LevelChoice& need : rule.needs) {
      const size_t levels = DefaultModel().field(need.field).level_count;
      for (size_t level = 0; level < levels; ++level) {
        Agreement other = meets;
        SetLevel(need.field, level, other);
        const bool satisfies = ((need.levels >> level) & 1) != 0;
        const auto found = FindCombinations(other, Shipped());
        EXPECT_EQ(std::count(found.begin(), found.end(), rule.id), satisfies ? 1 : 0)
            << DefaultModel().field(need.field).name << " " << level;
      }
    }
  }
}

TEST(ShippedCombinationsTest, NothingHoldsWhereNothingIsKnown) {
  EXPECT_THAT(FindCombinations(Agreement{}, Shipped()), IsEmpty());
}

TEST(FindCombinationsTest, OneApproximationIsAllowedNotTwo) {
  Agreement a = Meeting(Shipped().rules[0]);
  a.given = GivenLevel::kOneEdit;
  EXPECT_THAT(FindCombinations(a, Shipped()), ElementsAre("cms-3.4.0-01"));
  a.family = FamilyLevel::kOneEdit;
  EXPECT_THAT(FindCombinations(a, Shipped()), IsEmpty());
}

TEST(FindCombinationsTest, FatherAndSonAreNoHit) {
  Agreement a = Meeting(Shipped().rules[0]);
  a.suffix = SuffixLevel::kSame;
  EXPECT_THAT(FindCombinations(a, Shipped()), ElementsAre("cms-3.4.0-01"));
  a.suffix = SuffixLevel::kConflict;
  EXPECT_THAT(FindCombinations(a, Shipped()), IsEmpty());
}

TEST(FindCombinationsTest, IdsComeInTheOrderOfTheFile) {
  const CombinationRules rules =
      Read(With("rule z b\nneed phone exact\nrule a b\nneed given exact\nneed phone exact\n"));
  Agreement a;
  a.phone = PhoneLevel::kExact;
  EXPECT_THAT(FindCombinations(a, rules), ElementsAre("z"));
  a.given = GivenLevel::kExact;
  EXPECT_THAT(FindCombinations(a, rules), ElementsAre("z", "a"));
  EXPECT_THAT(FindCombinations(a, NoCombinations()), IsEmpty());
}

// Twins share family name, birth date and telephone: rule 30 holds of them.  The score does not
// know rules, and its veto stands.
TEST(FindCombinationsTest, AHitDoesNotLinkTwins) {
  Features a, b;
  a.birth_date = b.birth_date = CivilDate{2011, 4, 23};
  a.phones = b.phones = {"+13125550142"};
  a.names = {{{"larssen"}, "edith", {}, Generation::kNone, false}};
  b.names = {{{"larssen"}, "bruno", {}, Generation::kNone, false}};
  const Agreement agreement = Compare(a, b);
  EXPECT_THAT(FindCombinations(agreement, Shipped()), ElementsAre("cms-3.4.0-30"));
  const PairScore score = Score(agreement, DefaultModel());
  EXPECT_TRUE(score.vetoes != 0 || score.weight() < DefaultModel().thresholds.link);
}

TEST(FindCombinationsTest, RecordsMayChangeSides) {
  Features a, b;
  a.birth_date = b.birth_date = CivilDate{1971, 4, 23};
  a.emails = b.emails = {"larssen@example.org"};
  a.names = {{{"larssen"}, "william", {}, Generation::kNone, false}};
  b.names = {{{"larsen"}, "bill", {}, Generation::kNone, false}};
  const auto found = FindCombinations(Compare(a, b), Shipped());
  EXPECT_THAT(found, ElementsAre("cms-3.4.0-03", "cms-3.4.0-12"));
  EXPECT_EQ(FindCombinations(Compare(b, a), Shipped()), found);
}

// The same by names: the file's words against the words of Explain.
std::vector<std::string> FindByNames(const Agreement& agreement, const std::string& text) {
  std::map<std::string, std::string> levels;
  for (const FieldPart& part : Explain(agreement, DefaultModel())) {
    levels[part.field] = std::string(part.level);
  }
  std::vector<std::string> found;
  std::string id;
  int fuzzy = 0, fuzzy_max = 0;
  bool holds = false;
  const auto close = [&] {
    if (holds && fuzzy <= fuzzy_max) found.push_back(id);
  };
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "fuzzy_max") fuzzy_max = std::stoi(words[1]);
    if (words[0] == "forbid" && levels[words[1]] == words[2]) return {};
    if (words[0] == "rule") {
      close();
      id = words[1];
      holds = true;
      fuzzy = 0;
    }
    if (words[0] != "need") continue;
    const std::set<std::string> allowed(words.begin() + 2, words.end());
    const bool near = allowed.count("~" + levels[words[1]]) > 0;
    fuzzy += near ? 1 : 0;
    holds = holds && (near || allowed.count(levels[words[1]]) > 0);
  }
  close();
  return found;
}

TEST(FindCombinationsTest, EqualsAReadingOfTheFileByNames) {
  std::mt19937 random(11);
  const std::string text = ShippedText();
  size_t hits = 0;
  for (int i = 0; i < 5'000; ++i) {
    Agreement a;
    for (size_t f = 0; f < kNamedFieldCount; ++f) {
      const auto field = static_cast<Field>(f);
      // Mostly strong levels: pairs taken blindly meet no rule.
      const size_t levels = DefaultModel().field(field).level_count;
      SetLevel(field, random() % 3 == 0 ? random() % levels : random() % 2, a);
    }
    if (random() % 2 == 0) a.suffix = SuffixLevel::kMissing;
    const auto found = FindCombinations(a, Shipped());
    EXPECT_EQ(found, FindByNames(a, text));
    hits += found.size();
  }
  EXPECT_GT(hits, 1'000u);
}

}  // namespace
}  // namespace hie::mpi
