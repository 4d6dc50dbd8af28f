#include "services/hiectl/matching/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "services/hiectl/matching/cell_text.h"
#include "services/hiectl/matching/csv_file.h"
#include "tests/support/status_matchers.h"

namespace hie::ctl::matching {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Cells = std::vector<std::string>;

struct Record {
  uint64_t line = 0;
  Cells cells;
  bool unclosed = false;
  friend bool operator==(const Record&, const Record&) = default;
};

void PrintTo(const Record& record, std::ostream* out) {
  *out << record.line << ":" << ::testing::PrintToString(record.cells)
       << (record.unclosed ? " unclosed" : "");
}

std::vector<Record> ReadAll(CsvChunk chunk, char delimiter = ',') {
  std::vector<Record> records;
  CsvReader reader(chunk, delimiter);
  while (reader.Next()) {
    records.push_back(
        {reader.line(), {reader.cells().begin(), reader.cells().end()}, reader.unclosed_quote()});
  }
  return records;
}

// RFC 4180 letter by letter: the oracle.  Knows no unclosed quotes.
std::vector<Record> ReadNaively(const std::string& text) {
  std::vector<Record> records;
  uint64_t line = 1;
  size_t i = 0;
  while (i < text.size()) {
    Record record{line, {""}, false};
    const size_t begin = i;
    bool at_start = true;
    bool quoted = false;
    for (; i < text.size(); ++i) {
      const char c = text[i];
      if (quoted) {
        if (c == '\n') ++line;
        if (c != '"') {
          record.cells.back() += c;
        } else if (i + 1 < text.size() && text[i + 1] == '"') {
          record.cells.back() += '"';
          ++i;
        } else {
          quoted = false;
        }
        continue;
      }
      if (c == '\n') break;
      if (c == '"' && at_start) {
        quoted = true;
      } else if (c == ',') {
        record.cells.emplace_back();
        at_start = true;
        continue;
      } else {
        record.cells.back() += c;
      }
      at_start = false;
    }
    const bool carriage_return = i > begin && text[i - 1] == '\r';
    const bool blank = i == begin || (i == begin + 1 && carriage_return);
    ++line;
    ++i;
    if (blank) continue;
    if (carriage_return) record.cells.back().pop_back();
    records.push_back(record);
  }
  return records;
}

TEST(CsvTest, RecordsAreReadAsTheyStand) {
  const struct {
    const char* text;
    std::vector<Record> records;
  } cases[] = {
      {"", {}},
      {"a,b\n1,2\n", {{1, {"a", "b"}}, {2, {"1", "2"}}}},
      {"a,b\r\n1,2\r\n", {{1, {"a", "b"}}, {2, {"1", "2"}}}},
      {"a,b\n1,2", {{1, {"a", "b"}}, {2, {"1", "2"}}}},
      {"a\n\n\r\nb\n", {{1, {"a"}}, {4, {"b"}}}},
      {",\n", {{1, {"", ""}}}},
      {"\"a,b\",c\n", {{1, {"a,b", "c"}}}},
      {"\"two\nlines\",x\ny\n", {{1, {"two\nlines", "x"}}, {3, {"y"}}}},
      {"\"say \"\"hi\"\"\",x\n", {{1, {"say \"hi\"", "x"}}}},
      {"5\" pipe,x\n", {{1, {"5\" pipe", "x"}}}},
      {"\"\",\"\"\n", {{1, {"", ""}}}},
      {"\"a\"tail,x\n", {{1, {"atail", "x"}}}},
      {"x,\"open\ny,z\n", {{1, {"x", "\"open"}, true}, {2, {"y", "z"}}}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ReadAll({c.text, 1}), c.records) << c.text;
  }
}

TEST(CsvTest, AQuoteThatIsNeverClosedCostsOneLine) {
  std::string text = "a,\"stray\n";
  const size_t rows = 2 * kCsvRecordBytesMax / 8;
  for (size_t i = 0; i < rows; ++i) text += "1234,67\n";
  const std::vector<Record> records = ReadAll({text, 1});
  ASSERT_EQ(records.size(), rows + 1);
  EXPECT_TRUE(records[0].unclosed);
  EXPECT_FALSE(records[1].unclosed);
}

TEST(CsvTest, EqualsTheNaiveReaderAndItsOwnChunks) {
  constexpr uint32_t kSeed = 41;
  std::mt19937 random(kSeed);
  const std::string letters = "ab,,\n\"\"\r";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const size_t size = random() % 40;
    for (size_t i = 0; i < size; ++i) text += letters[random() % letters.size()];
    const std::vector<Record> records = ReadAll({text, 1});
    bool unclosed = false;
    for (const Record& record : records) unclosed = unclosed || record.unclosed;
    if (!unclosed) {
      EXPECT_EQ(records, ReadNaively(text)) << "seed " << kSeed << ": " << text;
    }
    std::vector<Record> joined;
    for (const CsvChunk& chunk : SplitCsv({text, 1}, ',', 1 + random() % 10)) {
      for (Record& record : ReadAll(chunk)) joined.push_back(std::move(record));
    }
    EXPECT_EQ(joined, records) << "seed " << kSeed << ": " << text;
  }
}

TEST(CsvTest, TheDelimiterIsTheOneOfTheHeader) {
  EXPECT_EQ(DetectDelimiter("a,b;c,d\n;;;;;"), ',');
  EXPECT_EQ(DetectDelimiter("a;b;c"), ';');
  EXPECT_EQ(DetectDelimiter("a\tb"), '\t');
  EXPECT_EQ(DetectDelimiter("\"a;b;c\"|d"), '|');
  EXPECT_EQ(DetectDelimiter("name"), ',');
}

TEST(CsvTest, ACellIsQuotedWhereItMustBe) {
  std::string out;
  AppendCsvCell("plain", out);
  AppendCsvCell("a,\"b\"", out);
  EXPECT_EQ(out, "plain\"a,\"\"b\"\"\"");
}

TEST(CsvFileTest, AByteOrderMarkAndPaddedNamesDoNotCount) {
  const std::string path = ::testing::TempDir() + "/bom.csv";
  std::ofstream(path) << "\xef\xbb\xbfid; name \n1;x\n";
  const CsvFile file = ValueOrDie(CsvFile::Open(path));
  EXPECT_THAT(file.header(), ElementsAre("id", "name"));
  EXPECT_EQ(file.body().first_line, 2u);
  EXPECT_THAT(file.Sample(9), ElementsAre(ElementsAre("1", "x")));
}

TEST(CsvFileTest, AFileThatCannotBeReadIsNamed) {
  EXPECT_THAT(CsvFile::Open("/nowhere/a.csv").status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/a.csv: cannot be read")));
  const std::string path = ::testing::TempDir() + "/empty.csv";
  std::ofstream(path) << "";
  EXPECT_THAT(CsvFile::Open(path).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want a header line")));
  std::ofstream(path) << "\xff\xfei\0d\0";
  EXPECT_THAT(CsvFile::Open(path).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("UTF-16")));
  std::ofstream(path) << absl::string_view(
      "\x7f"
      "ELF\0\0,\0",
      8);
  EXPECT_THAT(CsvFile::Open(path).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is no text")));
}

TEST(CsvFileTest, AHeaderOfAnotherEncodingIsReadAsLatin1) {
  const std::string path = ::testing::TempDir() + "/latin.csv";
  std::ofstream(path) << "Stra\xdf"
                         "e,Ort\n1,2\n";
  EXPECT_THAT(ValueOrDie(CsvFile::Open(path)).header(), ElementsAre("Stra\xc3\x9f"
                                                                    "e",
                                                                    "Ort"));
}

TEST(CellTextTest, Utf8IsToldFromOtherBytes) {
  for (const char* good : {"", "abc", "M\xc3\xbcller", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad : {"\xff", "M\xfcller", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xe0\x80\x80",
                          "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
  EXPECT_EQ(Latin1ToUtf8("M\xfcller"), "M\xc3\xbcller");
  EXPECT_EQ(CutText("M\xc3\xbcller", 2), "M");
}

TEST(CellTextTest, DatesOfAColumnSettleTheirOrder) {
  const struct {
    std::vector<std::string> values;
    DateStyle style;
  } cases[] = {{{"1980-03-05"}, DateStyle::kYearMonthDay},
               {{"19800305"}, DateStyle::kYearMonthDay},
               {{"03/05/1980", "25/12/1980"}, DateStyle::kDayMonthYear},
               {{"03/05/1980", "12/25/1980"}, DateStyle::kMonthDayYear},
               {{"25121980"}, DateStyle::kDayMonthYear},
               {{"03/05/1980"}, DateStyle::kMonthDayYear},
               {{"03.05.1980"}, DateStyle::kDayMonthYear},
               {{"29285", "31000"}, DateStyle::kExcelDays},
               {{}, DateStyle::kMonthDayYear}};
  for (const auto& c : cases) {
    EXPECT_EQ(DetectDateStyle(c.values), c.style) << ::testing::PrintToString(c.values);
  }
}

TEST(CellTextTest, TheYearOfAnImpossibleDateStays) {
  const struct {
    const char* text;
    DateStyle style;
    std::optional<CivilDate> date;
  } cases[] = {{"19451331", DateStyle::kYearMonthDay, CivilDate{1945, 0, 0}},
               {"19800230", DateStyle::kYearMonthDay, CivilDate{1980, 2, 0}},
               {"1980-02-30", DateStyle::kMonthDayYear, CivilDate{1980, 2, 0}},
               {"31/02/1980", DateStyle::kDayMonthYear, CivilDate{1980, 2, 0}},
               {"02/31/1980", DateStyle::kMonthDayYear, CivilDate{1980, 2, 0}},
               {"13/31/1980", DateStyle::kMonthDayYear, CivilDate{1980, 0, 0}},
               {"31021980", DateStyle::kDayMonthYear, CivilDate{1980, 2, 0}},
               {"31/02/80", DateStyle::kDayMonthYear, std::nullopt},
               {"60", DateStyle::kExcelDays, std::nullopt},
               {"soon", DateStyle::kYearMonthDay, std::nullopt},
               {"", DateStyle::kAuto, std::nullopt}};
  for (const auto& c : cases) EXPECT_EQ(PossiblePart(c.text, c.style), c.date) << c.text;
}

TEST(CellTextTest, AnAddressInOneCellIsTakenApart) {
  const PostalAddress whole = SplitWholeAddress("12 Main St, Apt 4, Springfield, IL 62704, USA");
  EXPECT_THAT(whole.lines, ElementsAre("12 Main St", "Apt 4"));
  EXPECT_EQ(whole.city, "Springfield");
  EXPECT_EQ(whole.state, "IL");
  EXPECT_EQ(whole.postal_code, "62704");
  EXPECT_THAT(SplitWholeAddress("12 Main St").lines, ElementsAre("12 Main St"));
  EXPECT_THAT(SplitWholeAddress("PO Box 1234").lines, ElementsAre("PO Box 1234"));
  EXPECT_EQ(SplitWholeAddress(" , ,"), PostalAddress{});
}

TEST(CellTextTest, APhoneTakesTheCountryOfItsColumn) {
  EXPECT_EQ(WithCountry("712 300633", "256"), "+256712300633");
  EXPECT_EQ(WithCountry("0712 300633", "256"), "+256712300633");
  EXPECT_EQ(WithCountry("+49 30 123", "256"), "+49 30 123");
  EXPECT_EQ(WithCountry("0049 30 123", "256"), "+4930123");
  EXPECT_EQ(WithCountry("1-906-389-8576", "1"), "+19063898576");
  EXPECT_EQ(WithCountry("(906)389-8576", ""), "(906)389-8576");
}

}  // namespace
}  // namespace hie::ctl::matching
