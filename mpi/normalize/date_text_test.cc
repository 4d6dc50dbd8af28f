#include "mpi/normalize/date_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace hie::mpi {
namespace {

constexpr DateOrder kYmd = DateOrder::kYearMonthDay;
constexpr DateOrder kDmy = DateOrder::kDayMonthYear;
constexpr DateOrder kMdy = DateOrder::kMonthDayYear;
constexpr DateOrder kExcel = DateOrder::kExcelDays;
constexpr DateOrder kAuto = DateOrder::kAuto;

// The date as ISO text, "impossible", or nothing.
std::string Read(absl::string_view text, DateOrder order) {
  const ParsedDate parsed = ParseDateText(text, order);
  if (parsed.impossible) return parsed.date ? "both" : "impossible";
  return parsed.date ? parsed.date->ToString() : "";
}

struct DateCase {
  const char* text;
  DateOrder order;
  const char* date;
};

TEST(ParseDateTextTest, ReadsWhatColumnsHold) {
  const DateCase cases[] = {
      {"1980-03-05", kYmd, "1980-03-05"},
      {" 1980-03-05 ", kYmd, "1980-03-05"},
      {"1980/3/5", kDmy, "1980-03-05"},
      {"1980.03.05", kMdy, "1980-03-05"},
      {"19800305", kYmd, "1980-03-05"},
      {"19800305", kAuto, "1980-03-05"},
      {"19800305", kDmy, "1980-03-05"},
      {"05031980", kDmy, "1980-03-05"},
      {"03051980", kMdy, "1980-03-05"},
      {"3051980", kMdy, "1980-03-05"},
      {"05/03/1980", kDmy, "1980-03-05"},
      {"5.3.1980", kDmy, "1980-03-05"},
      {"5-3-1980", kDmy, "1980-03-05"},
      {"5 3 1980", kDmy, "1980-03-05"},
      {"3/5/1980", kMdy, "1980-03-05"},
      {"03/05/80", kMdy, "1980-03-05"},
      {"03/05/30", kMdy, "2030-03-05"},
      {"03/05/31", kMdy, "1931-03-05"},
      {"80-03-05", kYmd, "1980-03-05"},
      {"050380", kDmy, "1980-03-05"},
      {"031980", kMdy, "1980-03-19"},
      {"131980", kMdy, "impossible"},
      {"121980", kDmy, "1980-12"},
      {"198003", kYmd, "1980-03"},
      {"198003", kAuto, "1980-03"},
      {"800305", kYmd, "1980-03-05"},
      {"800305", kAuto, ""},
      {"1980", kDmy, "1980"},
      {"1980-03", kMdy, "1980-03"},
      {"03/1980", kDmy, "1980-03"},
      {"March 1980", kAuto, "1980-03"},
      {"5 Mar 1980", kMdy, "1980-03-05"},
      {"05-MAR-1980", kAuto, "1980-03-05"},
      {"05MAR1980", kAuto, "1980-03-05"},
      {"05-MAR-80", kDmy, "1980-03-05"},
      {"05-MAR-80", kAuto, ""},
      {"March 5, 1980", kAuto, "1980-03-05"},
      {"Wed, March 5th, 1980", kAuto, "1980-03-05"},
      {"Sept 5 1980", kAuto, "1980-09-05"},
  };
  for (const DateCase& c : cases) EXPECT_EQ(Read(c.text, c.order), c.date) << c.text;
}

TEST(ParseDateTextTest, LeavesOutTimesAndUnknownParts) {
  const DateCase cases[] = {
      {"1980-03-05T00:00:00", kYmd, "1980-03-05"},
      {"1980-03-05T23:59:59.999+14:00", kYmd, "1980-03-05"},
      {"1980-03-05 00:00:00", kYmd, "1980-03-05"},
      {"1980-03-05 00:00:00.000000 UTC", kYmd, "1980-03-05"},
      {"3/5/1980 12:00:00 AM", kMdy, "1980-03-05"},
      {"1980-03-05Z", kYmd, "1980-03-05"},
      {"1980-03-05+01:00", kYmd, "1980-03-05"},
      {"19800305120000", kAuto, "1980-03-05"},
      {"19800305120000.000-0500", kYmd, "1980-03-05"},
      {"198003051200", kDmy, "1980-03-05"},
      {"19800305T120000", kYmd, "1980-03-05"},
      {"1980-00-00", kYmd, "1980"},
      {"1980-03-00", kYmd, "1980-03"},
      {"1980-00-05", kYmd, "1980"},
      {"19800000", kYmd, "1980"},
      {"19800300", kAuto, "1980-03"},
      {"?/03/1980", kDmy, "1980-03"},
      {"99/99/1980", kDmy, "1980"},
      {"1666-09-02", kYmd, "1666-09-02"},
      {"985-03-05", kYmd, "0985-03-05"},
      {"2000-02-29", kYmd, "2000-02-29"},
      {"0000-03-05", kYmd, ""},
      {"9999-12-31", kYmd, "9999-12-31"},
  };
  for (const DateCase& c : cases) EXPECT_EQ(Read(c.text, c.order), c.date) << c.text;
}

TEST(ParseDateTextTest, WhatNoCalendarHasIsImpossible) {
  const struct {
    const char* text;
    DateOrder order;
  } cases[] = {{"2023-02-30", kYmd},   {"20230230", kYmd},   {"1900-02-29", kYmd},
               {"1980-13-01", kYmd},   {"1980-13", kYmd},    {"13/13/1980", kAuto},
               {"03/13/1980", kDmy},   {"13/03/1980", kMdy}, {"32/01/1980", kDmy},
               {"31 Apr 1980", kAuto}, {"20231345", kAuto},  {"60", kExcel},
               {"60.5", kExcel},       {"30/02/23", kDmy},   {"31/31/1980", kYmd}};
  for (const auto& c : cases) EXPECT_EQ(Read(c.text, c.order), "impossible") << c.text;
}

TEST(ParseDateTextTest, WhatIsNoDateIsNothing) {
  for (const DateOrder order : {kYmd, kDmy, kMdy, kExcel, kAuto}) {
    for (const char* text : {"", " ", "unknown", "n/a", "-", "//", "1980-03-05-06", "1980 1981",
                             "1980-1981-03", "123456789", "19800305x1", "March", "\xff", "5e3",
                             "1980-03-05 garbage", "T", "12:30", "03 1980 05", "+5"}) {
      const std::string read = Read(text, order);
      EXPECT_TRUE(read.empty() || (std::string(text) == "19800305x1" && read == "1980-03-05"))
          << text << " " << read;
    }
  }
}

TEST(ParseDateTextTest, AmbiguousDatesAreNothingUnlessAPartDecides) {
  EXPECT_EQ(Read("03/05/1980", kAuto), "");
  EXPECT_EQ(Read("03051980", kAuto), "");
  EXPECT_EQ(Read("03/05/80", kAuto), "");
  EXPECT_EQ(Read("03/05/1980", kYmd), "");
  EXPECT_EQ(Read("25/05/1980", kAuto), "1980-05-25");
  EXPECT_EQ(Read("05/25/1980", kAuto), "1980-05-25");
  EXPECT_EQ(Read("25051980", kAuto), "1980-05-25");
  EXPECT_EQ(Read("05/05/1980", kAuto), "1980-05-05");
  EXPECT_EQ(Read("00/00/1980", kAuto), "1980");
  EXPECT_EQ(Read("05/1980", kAuto), "1980-05");
}

TEST(ParseDateTextTest, ExcelDaysHaveALeapDayTooMany) {
  EXPECT_EQ(Read("1", kExcel), "1900-01-01");
  EXPECT_EQ(Read("59", kExcel), "1900-02-28");
  EXPECT_EQ(Read("61", kExcel), "1900-03-01");
  EXPECT_EQ(Read("29285", kExcel), "1980-03-05");
  EXPECT_EQ(Read("29285.0", kExcel), "1980-03-05");
  EXPECT_EQ(Read("29285.75", kExcel), "1980-03-05");
  EXPECT_EQ(Read("45292", kExcel), "2024-01-01");
  EXPECT_EQ(Read("0", kExcel), "");
  EXPECT_EQ(Read("-5", kExcel), "");
  EXPECT_EQ(Read("999999", kExcel), "");
  EXPECT_EQ(Read("1980-03-05", kExcel), "1980-03-05");
  EXPECT_EQ(Read("5 Mar 1980", kExcel), "1980-03-05");
}

TEST(ParseDateTextTest, EveryDayIsReadInEveryForm) {
  for (absl::CivilDay day(1895, 1, 1); day < absl::CivilDay(2030, 1, 1); day += 17) {
    const int y = static_cast<int>(day.year());
    const int m = day.month();
    const int d = day.day();
    const ParsedDate date = {CivilDate{y, m, d}, false};
    ASSERT_EQ(ParseDateText(absl::StrFormat("%04d-%02d-%02d", y, m, d), kAuto), date);
    ASSERT_EQ(ParseDateText(absl::StrFormat("%04d%02d%02d", y, m, d), kYmd), date);
    ASSERT_EQ(ParseDateText(absl::StrFormat("%04d%02d%02d", y, m, d), kAuto), date);
    ASSERT_EQ(ParseDateText(absl::StrFormat("%d/%d/%d", d, m, y), kDmy), date);
    ASSERT_EQ(ParseDateText(absl::StrFormat("%d/%d/%d", m, d, y), kMdy), date);
    ASSERT_EQ(ParseDateText(absl::StrFormat("%02d%02d%04d", d, m, y), kDmy), date);
    ASSERT_EQ(ParseDateText(absl::StrFormat("%02d%02d%04d", m, d, y), kMdy), date);
    const auto excel = day - absl::CivilDay(1899, 12, 30);
    if (excel > 60) {
      ASSERT_EQ(ParseDateText(absl::StrFormat("%d", excel), kExcel), date);
    }
  }
}

TEST(ParseDateTextTest, IsTotalAndNeverGivesADayThatIsNot) {
  const uint64_t seed = 29;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  constexpr absl::string_view kBytes = "0123456789019-/. :T?Zmayprst+,\xff";
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (size_t n = random() % 14; n > 0; --n) text += kBytes[random() % kBytes.size()];
    for (const DateOrder order : {kYmd, kDmy, kMdy, kExcel, kAuto}) {
      const ParsedDate parsed = ParseDateText(text, order);
      ASSERT_FALSE(parsed.date && parsed.impossible) << text;
      if (!parsed.date) continue;
      const auto again = ParseCivilDate(parsed.date->ToString());
      ASSERT_TRUE(again.ok() && *again == *parsed.date) << text;
    }
  }
  for (const char byte : {'1', '?', 'a', '-', '\xff'}) {
    EXPECT_EQ(ParseDateText(std::string(10'000, byte), kAuto).date, std::nullopt);
  }
}

}  // namespace
}  // namespace hie::mpi
