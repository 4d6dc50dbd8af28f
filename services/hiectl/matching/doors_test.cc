#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/json/reader.h"
#include "services/hiectl/matching/doors_fixture.h"
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

}  // namespace
}  // namespace hie::ctl::matching
