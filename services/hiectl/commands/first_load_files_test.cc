#include "services/hiectl/commands/first_load_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace hie::ctl {
namespace {

using ::hie::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Pair;

class FirstLoadFilesTest : public ::testing::Test {
 protected:
  FirstLoadFilesTest() : root_(::testing::TempDir() + "/first_load_files") {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    std::ofstream(root_ + "/columns.toml")
        << "id = \"mrn\"\nfamily = \"last\"\ngiven = \"first\"\nbirth_date = \"born\"\n";
  }
  ~FirstLoadFilesTest() override { std::filesystem::remove_all(root_); }

  FirstLoadFile Write(const std::string& name, const std::string& text,
                      const std::string& authority) const {
    std::ofstream(root_ + "/" + name) << text;
    return {root_ + "/" + name, root_ + "/columns.toml", authority};
  }

  absl::StatusOr<std::unique_ptr<FirstLoadFiles>> Open(const std::vector<FirstLoadFile>& files) {
    return FirstLoadFiles::Open(files, {[](absl::string_view) {}, nullptr});
  }

  // Every part, one after another.
  static mpi::LoadPart ReadAll(FirstLoadFiles& files, size_t* parts = nullptr) {
    mpi::LoadPart all;
    for (size_t index = 0;; ++index) {
      mpi::LoadPart part;
      if (!::hie::testing::ValueOrDie(files.Read(index, part))) {
        if (parts != nullptr) *parts = index;
        return all;
      }
      all.lines.insert(all.lines.end(), part.lines.begin(), part.lines.end());
      all.problems.insert(all.problems.end(), part.problems.begin(), part.problems.end());
    }
  }

  const std::string root_;
};

constexpr char kCsv[] =
    "mrn,last,first,born\n1,Larssen,Fyodor,1980-03-05\n,Smith,Olga,1970-01-02\n3,Vega,Mia,1990\n";
constexpr char kNdjson[] =
    R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.2","value":"A"}],)"
    R"("name":[{"family":"Quimby","given":["John"]}]})"
    "\n\n"
    R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.9","value":"B"}]})"
    "\n{broken\n";

TEST_F(FirstLoadFilesTest, FilesFollowEachOtherEachWithItsDomain) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto files, Open({Write("a.csv", kCsv, "2.999.1"),
                                                   Write("b.ndjson", kNdjson, "2.999.2")}));
  const mpi::LoadPart all = ReadAll(*files);
  std::vector<std::pair<std::string, std::string>> keys;
  for (const mpi::LoadLine& line : all.lines) {
    keys.emplace_back(line.patient.assigning_authority, line.patient.id.value());
  }
  EXPECT_THAT(keys, ElementsAre(Pair("2.999.1", "1"), Pair("2.999.1", "3"), Pair("2.999.2", "A")));
  EXPECT_EQ(all.lines[2].demographics.names[0].family, "Quimby");
  const std::vector<mpi::LoadProblem> problems = {
      {0, 3, "mrn", "want an id"},
      {1, 3, "identifier", "want one of the authority"},
      {1, 4, "", "want a FHIR Patient as JSON"},
  };
  EXPECT_EQ(all.problems, problems);
}

TEST_F(FirstLoadFilesTest, TheHashNamesEverythingThatIsRead) {
  const FirstLoadFile a = Write("a.csv", kCsv, "2.999.1");
  const FirstLoadFile b = Write("b.ndjson", kNdjson, "2.999.2");
  FirstLoadFile other_domain = a;
  other_domain.authority = "2.999.3";
  FirstLoadFile other_columns = a;
  other_columns.columns = root_ + "/other.toml";
  std::ofstream(other_columns.columns) << "id = \"mrn\"\nfamily = \"last\"\n";
  const FirstLoadFile longer = Write("c.csv", absl::StrCat(kCsv, "4,Vega,Mya,1990\n"), "2.999.1");
  std::vector<std::string> hashes;
  for (const std::vector<FirstLoadFile>& files : std::vector<std::vector<FirstLoadFile>>{
           {a, b}, {b, a}, {a}, {other_domain, b}, {longer, b}, {other_columns, b}}) {
    HIE_ASSERT_OK_AND_ASSIGN(const auto opened, Open(files));
    EXPECT_EQ(opened->sha256().size(), 32u);
    EXPECT_EQ(std::count(hashes.begin(), hashes.end(), opened->sha256()), 0);
    hashes.push_back(opened->sha256());
  }
  HIE_ASSERT_OK_AND_ASSIGN(const auto again, Open({a, b}));
  EXPECT_EQ(again->sha256(), hashes[0]);
}

TEST_F(FirstLoadFilesTest, IdsAreWrittenByTheDomainsRulesAsOnline) {
  constexpr char kSeed[] =
      R"(members { id: "lakes" state: MEMBER_STATE_LIVE
                   domains { oid: "2.999.1" strip_leading_zeros: true fold_case: true }
                   domains { oid: "2.999.2" fold_case: true } })";
  FirstLoadFile csv = Write("a.csv", "mrn,last,first,born\n00a7,Vega,Mia,1990\n", "2.999.1");
  FirstLoadFile ndjson = Write(
      "b.ndjson",
      R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.2","value":" 00b "}]})",
      "2.999.2");
  HIE_ASSERT_OK_AND_ASSIGN(const auto final_ids, Open({csv, ndjson}));
  HIE_ASSERT_OK_AND_ASSIGN(csv.rules, FindDomain(kSeed, csv.authority));
  HIE_ASSERT_OK_AND_ASSIGN(ndjson.rules, FindDomain(kSeed, ndjson.authority));
  HIE_ASSERT_OK_AND_ASSIGN(const auto files, Open({csv, ndjson}));
  const mpi::LoadPart all = ReadAll(*files);
  ASSERT_EQ(all.lines.size(), 2u);
  EXPECT_EQ(all.lines[0].patient.id.value(), "A7");
  EXPECT_EQ(all.lines[1].patient.id.value(), "00B");
  EXPECT_EQ(ReadAll(*final_ids).lines[0].patient.id.value(), "00a7");
  csv.rules->fold_case = false;
  HIE_ASSERT_OK_AND_ASSIGN(const auto other_rules, Open({csv, ndjson}));
  EXPECT_NE(files->sha256(), final_ids->sha256());
  EXPECT_NE(files->sha256(), other_rules->sha256());
  EXPECT_THAT(FindDomain(kSeed, "2.999.3").status(), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FindDomain("no seed", "2.999.1").status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// Parts end between lines, and lines keep their numbers.
TEST_F(FirstLoadFilesTest, LongFilesAreReadInParts) {
  std::string csv = "mrn,last,first,born\n";
  std::string ndjson;
  constexpr int kLines = 30'000;
  for (int i = 1; i <= kLines; ++i) {
    absl::StrAppend(&csv, i, ",Larssen", i, ",\"Fyodor, the long-named ", i, "\",1980-03-05\n");
    absl::StrAppend(&ndjson, R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.9",)",
                    R"("value":")", i, "\"}]}\n");
  }
  for (const FirstLoadFile& file : {Write("a.csv", csv, "2.9"), Write("b.ndjson", ndjson, "2.9")}) {
    HIE_ASSERT_OK_AND_ASSIGN(const auto files, Open({file}));
    size_t parts = 0;
    const mpi::LoadPart all = ReadAll(*files, &parts);
    EXPECT_GT(parts, 1u);
    EXPECT_TRUE(all.problems.empty());
    ASSERT_EQ(all.lines.size(), static_cast<size_t>(kLines));
    const uint64_t first_line = file.path.back() == 'v' ? 2 : 1;
    for (size_t i = 0; i < all.lines.size(); ++i) {
      ASSERT_EQ(all.lines[i].patient.id.value(), absl::StrCat(i + 1));
      ASSERT_EQ(all.lines[i].line, first_line + i);
    }
  }
}

TEST_F(FirstLoadFilesTest, WhatCannotBeReadIsSaidBeforeTheWork) {
  EXPECT_THAT(Open({{root_ + "/none.csv", "", "2.9"}}).status(),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Open({Write("a.csv", "last,first,born\nVega,Mia,1990\n", "2.9")}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace hie::ctl
