#include "services/common/base/civil_date.h"

#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CivilDateTest, ParsesEveryPrecision) {
  struct Case {
    absl::string_view text;
    CivilDate want;
    DatePrecision precision;
    absl::string_view printed;
  };
  const Case cases[] = {
      {"1980", {1980, 0, 0}, DatePrecision::kYear, "1980"},
      {"1980-03", {1980, 3, 0}, DatePrecision::kMonth, "1980-03"},
      {"198003", {1980, 3, 0}, DatePrecision::kMonth, "1980-03"},
      {"1980-03-05", {1980, 3, 5}, DatePrecision::kDay, "1980-03-05"},
      {"19800305", {1980, 3, 5}, DatePrecision::kDay, "1980-03-05"},
      {"2000-02-29", {2000, 2, 29}, DatePrecision::kDay, "2000-02-29"},
      {"0001-01-01", {1, 1, 1}, DatePrecision::kDay, "0001-01-01"},
      {"9999-12-31", {9999, 12, 31}, DatePrecision::kDay, "9999-12-31"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.text));
    HIE_ASSERT_OK_AND_ASSIGN(const CivilDate date, ParseCivilDate(c.text));
    EXPECT_TRUE(date == c.want);
    EXPECT_EQ(date.precision(), c.precision);
    EXPECT_EQ(date.ToString(), c.printed);
  }
}

TEST(CivilDateTest, RefusesWhatTheCalendarDoesNotHaveAndDoesNotRepeatIt) {
  for (const absl::string_view text : {"",           "80",         "198",
                                       "19801",      "1980-3-5",   "1980-13",
                                       "1980-00",    "1980-02-30", "1981-02-29",
                                       "1900-02-29", "1980-03-00", "1980-03-32",
                                       "0000",       "0000-01-01", "1980/03/05",
                                       "1980-0305",  "198003-05",  "1980-",
                                       "1980-03-",   "-1980",      "+1980",
                                       " 1980",      "1980 ",      "1980-03-05T00:00",
                                       "198003051",  "19a0",       "\xd9\xa1\xd9\xa9"}) {
    SCOPED_TRACE(std::string(text));
    const auto refused = ParseCivilDate(text);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
    if (text.size() > 4) {
      EXPECT_THAT(std::string(refused.status().message()), Not(HasSubstr(std::string(text))));
    }
  }
}

// The oracle is Abseil's calendar.
TEST(CivilDateTest, KnowsEveryDayOfFourCenturies) {
  int days = 0;
  for (absl::CivilDay day(1700, 1, 1); day < absl::CivilDay(2101, 1, 1); ++day, ++days) {
    const CivilDate want{static_cast<int>(day.year()), day.month(), day.day()};
    const std::string text = absl::StrFormat("%04d-%02d-%02d", want.year, want.month, want.day);
    const auto parsed = ParseCivilDate(text);
    ASSERT_TRUE(parsed.ok()) << text;
    ASSERT_TRUE(*parsed == want) << text;
    ASSERT_EQ(parsed->ToString(), text);
  }
  EXPECT_EQ(days, 146462);
}

TEST(CivilDateTest, UnknownPartsSortFirst) {
  EXPECT_LT(*ParseCivilDate("1980"), *ParseCivilDate("1980-01"));
  EXPECT_LT(*ParseCivilDate("1980-01"), *ParseCivilDate("1980-01-01"));
  EXPECT_LT(*ParseCivilDate("1979-12-31"), *ParseCivilDate("1980"));
}

}  // namespace
}  // namespace hie
