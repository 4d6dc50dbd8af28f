#include "services/hiectl/commands/patient_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace hie::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kColumns[] =
    "id = \"mrn\"\nfamily = \"last\"\ngiven = \"first\"\nbirth_date = \"dob\"\n"
    "[identifier]\ncard = { column = \"card\", kind = \"shared\" }\n";

class PatientInputTest : public ::testing::Test {
 protected:
  PatientInputTest() : directory_(absl::StrCat(::testing::TempDir(), "/patient-input-", getpid())) {
    std::filesystem::create_directories(directory_);
    Write("columns.toml", kColumns);
  }
  ~PatientInputTest() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  absl::StatusOr<std::unique_ptr<PatientInput>> Open(const std::string& path,
                                                     const std::string& authority = "2.999.1") {
    return PatientInput::Open({path, directory_ + "/columns.toml", authority, "main"},
                              {[](absl::string_view) {}, nullptr});
  }

  // What each line is: its number, the file's line, and its id or problem.
  static std::vector<std::string> Read(PatientInput& input) {
    std::vector<std::string> lines;
    exchange::v1::PatientLine line;
    while (input.Next(line)) {
      const bool refused = line.has_problem();
      EXPECT_NE(refused, line.has_patient());
      lines.push_back(
          absl::StrCat(line.line_number(), "@", input.file_line(), " ",
                       refused ? absl::StrCat(line.problem().field(), ": ", line.problem().reason())
                               : line.patient().patient().id()));
    }
    return lines;
  }

  const std::string directory_;
};

TEST_F(PatientInputTest, RowsArePatientsAndBadRowsHaveReasons) {
  const auto input = Open(Write("a.csv",
                                "mrn,last,first,dob,card\n"
                                "A1,Quimby,Fay,1980-02-03,K-1\n"
                                "\n"
                                "A2,\"Two\nLines\",Al,1980-02-03,\n"
                                ",Nobody,Ned,1980-02-03,\n"
                                "A4,Shifted,Sue,1980-02-03,,more\n"
                                "A5,Wrong,Day,1980-02-31,\n"
                                ",,,,\n"));
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ((*input)->lines(), 6u);
  const std::vector<std::string> lines = Read(**input);
  EXPECT_THAT(lines, ElementsAre("1@2 A1", "2@4 A2", "3@6 mrn: want an id", HasSubstr("4@7 : "),
                                 "5@8 A5", HasSubstr("6@9 : ")));
  // A day that no calendar has leaves the record standing, and is counted.
  EXPECT_EQ((*input)->issues()[static_cast<size_t>(matching::IssueKind::kImpossibleDate)], 1u);
  (*input)->Rewind();
  EXPECT_EQ(Read(**input), lines);
  EXPECT_EQ((*input)->issues()[static_cast<size_t>(matching::IssueKind::kImpossibleDate)], 1u);
}

TEST_F(PatientInputTest, ARowSaysWhatItsColumnsSay) {
  const auto input = Open(Write("a.csv",
                                "mrn,last,first,dob,card\n"
                                "A1,Quimby,Fay,1980-02-03,K-1\n"));
  ASSERT_TRUE(input.ok()) << input.status();
  exchange::v1::PatientLine line;
  ASSERT_TRUE((*input)->Next(line));
  const common::v1::Demographics& said = line.patient().demographics();
  EXPECT_EQ(line.patient().patient().assigning_authority(), "2.999.1");
  EXPECT_EQ(line.patient().facility(), "main");
  EXPECT_EQ(said.names(0).family(), "Quimby");
  EXPECT_EQ(said.names(0).given(0), "Fay");
  EXPECT_EQ(said.birth_date(), "1980-02-03");
  ASSERT_EQ(said.identifiers_size(), 1);
  EXPECT_EQ(said.identifiers(0).system(), "card");
  EXPECT_EQ(said.identifiers(0).value(), "K-1");
}

TEST_F(PatientInputTest, FhirPatientsAreReadByTheirAuthoritysIdentifier) {
  const auto input = Open(Write(
      "a.ndjson",
      R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.9","value":"X"},)"
      R"({"system":"urn:oid:2.999.1","value":"N1"}],"name":[{"family":"Quimby"}]})"
      "\n\n"
      R"({"resourceType":"Observation"})"
      "\nnot json\n"
      R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.9","value":"X"}]})"));
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ((*input)->lines(), 4u);
  EXPECT_THAT(Read(**input),
              ElementsAre("1@1 N1", HasSubstr("2@3 : want a FHIR"), HasSubstr("3@4 : want a FHIR"),
                          HasSubstr("4@5 identifier: want one")));
}

TEST_F(PatientInputTest, TheHashIsOfTheBytesAndOfHowTheyAreRead) {
  const std::string row = "mrn,last,first,dob,card\nA1,Quimby,Fay,1980-02-03,K-1\n";
  const std::string first = (*Open(Write("a.csv", row)))->sha256();
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ((*Open(Write("b.csv", row)))->sha256(), first);
  EXPECT_NE((*Open(Write("b.csv", row), "2.999.2"))->sha256(), first);
  EXPECT_NE((*Open(Write("b.csv", row + "A2,Q,F,,\n")))->sha256(), first);
  Write("columns.toml", std::string(kColumns) + "# read in another way\n");
  EXPECT_NE((*Open(Write("b.csv", row)))->sha256(), first);
}

TEST_F(PatientInputTest, AFileWithoutIdsIsRefused) {
  Write("columns.toml", "family = \"last\"\ngiven = \"first\"\n");
  EXPECT_TRUE(absl::IsInvalidArgument(Open(Write("a.csv", "last,first\nQ,F\n")).status()));
  EXPECT_TRUE(absl::IsNotFound(Open(directory_ + "/absent.csv").status()));
  EXPECT_TRUE(absl::IsNotFound(Open(directory_ + "/absent.ndjson").status()));
}

}  // namespace
}  // namespace hie::ctl
