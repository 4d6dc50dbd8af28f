#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/json/reader.h"
#include "services/hiectl/matching/explain_run.h"
#include "services/hiectl/matching/link_run.h"
#include "services/hiectl/matching/model_run.h"
#include "services/hiectl/matching/pair_run.h"
#include "tests/support/status_matchers.h"

// The doors in process, from files to files.
namespace hie::ctl::matching {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kColumns[] =
    "id = \"id\"\ntruth = \"who\"\ngiven = \"first\"\nfamily = \"last\"\nbirth_date = \"dob\"\n"
    "phone = \"phone\"\nstreet = \"street\"\npostal_code = \"zip\"\n[format]\nbirth_date = "
    "\"ymd\"\n";
constexpr char kHead[] = "id,who,first,last,dob,phone,street,zip\n";

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// People who differ in everything, two records each; every second one has lost his phone.
std::vector<std::string> Rows(size_t people) {
  const char* const first[] = {"Anna", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Greta",
                               "Hugo", "Ines",  "Jakob", "Kaori",  "Lars",  "Mona"};
  const char* const last[] = {"Albrecht", "Bertolini", "Czerny",   "Dombrowski", "Eriksson",
                              "Fontaine", "Grimaldi",  "Horvath",  "Ivanov",     "Jansen",
                              "Kowalski", "Lindqvist", "Marchetti"};
  std::vector<std::string> rows;
  for (size_t i = 0; i < people; ++i) {
    for (int copy = 0; copy < 2; ++copy) {
      rows.push_back(absl::StrCat("r", i, "-", copy, ",p", i, ",", first[i % 13], ",",
                                  last[(i / 13 + i * 5) % 13], ",", 1930 + i % 80, "-", 10 + i % 3,
                                  "-", 10 + i % 19, ",",
                                  copy == 1 ? "" : absl::StrCat("312", 2000000 + i * 7919), ",",
                                  100 + i * 3, " ", last[i % 11], " Street,", 60000 + i));
    }
  }
  return rows;
}

std::string Csv(const std::vector<std::string>& rows) {
  return absl::StrCat(kHead, absl::StrJoin(rows, "\n"), "\n");
}

// Runs and keeps what was said.
class DoorsTest : public ::testing::Test {
 protected:
  RunOptions Options(const std::string& csv) const {
    RunOptions options;
    options.inputs = {csv};
    options.columns = {Write("columns.toml", kColumns)};
    options.out = ::testing::TempDir() + "/out.csv";
    return options;
  }
  Voice voice() {
    return {[this](absl::string_view text) { said_.emplace_back(text); }, nullptr};
  }
  LinkReport Link(const RunOptions& options) {
    return ValueOrDie(RunLink(options, clock_, voice()));
  }
  // The clusters of the last run, as sets of ids.
  std::vector<std::vector<std::string>> Clusters() const {
    std::map<std::string, std::vector<std::string>> by_cluster;
    for (const absl::string_view line :
         absl::StrSplit(ReadFile(::testing::TempDir() + "/out.csv"), '\n', absl::SkipEmpty())) {
      const std::vector<std::string> cells = absl::StrSplit(line, ',');
      if (cells[0] != "row") by_cluster[cells[2]].push_back(cells[1]);
    }
    std::vector<std::vector<std::string>> clusters;
    for (auto& [number, ids] : by_cluster) {
      std::sort(ids.begin(), ids.end());
      clusters.push_back(ids);
    }
    std::sort(clusters.begin(), clusters.end());
    return clusters;
  }

  SimulatedClock clock_{absl::UnixEpoch()};
  std::vector<std::string> said_;
};

TEST_F(DoorsTest, LinkFindsTheTwoRecordsOfEachPersonAndScoresThem) {
  RunOptions options = Options(Write("a.csv", Csv(Rows(60))));
  options.truth = "who";
  const LinkReport report = Link(options);
  EXPECT_EQ(report.facts.records, 120u);
  EXPECT_EQ(report.clusters, 60u);
  ASSERT_TRUE(report.score.has_value());
  EXPECT_DOUBLE_EQ(report.score->f1(), 1.0);
  EXPECT_THAT(ReadFile(options.out), ::testing::StartsWith("row,id,cluster,truth\n1,r0-0,"));
}

TEST_F(DoorsTest, LinkAcrossTwoFilesNamesTheInput) {
  std::vector<std::string> left, right;
  const std::vector<std::string> rows = Rows(40);
  for (size_t i = 0; i < rows.size(); ++i) (i % 2 == 0 ? left : right).push_back(rows[i]);
  RunOptions options = Options(Write("a.csv", Csv(left)));
  options.inputs.push_back(Write("b.csv", Csv(right)));
  options.truth = "who";
  const LinkReport report = Link(options);
  EXPECT_EQ(report.score->expected, 40u);
  EXPECT_EQ(report.score->right, 40u);
  EXPECT_THAT(ReadFile(options.out), HasSubstr("\n2,1,r0-1,"));
}

TEST_F(DoorsTest, TheSameClustersWithAnyThreadsAndInAnyOrder) {
  std::vector<std::string> rows = Rows(50);
  RunOptions options = Options(Write("a.csv", Csv(rows)));
  options.threads = 1;
  Link(options);
  const auto expected = Clusters();
  const std::string bytes = ReadFile(options.out);
  options.threads = 4;
  Link(options);
  EXPECT_EQ(ReadFile(options.out), bytes);
  std::reverse(rows.begin(), rows.end());
  options.inputs = {Write("b.csv", Csv(rows))};
  Link(options);
  EXPECT_EQ(Clusters(), expected);
}

TEST_F(DoorsTest, TheJsonOfLinkHasEveryFigure) {
  RunOptions options = Options(Write("a.csv", Csv(Rows(20))));
  const json::Value plain = ValueOrDie(json::Read(ToJson(Link(options))));
  for (const char* key : {"precision", "recall", "f1"}) {
    ASSERT_NE(plain.Find(key), nullptr);
    EXPECT_TRUE(plain.Find(key)->IsNull()) << key;
  }
  options.truth = "who";
  const json::Value scored = ValueOrDie(json::Read(ToJson(Link(options))));
  for (const char* key :
       {"precision", "recall", "f1", "queue_share", "pairs_compared", "seconds", "peak_rss_mb",
        "records", "clusters", "seed", "threads", "issues", "memory_per_record_bytes"}) {
    ASSERT_NE(scored.Find(key), nullptr) << key;
    EXPECT_EQ(scored.Find(key)->kind(), json::Kind::kNumber) << key;
  }
  EXPECT_EQ(scored.At("/model/sha256")->text().size(), 64u);
}

TEST_F(DoorsTest, BadRowsAreSaidAndStayAlone) {
  std::vector<std::string> rows = Rows(20);
  rows.push_back("bad-1,,,,,,,");
  rows.push_back("bad-2,,,,,,,");
  rows.push_back("bad-3,,Unknown,Unknown,1980-02-30,999-999-9999,Unknown,");
  rows.push_back("bad-4");
  std::string name;
  while (name.size() < 10'000) name += "Annabel";
  rows.push_back(absl::StrCat("bad-5,,", name, ",\xff\xfe,,,,,,,"));
  RunOptions options = Options(Write("a.csv", Csv(rows)));
  options.issues = ::testing::TempDir() + "/issues.csv";
  const LinkReport report = Link(options);
  EXPECT_EQ(report.facts.issues, 9u);
  for (const char* id : {"bad-1", "bad-2", "bad-3", "bad-4", "bad-5"}) {
    EXPECT_THAT(Clusters(), Contains(std::vector<std::string>{id}));
  }
  const std::string issues = ReadFile(options.issues);
  EXPECT_THAT(issues, HasSubstr(",44,dob,a date that no calendar has"));
  EXPECT_THAT(issues, Not(HasSubstr("Unknown")));
  EXPECT_THAT(said_, Contains("9 issues"));
}

TEST_F(DoorsTest, ThousandsOfOneRecordAreAnIssue) {
  std::vector<std::string> rows = Rows(20);
  for (int i = 0; i < 3000; ++i) {
    rows.push_back("s,p,Sam,Same,1980-03-05,3122790199,1 Same Street,60601");
  }
  const LinkReport report = Link(Options(Write("a.csv", Csv(rows))));
  EXPECT_EQ(report.facts.records, 3040u);
  EXPECT_THAT(said_, Contains(HasSubstr("many records say the same (3000 of them)")));
}

TEST_F(DoorsTest, MistakesOfTheCallerAreNamed) {
  const std::string csv = Write("a.csv", Csv(Rows(5)));
  RunOptions options = Options(csv);
  options.truth = "whom";
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("has no column \"whom\"; it has: id, who, first")));
  options.truth = "last";
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("matches by \"last\"")));
  options.truth.clear();
  options.model = "/nowhere/model";
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/model")));
  options.model.clear();
  options.out = "/nowhere/out.csv";
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("cannot be written")));
  options.inputs = {Write("empty.csv", kHead)};
  EXPECT_EQ(RunLink(options, clock_, voice()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DoorsTest, WithoutColumnsTheProposalIsUsedAndSaid) {
  RunOptions options = Options(Write("a.csv", Csv(Rows(20))));
  options.columns.clear();
  EXPECT_EQ(Link(options).clusters, 20u);
  EXPECT_THAT(said_, Contains("  family = \"last\""));
}

TEST_F(DoorsTest, PairsAreJudgedAndExplained) {
  const std::string csv = Write(
      "pairs.csv",
      "n,expect,a_first,b_first,a_last,b_last,a_dob,b_dob,a_phone,b_phone,a_street,b_street,a_zip,"
      "b_zip\n1,Match,Anna,Anna,Albrecht,Albrecht,1960-10-11,1960-10-11,3122000001,3122000001,1 "
      "Elm "
      "Street,1 Elm Street,60601,60601\n2,Not a Match,Anna,Boris,Albrecht,Czerny,1960-10-11,"
      "1981-12-20,3122000001,3122777001,1 Elm Street,9 Oak Street,60601,71002\n");
  RunOptions options = Options(csv);
  options.columns = {Write("pairs.toml",
                           "id = \"n\"\ngiven = \"first\"\nfamily = \"last\"\n"
                           "birth_date = \"dob\"\nphone = \"phone\"\nstreet = "
                           "\"street\"\npostal_code = \"zip\"\n")};
  options.truth = "expect";
  const PairsReport report = ValueOrDie(RunPairs(options, {}, clock_, voice()));
  ASSERT_TRUE(report.score.has_value());
  EXPECT_EQ(report.score->of(Verdict::kLink, Verdict::kLink), 1u);
  EXPECT_EQ(report.score->of(Verdict::kNo, Verdict::kNo), 1u);
  const json::Value json = ValueOrDie(json::Read(ToJson(report)));
  EXPECT_EQ(json.At("/confusion/no/no")->integer(), 1);
  EXPECT_THAT(ReadFile(options.out), HasSubstr("row,id,outcome,weight_bits,vetoes,truth,family_"));
  EXPECT_THAT(ReadFile(options.out), HasSubstr("\n1,1,link,"));
  const Explanation why = ValueOrDie(ExplainPair(options, 2, voice()));
  EXPECT_EQ(why.verdict, Verdict::kNo);
  EXPECT_EQ(ToWaterfall(why).total(), why.score.weight());
  EXPECT_THAT(ToJson(why), Not(HasSubstr("Anna")));
  EXPECT_THAT(ExplainPair(options, 3, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a row from 1 to 2")));
}

TEST_F(DoorsTest, TwoRowsOfAFileAreExplained) {
  RunOptions options = Options(Write("a.csv", Csv(Rows(30))));
  const Explanation why = ValueOrDie(ExplainRows(options, 1, 2, voice()));
  EXPECT_EQ(why.verdict, Verdict::kLink);
  EXPECT_EQ(why.remark, "both are in one cluster");
  EXPECT_EQ(ToWaterfall(why).total(), why.score.weight());
}

TEST_F(DoorsTest, AModelIsWrittenOnceAndReadAgain) {
  RunOptions options = Options(Write("a.csv", Csv(Rows(200))));
  options.out = ::testing::TempDir() + "/model.txt";
  std::filesystem::remove(options.out);
  const TrainReport trained = ValueOrDie(RunTrain(options, clock_, voice()));
  EXPECT_TRUE(trained.training.trained);
  EXPECT_THAT(RunTrain(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("model files never change")));
  RunOptions link = Options(options.inputs[0]);
  link.model = options.out;
  EXPECT_EQ(Link(link).facts.model_sha256, trained.model_sha256);
}

TEST_F(DoorsTest, TheMonitorHidesValuesUnlessAskedForThem) {
  std::vector<std::string> rows = Rows(300);
  for (std::string& row : rows) {
    std::vector<std::string> cells = absl::StrSplit(row, ',');
    cells[5] = "3122790123";
    row = absl::StrJoin(cells, ",");
  }
  const RunOptions options = Options(Write("a.csv", Csv(rows)));
  const MonitorReport hidden = ValueOrDie(RunMonitor(options, ShownValues::kHidden, voice()));
  EXPECT_THAT(ToJson(hidden), Not(HasSubstr("3122790123")));
  ASSERT_FALSE(hidden.non_values.empty());
  EXPECT_EQ(hidden.non_values[0].field, "phone");
  const MonitorReport shown = ValueOrDie(RunMonitor(options, ShownValues::kShown, voice()));
  EXPECT_EQ(shown.non_values[0].value, "3122790123");
}

// On labelled public data: a sanity check of the whole way, with room to spare.
class SharedDataTest : public DoorsTest {
 protected:
  static std::string Source() {
    const char* source = std::getenv("HIE_SOURCE_DIR");
    return source == nullptr ? "." : source;
  }
  static std::string Data(const std::string& file) {
    return absl::StrCat(Source(), "/../shared/data/matching/", file);
  }
  RunOptions On(const std::vector<std::string>& files, const std::string& columns) const {
    RunOptions options = Options("");
    options.inputs.clear();
    for (const std::string& file : files) options.inputs.push_back(Data(file));
    options.columns = {absl::StrCat(Source(), "/tests/data/columns/", columns)};
    options.truth = "entity_id";
    return options;
  }
};

TEST_F(SharedDataTest, TheColumnFilesFitTheirSets) {
  const struct {
    std::vector<std::string> files;
    const char* columns;
    uint64_t records;
  } cases[] = {{{"RLdata500.csv"}, "RLdata500.toml", 500},
               {{"febrl1.csv"}, "febrl1.toml", 1000},
               {{"febrl3.csv"}, "febrl3.toml", 5000},
               {{"febrl4a.csv", "febrl4b.csv"}, "febrl4.toml", 10000},
               {{"opencr_uganda.csv"}, "opencr_uganda.toml", 5000},
               {{"recordlinker_100_cluster_tuning_test.csv"},
                "recordlinker_100_cluster_tuning_test.toml",
                699}};
  for (const auto& c : cases) {
    if (!std::filesystem::exists(Data(c.files[0]))) GTEST_SKIP() << "no data at " << Data("");
    const LinkReport report = Link(On(c.files, c.columns));
    std::cout << c.columns << ": " << ToJson(report) << "\n";
    EXPECT_EQ(report.facts.records, c.records);
    EXPECT_GE(report.score->precision(), 0.98) << c.columns;
    EXPECT_GE(report.score->recall(), 0.9) << c.columns;
  }
}

TEST_F(SharedDataTest, AdjudicatedPairsAreJudged) {
  if (!std::filesystem::exists(Data("miis_pairs_E3.csv"))) {
    GTEST_SKIP() << "no data at " << Data("miis_pairs_E3.csv");
  }
  RunOptions options = On({"miis_pairs_E3.csv"}, "miis_pairs_E3.toml");
  options.truth = "expect";
  const PairsReport report = ValueOrDie(RunPairs(options, {}, clock_, voice()));
  std::cout << ToJson(report) << "\n";
  EXPECT_EQ(report.pairs, 2841u);
  EXPECT_EQ(report.unlabelled, 0u);
  EXPECT_LE(report.score->false_match_share(), 0.02);
  EXPECT_GE(report.score->recall(), 0.9);
}

}  // namespace
}  // namespace hie::ctl::matching
