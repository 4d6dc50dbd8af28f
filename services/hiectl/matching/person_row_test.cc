#include "services/hiectl/matching/person_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace hie::ctl::matching {
namespace {

using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A column file, a header and the mapping of rows under both.
class Mapping {
 public:
  Mapping(const std::string& toml, const std::vector<std::string>& header)
      : columns_(ValueOrDie(FindColumns(ValueOrDie(ReadColumnFile(toml, "c.toml")), header, ""))),
        row_(columns_) {}

  mpi::Features Read(const std::vector<std::string>& cells) {
    issues_.clear();
    return row_.Read({cells.begin(), cells.end()}, 7, issues_);
  }
  std::vector<IssueKind> kinds() const {
    std::vector<IssueKind> kinds;
    for (const Issue& issue : issues_) kinds.push_back(issue.kind);
    return kinds;
  }
  const std::vector<Issue>& issues() const { return issues_; }

 private:
  const Columns columns_;
  PersonRow row_;
  std::vector<Issue> issues_;
};

TEST(PersonRowTest, NamesComeFromTheirColumns) {
  Mapping mapping(
      "family = [\"l1\", \"l2\"]\ngiven = [\"f1\", \"f2\"]\nmiddle = \"m\"\nsuffix = \"s\"\n"
      "previous_family = \"maiden\"\nalias = \"aka\"\n[format]\nlist_separator = \"|\"",
      {"l1", "l2", "f1", "f2", "m", "s", "maiden", "aka"});
  const mpi::Features f =
      mapping.Read({"Meyer", "Klein", "Anna", "Maria", "", "Jr", "Otto|Frank", "Annie"});
  ASSERT_THAT(f.names, SizeIs(4));
  EXPECT_THAT(f.names[0].family, ElementsAre("meyer", "klein"));
  EXPECT_EQ(f.names[0].first, "anna");
  EXPECT_THAT(f.names[0].middle, ElementsAre("maria"));
  EXPECT_EQ(f.generation, mpi::Generation::kJunior);
  EXPECT_THAT(f.names[1].family, ElementsAre("otto"));
  EXPECT_EQ(f.names[1].first, "anna");
  EXPECT_EQ(f.names[3].first, "annie");
  EXPECT_THAT(f.names[3].family, ElementsAre("meyer", "klein"));
  EXPECT_THAT(mapping.issues(), IsEmpty());
  // An alias that is a generation is the suffix.
  EXPECT_EQ(mapping.Read({"Meyer", "", "Karl", "", "", "", "", "II"}).generation,
            mpi::Generation::kSecond);
}

TEST(PersonRowTest, AFullNameFillsWhatItsPartsLeaveOut) {
  Mapping mapping("full_name = \"n\"\nfamily = \"l\"\ngiven = \"f\"", {"n", "l", "f"});
  mpi::Features f = mapping.Read({"John Quincy Adams", "", ""});
  ASSERT_THAT(f.names, SizeIs(1));
  EXPECT_EQ(f.names[0].first, "john");
  EXPECT_THAT(f.names[0].family, ElementsAre("adams"));
  f = mapping.Read({"John Quincy Adams", "Adams", "John"});
  ASSERT_THAT(f.names, SizeIs(1));
  EXPECT_THAT(f.names[0].middle, ElementsAre("quincy"));
  f = mapping.Read({"John Quincy Adams", "Smith", "John"});
  EXPECT_THAT(f.names, SizeIs(2));
}

TEST(PersonRowTest, DatesAreReadInTheirOrder) {
  const struct {
    const char* order;
    const char* text;
    CivilDate date;
  } cases[] = {{"ymd", "19800305", {1980, 3, 5}},    {"dmy", "05/03/1980", {1980, 3, 5}},
               {"mdy", "03/05/1980", {1980, 3, 5}},  {"excel", "29285", {1980, 3, 5}},
               {"auto", "1980-03-05", {1980, 3, 5}}, {"ymd", "1980", {1980, 0, 0}}};
  for (const auto& c : cases) {
    Mapping mapping(absl::StrCat("family = \"l\"\nbirth_date = \"d\"\n[format]\nbirth_date = \"",
                                 c.order, "\""),
                    {"l", "d"});
    EXPECT_EQ(mapping.Read({"Meyer", c.text}).birth_date, c.date) << c.order << " " << c.text;
    EXPECT_THAT(mapping.issues(), IsEmpty());
  }
}

TEST(PersonRowTest, ADateMayStandInThreeColumns) {
  Mapping mapping("family = \"l\"\nbirth_year = \"y\"\nbirth_month = \"m\"\nbirth_day = \"d\"",
                  {"l", "y", "m", "d"});
  EXPECT_EQ(mapping.Read({"Meyer", "1949", "7", "22"}).birth_date, (CivilDate{1949, 7, 22}));
  EXPECT_EQ(mapping.Read({"Meyer", "1949", "7", ""}).birth_date, (CivilDate{1949, 7, 0}));
  EXPECT_EQ(mapping.Read({"Meyer", "1949", "0", "22"}).birth_date, (CivilDate{1949, 0, 0}));
  EXPECT_EQ(mapping.Read({"Meyer", "1949", "2", "31"}).birth_date, (CivilDate{1949, 2, 0}));
  EXPECT_THAT(mapping.issues(), ElementsAre(Issue{7, 1, IssueKind::kImpossibleDate}));
}

TEST(PersonRowTest, ContactsAndNumbersAreNormalised) {
  Mapping mapping(
      "family = \"l\"\nphone = [\"p1\", \"p2\"]\nssn = \"ssn\"\nsex = \"sex\"\nhouse_number = "
      "\"no\"\nstreet = \"st\"\npostal_code = \"zip\"\n[identifier]\nnin = { column = \"nin\", "
      "kind "
      "= \"personal\" }\n[extra]\nborn = \"born\"\n[format]\nphone_country = \"256\"",
      {"l", "p1", "p2", "ssn", "sex", "no", "st", "zip", "nin", "born"});
  const mpi::Features f = mapping.Read({"Acile", "712 300633", "+1 906 389 8576", "516-75-4738",
                                        "F", "12", "Main St", "62704", "CF-21", "Paris, Ile"});
  EXPECT_THAT(f.phones, ElementsAre("+256712300633", "+19063898576"));
  EXPECT_THAT(f.ssns, ElementsAre("516754738"));
  EXPECT_EQ(f.sex, AdministrativeSex::kFemale);
  ASSERT_THAT(f.addresses, SizeIs(1));
  EXPECT_EQ(f.addresses[0].number, "12");
  EXPECT_EQ(f.addresses[0].zip5, "62704");
  ASSERT_THAT(f.identifiers, SizeIs(1));
  EXPECT_EQ(f.identifiers[0].value, "cf21");
  EXPECT_EQ(f.identifiers[0].kind, mpi::IdentifierKind::kPersonal);
  EXPECT_EQ(f.extras[0], "paris ile");
}

TEST(PersonRowTest, AnIdentifierIsBoundToItsAssigner) {
  Mapping mapping("[identifier]\nmrn = { column = \"m\", kind = \"record\", assigner = \"s\" }",
                  {"m", "s"});
  EXPECT_EQ(mapping.Read({"17", "east"}).identifiers[0].system, "mrn/east");
  EXPECT_EQ(mapping.Read({"17", ""}).identifiers[0].system, "mrn");
}

TEST(PersonRowTest, WhatIsWrongIsSaidByLineAndColumnAndStaysOut) {
  Mapping mapping(
      "family = \"l\"\ngiven = \"g\"\nbirth_date = \"d\"\nsex = \"s\"\nbirth_order = "
      "\"o\"\n[format]\nbirth_date = \"ymd\"",
      {"id", "l", "g", "d", "s", "o"});
  const struct {
    std::vector<std::string> cells;
    std::vector<Issue> issues;
  } cases[] = {
      {{"1", "Meyer", "A", "19800230", "", ""}, {{7, 3, IssueKind::kImpossibleDate}}},
      {{"1", "Meyer", "A", "soon", "", ""}, {{7, 3, IssueKind::kUnreadableDate}}},
      {{"1", "Meyer", "A", "", "q", ""}, {{7, 4, IssueKind::kUnknownSex}}},
      {{"1", "Meyer", "A", "", "", "99"}, {{7, 5, IssueKind::kBadBirthOrder}}},
      {{"1", "M\xfcller", "A", "", "", ""}, {{7, 1, IssueKind::kInvalidUtf8}}},
      {{"1", std::string(10'000, 'x'), "A", "", "", ""}, {{7, 1, IssueKind::kLongValue}}},
      {{"1", "", "NULL", "", "nan", ""}, {{7, Issue::kNoColumn, IssueKind::kEmptyRecord}}},
      {{"1"}, {{7, Issue::kNoColumn, IssueKind::kEmptyRecord}}},
      {{"1", "", "", "19800305", "", ""}, {{7, Issue::kNoColumn, IssueKind::kNothingIdentifies}}},
      {{"1", "Unknown", "", "", "", ""}, {{7, Issue::kNoColumn, IssueKind::kNothingIdentifies}}},
      {{"1", "Meyer", "A", "", "unknown", "0"}, {}},
  };
  for (const auto& c : cases) {
    mapping.Read(c.cells);
    EXPECT_EQ(mapping.issues(), c.issues) << ::testing::PrintToString(c.cells);
    for (const Issue& issue : mapping.issues()) {
      const std::string text = DescribeIssue(issue, "a.csv", {"id", "l", "g", "d", "s", "o"});
      EXPECT_THAT(text, ::testing::StartsWith("a.csv:7: "));
      EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("Meyer")));
    }
  }
}

TEST(PersonRowTest, Latin1IsReadWhereTheColumnFileSaysSo) {
  Mapping mapping("family = \"l\"\n[format]\nencoding = \"latin-1\"", {"l"});
  EXPECT_THAT(mapping.Read({"M\xfcller"}).names[0].family, ElementsAre("muller"));
  EXPECT_THAT(mapping.issues(), IsEmpty());
}

TEST(PersonRowTest, AnyBytesAreMapped) {
  constexpr uint32_t kSeed = 7;
  std::mt19937 random(kSeed);
  Mapping mapping(
      "full_name = \"a\"\nbirth_date = \"b\"\naddress = \"c\"\nphone = \"d\"\nssn = \"e\"\n"
      "previous_family = \"f\"\n[identifier]\nx = \"g\"\n[extra]\ny = \"h\"\n[format]\n"
      "list_separator = \"|\"\nphone_country = \"1\"",
      {"a", "b", "c", "d", "e", "f", "g", "h"});
  const std::string letters = "09aZ ,.-/|+@'\"\xc3\xbc\xff\0\n";
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> cells(random() % 10);
    for (std::string& cell : cells) {
      const size_t size = random() % 14;
      for (size_t i = 0; i < size; ++i) cell += letters[random() % letters.size()];
    }
    EXPECT_EQ(mapping.Read(cells), mapping.Read(cells)) << "seed " << kSeed;
  }
}

}  // namespace
}  // namespace hie::ctl::matching
