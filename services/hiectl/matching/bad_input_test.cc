#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/hiectl/matching/doors_fixture.h"
#include "services/hiectl/matching/explain_run.h"
#include "services/hiectl/matching/link_run.h"
#include "services/hiectl/matching/pair_run.h"
#include "tests/support/status_matchers.h"

// What the doors say to bad files and to mistakes.
namespace hie::ctl::matching {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class BadInputTest : public DoorsTest {};

TEST_F(BadInputTest, BadRowsAreSaidAndStayAlone) {
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

TEST_F(BadInputTest, ThousandsOfOneRecordAreAnIssue) {
  std::vector<std::string> rows = Rows(20);
  for (int i = 0; i < 3000; ++i) {
    rows.push_back("s,p,Sam,Same,1980-03-05,3122790199,1 Same Street,60601");
  }
  const LinkReport report = Link(Options(Write("a.csv", Csv(rows))));
  EXPECT_EQ(report.facts.records, 3040u);
  EXPECT_THAT(said_, Contains(HasSubstr("many records say the same (3000 of them)")));
}

TEST_F(BadInputTest, MistakesOfTheCallerAreNamed) {
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
  options.out = ::testing::TempDir() + "/out.csv";
  options.inputs = {Write("empty.csv", kDoorHead)};
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("doors-empty.csv: has a header and no records")));
}

TEST_F(BadInputTest, PlaceholdersInAllFieldsAreNobody) {
  std::vector<std::string> rows;
  for (int i = 0; i < 2000; ++i) {
    rows.push_back("u,p,Unknown,Unknown,1900-01-01,999-999-9999,Unknown,");
    rows.push_back("d,p,Baby Boy,Doe,1900-01-01,000-000-0000,General Delivery,00000");
  }
  const LinkReport report = Link(Options(Write("a.csv", Csv(rows))));
  EXPECT_EQ(report.clusters, 4000u);
  EXPECT_EQ(report.queue, 0u);
}

TEST_F(BadInputTest, LineEndsMarksAndSemicolonsDoNotMatter) {
  const std::string plain = Csv(Rows(20));
  Link(Options(Write("a.csv", plain)));
  const auto expected = Clusters();
  const std::string windows = absl::StrReplaceAll(plain, {{"\n", "\r\n"}, {",", ";"}});
  Link(Options(Write("b.csv", absl::StrCat("\xef\xbb\xbf", windows))));
  EXPECT_EQ(Clusters(), expected);
  EXPECT_THAT(said_, Contains(HasSubstr("cells are parted by ;")));
  EXPECT_EQ(Link(Options(Write("c.csv", plain.substr(0, plain.size() - 1)))).facts.records, 40u);
}

TEST_F(BadInputTest, OddCellsBreakNothing) {
  std::vector<std::string> rows = Rows(20);
  rows.push_back(std::string("nul,,An\0na,Nul,1941-03-05,,,", 29));
  rows.push_back("quotes,,\"An\"\"na, the \"\"1st\"\"\",Quote,1952-07-25,,,");
  rows.push_back("open,,\"Bela,Open,1963-11-15,,,");
  rows.push_back("many,,Carl,Many,1974-05-06,,,,,,,,,,");
  const LinkReport report = Link(Options(Write("a.csv", Csv(rows))));
  EXPECT_EQ(report.facts.records, 44u);
  for (const char* id : {"nul", "quotes", "open", "many"}) {
    EXPECT_THAT(Clusters(), Contains(std::vector<std::string>{id}));
  }
  EXPECT_THAT(said_, Contains(HasSubstr(":44: a quote is opened and not closed")));
  EXPECT_THAT(said_, Contains(HasSubstr(":45: more cells than the header")));
}

TEST_F(BadInputTest, OneRecordIsOnePersonAlsoInTraining) {
  RunOptions options = Options(Write("a.csv", Csv({Rows(1)[0]})));
  EXPECT_EQ(Link(options).clusters, 1u);
  options.training = mpi::BatchTraining::kTrain;
  EXPECT_EQ(Link(options).clusters, 1u);
}

TEST_F(BadInputTest, PeakMemoryIsWhatWasUsed) {
  const double before = PeakRssMb();
  EXPECT_GT(before, 1);
  constexpr size_t kBytes = size_t{64} << 20;
  std::vector<char> used(kBytes, 'x');
  EXPECT_GE(PeakRssMb(), before);
  EXPECT_GE(PeakRssMb(), static_cast<double>(used.size() >> 20));
}

TEST_F(BadInputTest, AnInputIsNeverOverwritten) {
  const std::string csv = Csv(Rows(5));
  RunOptions options = Options(Write("a.csv", csv));
  options.out = absl::StrCat(::testing::TempDir(), "/./doors-a.csv");
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want another file")));
  EXPECT_THAT(RunPairs(options, {}, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want another file")));
  EXPECT_EQ(ReadFile(options.inputs[0]), csv);
  options.out = ::testing::TempDir() + "/doors-o.csv";
  options.review = options.out;
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want another file")));
  // Where results go nowhere they may go nowhere twice.
  options.out = options.review = "/dev/null";
  EXPECT_THAT(RunLink(options, clock_, voice()).status(), IsOk());
}

TEST_F(BadInputTest, WhatCannotBeWrittenIsSaidBeforeTheWork) {
  RunOptions options = Options(Write("a.csv", Csv(Rows(5))));
  options.out = "/nowhere/out.csv";
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("its folder does not exist")));
  options.out = ::testing::TempDir();
  EXPECT_THAT(RunLink(options, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("it is a folder")));
  EXPECT_TRUE(said_.empty());
}

TEST_F(BadInputTest, TheNumberOfInputsIsChecked) {
  const std::string csv = Write("a.csv", Csv(Rows(5)));
  RunOptions options = Options(csv);
  options.inputs = {csv, csv, csv};
  EXPECT_THAT(
      RunLink(options, clock_, voice()).status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--in: want one file, or two")));
  options.inputs = {csv, csv};
  options.truth = "who";
  const LinkReport report = Link(options);
  EXPECT_EQ(report.clusters, 5u);
  EXPECT_DOUBLE_EQ(report.score->f1(), 1.0);
  EXPECT_THAT(said_, Contains(HasSubstr("linked with itself")));
}

TEST_F(BadInputTest, AFileWithoutSidesIsNoFileOfPairs) {
  const RunOptions options = Options(Write("a.csv", Csv(Rows(5))));
  EXPECT_THAT(RunPairs(options, {}, clock_, voice()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       ::testing::AllOf(HasSubstr("no column \"a_last\""),
                                        HasSubstr("a_ and b_, unless [pairs]"))));
}

TEST_F(BadInputTest, ExtraFieldsOfTwoFilesAreComparedByTheirNames) {
  std::vector<std::string> left, right;
  for (size_t i = 0; i < 40; ++i) {
    const std::string who = Rows(40)[2 * i];
    left.push_back(absl::StrCat(who, ",town", i, ",trade", i));
    right.push_back(absl::StrCat(who, ",trade", i, ",town", i));
  }
  const auto file = [](const char* name, const char* columns,
                       const std::vector<std::string>& rows) {
    return Write(name, absl::StrCat("id,who,first,last,dob,phone,street,zip,", columns, "\n",
                                    absl::StrJoin(rows, "\n"), "\n"));
  };
  RunOptions options = Options(file("a.csv", "born,trade", left));
  options.inputs.push_back(file("b.csv", "trade,born", right));
  options.columns = {
      Write("a.toml", absl::StrCat("family = \"last\"\ngiven = \"first\"\n[extra]\nborn = "
                                   "\"born\"\ntrade = \"trade\"\n")),
      Write("b.toml", absl::StrCat("family = \"last\"\ngiven = \"first\"\n[extra]\ntrade = "
                                   "\"trade\"\nborn = \"born\"\n"))};
  const Explanation why = ValueOrDie(ExplainRows(options, 1, 1, voice()));
  for (const mpi::FieldPart& part : why.parts) {
    if (part.field != "born" && part.field != "trade") continue;
    EXPECT_EQ(part.level, "exact") << part.field;
  }
}

}  // namespace
}  // namespace hie::ctl::matching
