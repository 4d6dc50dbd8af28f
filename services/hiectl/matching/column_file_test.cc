#include "services/hiectl/matching/column_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/hiectl/matching/columns.h"
#include "tests/support/status_matchers.h"

namespace hie::ctl::matching {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kHeader = {"rec_id", "first", "last", "dob", "mrn"};

TEST(ColumnFileTest, EveryKeyIsRead) {
  const ColumnFile file = ValueOrDie(ReadColumnFile(R"(
id = "rec_id"
truth = "entity"
ignore = ["n1", "n2"]
family = ["last", "last2"]
given = "first"
birth_date = "dob"
[previous_address]
street = "old_street"
[identifier]
mrn = { column = "mrn", kind = "record" }
insurance = { column = "member", assigner = "payer" }
passport = { column = ["p1", "p2"], kind = "personal" }
[extra]
birth_place = "born"
[format]
birth_date = "dmy"
list_separator = "|"
phone_country = "256"
female = ["W"]
male = "M"
multiple_birth = ["2"]
missing = ["NA"]
encoding = "latin-1"
[pairs]
left = "l_"
right = "_r"
)",
                                                    "c.toml"));
  EXPECT_THAT(file.field(FieldKey::kFamily).columns, ElementsAre("last", "last2"));
  EXPECT_EQ(file.field(FieldKey::kGiven).line, 6u);
  ASSERT_EQ(file.identifiers.size(), 3u);
  EXPECT_EQ(file.identifiers[0].system, "mrn");
  EXPECT_EQ(file.identifiers[0].kind, mpi::IdentifierKind::kRecordKey);
  EXPECT_THAT(file.identifiers[1].assigner.columns, ElementsAre("payer"));
  EXPECT_EQ(file.identifiers[1].kind, mpi::IdentifierKind::kShared);
  EXPECT_EQ(file.identifiers[2].kind, mpi::IdentifierKind::kPersonal);
  EXPECT_EQ(file.extras[0].name, "birth_place");
  EXPECT_EQ(file.format.birth_date, DateStyle::kDayMonthYear);
  EXPECT_EQ(file.format.encoding, TextEncoding::kLatin1);
  EXPECT_THAT(file.format.female, ElementsAre("w"));
  EXPECT_THAT(file.format.missing, ElementsAre("NA"));
  EXPECT_EQ(file.left, "l_");
  EXPECT_EQ(file.right, "_r");
}

TEST(ColumnFileTest, MistakesNameTheLineAndTheKey) {
  const struct {
    const char* text;
    const char* said;
  } cases[] = {
      {"family = [", "c.toml:1: want TOML"},
      {"given = \"a\"\nfamly = \"last\"",
       "c.toml:2: famly: want a key of a column file: id, truth"},
      {"family = 3", "c.toml:1: family: want a column's name"},
      {"family = []", "family: want a column's name"},
      {"birth_date = [\"a\", \"b\"]", "birth_date: want one column"},
      {"identifier = \"x\"", "identifier: want a table"},
      {"[identifier]\nx = { column = \"a\", kind = \"secret\" }",
       "c.toml:2: identifier.x.kind: want personal, shared or record"},
      {"[identifier]\nx = { kind = \"shared\" }", "identifier.x: want a column"},
      {"[identifier]\nx = { colum = \"a\" }", "identifier.x.colum: want column, kind or assigner"},
      {"[format]\nbirth_date = \"us\"", "format.birth_date: want auto, ymd, dmy, mdy or excel"},
      {"[format]\nfoo = \"us\"", "format.foo: want a key of [format]"},
      {"[format]\nphone_country = \"+49\"", "format.phone_country: want 1 to 3 digits"},
      {"[format]\nencoding = \"ebcdic\"", "format.encoding: want utf-8 or latin-1"},
      {"[pairs]\nmiddle = \"m_\"", "pairs.middle: want left or right"},
      {"[previous_address]\nfamily = \"x\"", "previous_address.family: want a key of an address"},
      {"family = \"a\"\ngiven = \"a\"", "c.toml:2: given: want a column that no other key names"},
      {"truth = \"a\"\ngiven = \"a\"", "\"a\" is named twice"},
      {"[extra]\n\"a b\" = \"x\"", "extra.a b: want a name of letters, digits, _ or -"},
      {"[extra]\na=\"a\"\nb=\"b\"\nc=\"c\"\nd=\"d\"\ne=\"e\"\nf=\"f\"\ng=\"g\"\nh=\"h\"\ni=\"i\"",
       "extra.i: want at most 8 extra fields"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ReadColumnFile(c.text, "c.toml").status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.said)))
        << c.text;
  }
}

TEST(ColumnsTest, NamesAreFoundInTheHeader) {
  const ColumnFile file = ValueOrDie(
      ReadColumnFile("id = \"rec_id\"\nfamily = \"last\"\n[identifier]\nm = \"mrn\"", "c.toml"));
  const Columns columns = ValueOrDie(FindColumns(file, kHeader, ""));
  EXPECT_EQ(columns.id, 0u);
  EXPECT_THAT(columns.family, ElementsAre(2u));
  EXPECT_THAT(columns.identifiers[0].from, ElementsAre(4u));
  EXPECT_THAT(UnusedColumns(file, kHeader, {""}), ElementsAre("first", "dob"));
}

TEST(ColumnsTest, AnAbsentColumnIsNamedWithWhatThereIs) {
  const ColumnFile file =
      ValueOrDie(ReadColumnFile("given = \"first\"\nfamily = \"surname\"", "c.toml"));
  EXPECT_THAT(FindColumns(file, kHeader, "").status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("c.toml:2: family: no column \"surname\""),
                             HasSubstr("the file has: rec_id, first, last, dob, mrn"))));
  const ColumnFile doubled = ValueOrDie(ReadColumnFile("family = \"x\"", "c.toml"));
  EXPECT_THAT(FindColumns(doubled, {"x", "x"}, "").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("several columns \"x\"")));
}

TEST(ColumnsTest, OnlyTruthAndIgnoredColumnsMayBeAbsent) {
  const ColumnFile file = ValueOrDie(
      ReadColumnFile("truth = \"gone\"\nignore = \"gone2\"\nfamily = \"last\"", "c.toml"));
  EXPECT_THAT(FindColumns(file, kHeader, ""), IsOk());
}

TEST(ColumnsTest, AFileThatNamesNobodyIsRefused) {
  const ColumnFile file =
      ValueOrDie(ReadColumnFile("birth_date = \"dob\"\nid = \"rec_id\"", "c.toml"));
  EXPECT_THAT(
      FindColumns(file, kHeader, "").status(),
      StatusIs(absl::StatusCode::kInvalidArgument,
               AllOf(HasSubstr("names no column that identifies"), HasSubstr("rec_id, first"))));
}

TEST(ColumnsTest, SidesOfPairsHaveTheirAffix) {
  const ColumnFile file = ValueOrDie(ReadColumnFile("id = \"pair\"\nfamily = \"last\"", "c.toml"));
  const std::vector<std::string> header = {"pair", "a_last", "last_r"};
  EXPECT_THAT(ValueOrDie(FindColumns(file, header, "a_")).family, ElementsAre(1u));
  EXPECT_THAT(ValueOrDie(FindColumns(file, header, "_r")).family, ElementsAre(2u));
  EXPECT_THAT(FindColumns(file, header, "b_").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column \"b_last\"")));
}

TEST(ColumnsTest, ExtraFieldsOfTwoFilesStandAtTheSamePlace) {
  const auto columns = [](const char* extras) {
    const ColumnFile file =
        ValueOrDie(ReadColumnFile(absl::StrCat("family = \"last\"\n[extra]\n", extras), "c.toml"));
    return ValueOrDie(FindColumns(file, {"last", "x", "y", "z"}, ""));
  };
  std::vector<std::string> names;
  Columns left = columns("born = \"x\"\ntrade = \"y\"");
  Columns right = columns("trade = \"x\"\nfaith = \"z\"");
  EXPECT_THAT(AlignExtras(names, left), IsOk());
  EXPECT_THAT(AlignExtras(names, right), IsOk());
  EXPECT_THAT(names, ElementsAre("born", "trade", "faith"));
  ASSERT_EQ(right.extras.size(), 3u);
  EXPECT_TRUE(right.extras[0].from.empty());
  EXPECT_THAT(right.extras[1].from, ElementsAre(1u));
  EXPECT_THAT(right.extras[2].from, ElementsAre(3u));
  names = {"1", "2", "3", "4", "5", "6", "7", "8"};
  EXPECT_THAT(AlignExtras(names, left), StatusIs(absl::StatusCode::kInvalidArgument,
                                                 HasSubstr("extra.born: want at most 8")));
}

TEST(ColumnsTest, TheShippedColumnFilesAreRead) {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  const std::filesystem::path folder =
      std::filesystem::path(source == nullptr ? "." : source) / "tests/data/columns";
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".toml") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    EXPECT_THAT(ReadColumnFile(text.str(), entry.path().filename().string()), IsOk());
    ++count;
  }
  EXPECT_GE(count, 12u);
}

}  // namespace
}  // namespace hie::ctl::matching
