#include "services/hiectl/matching/combination_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/json/reader.h"
#include "services/hiectl/matching/explain_run.h"
#include "services/hiectl/matching/pair_run.h"
#include "tests/support/status_matchers.h"

// Rules of combinations, from their file to what the doors report.
namespace hie::ctl::matching {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kRules[] =
    "hie-combinations 1\nversion local-1\nsource test\n"
    "rule local-1-a family name and telephone\nneed family exact\nneed phone exact\n"
    "rule local-1-b telephone\nneed phone exact\n";

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  return path;
}

std::vector<std::vector<std::string>> ReadCells(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  std::vector<std::vector<std::string>> rows;
  for (const absl::string_view line : absl::StrSplit(text.str(), '\n', absl::SkipEmpty())) {
    rows.push_back(absl::StrSplit(line, ','));
  }
  return rows;
}

class CombinationFileTest : public ::testing::Test {
 protected:
  // One person, two strangers, and twins, who share all but the first name.
  CombinationFileTest() {
    options_.inputs = {
        Write("rule_pairs.csv",
              "n,a_first,b_first,a_last,b_last,a_dob,b_dob,a_phone,b_phone\n"
              "1,Anna,Anna,Albrecht,Albrecht,1960-10-11,1960-10-11,3122000001,3122000001\n"
              "2,Anna,Boris,Albrecht,Czerny,1960-10-11,1981-12-20,3122000001,3122777001\n"
              "3,Edith,Bruno,Larssen,Larssen,2011-04-23,2011-04-23,3122000044,3122000044\n")};
    options_.columns = {Write("rule_pairs.toml",
                              "id = \"n\"\ngiven = \"first\"\nfamily = \"last\"\n"
                              "birth_date = \"dob\"\nphone = \"phone\"\n")};
    options_.out = ::testing::TempDir() + "/rule_scored.csv";
  }
  Voice voice() {
    return {[this](absl::string_view text) { said_.emplace_back(text); }, nullptr};
  }
  std::vector<std::vector<std::string>> Scored() {
    report_ = ValueOrDie(RunPairs(options_, {}, clock_, voice()));
    return ReadCells(options_.out);
  }

  RunOptions options_;
  PairsReport report_;
  SimulatedClock clock_{absl::UnixEpoch()};
  std::vector<std::string> said_;
};

TEST_F(CombinationFileTest, TheLastColumnOfScoredPairsNamesTheRulesThatHold) {
  options_.rules = Write("local.txt", kRules);
  const auto rows = Scored();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].back(), "rule");
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  EXPECT_EQ(rows[1].back(), "local-1-a|local-1-b");
  EXPECT_EQ(rows[2].back(), "");
  EXPECT_EQ(rows[3].back(), "local-1-a|local-1-b");
  EXPECT_EQ(report_.rules_version, "local-1");
  EXPECT_EQ(report_.pairs_with_rule, 2u);
  const json::Value json = ValueOrDie(json::Read(ToJson(report_)));
  EXPECT_EQ(json.At("/rules_version")->text(), "local-1");
  EXPECT_EQ(json.At("/pairs_with_rule")->integer(), 2);
}

TEST_F(CombinationFileTest, AHitChangesNoOutcomeAndNoWeight) {
  // No rule ever holds, against one that holds of every pair that has a telephone.
  options_.rules = Write("never.txt",
                         "hie-combinations 1\nversion n\nsource test\nrule n-1 none\n"
                         "need sex differs\nneed birth_order differs\n");
  auto without = Scored();
  EXPECT_EQ(report_.pairs_with_rule, 0u);
  options_.rules = Write("always.txt",
                         "hie-combinations 1\nversion y\nsource test\nrule y-1 all\n"
                         "need phone exact subscriber one_edit differs\n");
  auto with = Scored();
  EXPECT_EQ(report_.pairs_with_rule, 3u);
  for (auto* rows : {&without, &with}) {
    for (auto& row : *rows) row.pop_back();
  }
  EXPECT_EQ(without, with);
  EXPECT_EQ(with[1][2], "link");
  EXPECT_NE(with[2][2], "link");
  EXPECT_NE(with[3][2], "link");
}

TEST_F(CombinationFileTest, ExplainNamesThemInTheTableAndInJson) {
  options_.rules = Write("local.txt", kRules);
  const Explanation why = ValueOrDie(ExplainPair(options_, 1, voice()));
  EXPECT_THAT(why.rules, ElementsAre("local-1-a", "local-1-b"));
  const json::Value json = ValueOrDie(json::Read(ToJson(why)));
  EXPECT_EQ(json.At("/rules/1")->text(), "local-1-b");
  EXPECT_EQ(json.At("/rules_version")->text(), "local-1");
  EXPECT_THAT(ToRows(why), ::testing::Contains(
                               ElementsAre("rules", "local-1-a local-1-b", "", "", "", "local-1")));
  const Explanation strangers = ValueOrDie(ExplainPair(options_, 2, voice()));
  EXPECT_THAT(strangers.rules, IsEmpty());
  EXPECT_THAT(ToRows(strangers),
              ::testing::Contains(ElementsAre("rules", "none", "", "", "", "local-1")));
}

TEST_F(CombinationFileTest, RowsOfAFileAreHeldAgainstThemToo) {
  RunOptions options;
  options.inputs = {Write("rule_rows.csv",
                          "n,first,last,dob,phone\n1,Anna,Albrecht,1960-10-11,3122000001\n"
                          "2,Anne,Albrecht,1960-10-11,3122000001\n"
                          "3,Boris,Czerny,1981-12-20,3122777001\n")};
  options.columns = options_.columns;
  options.rules = Write("local.txt", kRules);
  EXPECT_THAT(ValueOrDie(ExplainRows(options, 1, 2, voice())).rules,
              ElementsAre("local-1-a", "local-1-b"));
  EXPECT_THAT(ValueOrDie(ExplainRows(options, 1, 3, voice())).rules, IsEmpty());
}

TEST_F(CombinationFileTest, TheShippedFileIsReadWhereNoneIsNamedAndItsAbsenceSaid) {
  const auto rules = ValueOrDie(OpenCombinations("", voice()));
  if (std::filesystem::exists(ShippedCombinationsPath())) {
    EXPECT_THAT(rules.version, ::testing::StartsWith("cms-"));
    EXPECT_THAT(said_, IsEmpty());
  } else {
    EXPECT_THAT(rules.rules, IsEmpty());
    EXPECT_THAT(said_, ElementsAre(HasSubstr("cms.txt is absent")));
  }
}

TEST_F(CombinationFileTest, AFileThatIsNamedMustBeThereAndRight) {
  EXPECT_THAT(OpenCombinations("/nonexistent/rules.txt", voice()).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nonexistent/rules.txt")));
  options_.rules = Write("wrong.txt", absl::StrCat(kRules, "need phon exact\n"));
  EXPECT_THAT(RunPairs(options_, {}, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("wrong.txt: combinations: line 9: want a field")));
}

}  // namespace
}  // namespace hie::ctl::matching
