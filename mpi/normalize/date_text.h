#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "services/common/base/civil_date.h"

namespace hie::mpi {

// In which order a column writes its dates.
enum class DateOrder {
  kYearMonthDay,
  kDayMonthYear,
  kMonthDayYear,
  kExcelDays,  // Days of the 1900 calendar of spreadsheets: 1 is 1900-01-01.
  kAuto,       // The text decides, or there is no date.
};

// What a text says.
struct ParsedDate {
  std::optional<CivilDate> date;
  bool impossible = false;  // It is written as a date, but no calendar has it: 2023-02-30.
  friend bool operator==(const ParsedDate&, const ParsedDate&) = default;
};

// A year of two digits up to this is of this century ("30": 2030), above of the last ("31": 1931).
inline constexpr int kTwoDigitYearPivot = 30;

// Reads a date of birth.  Total; allocates nothing.
//
// * Parts are parted by "/", "-", ".", "," or blanks.  A part of three or four digits is the year;
//   first, month and day follow it ("1980/3/5", under any order); last, the order says which part
//   is the day.  Two parts are a month and a year of four digits.
// * Months may be English names of at least three letters ("5 Mar 1980", "Thu, March 5th, 1980").
// * Without separators: eight digits by the order, or YYYYMMDD where that gives no date; seven are
//   eight without the first 0; six are YYYYMM or else YYMMDD under kYearMonthDay, DDMMYY or MMDDYY
//   or else MMYYYY under the others; four are the year; twelve and fourteen begin with YYYYMMDD.
// * A month or day of "00", "99" or "??" is unknown: "1980-00-00" is the year alone.
// * A time of day behind the date is left out, a zone with it: the date is as written.
// * kExcelDays: whole or with a fraction, from 1 to 110,000 (year 2201); 60, the 29 February 1900
//   that never was, is impossible, and later days are one behind.  Another text is read as kAuto.
// * kAuto: the year first, as in ISO, or a month's name, or a part over 12 decides which is the
// day.
//   "03/05/1980", "03051980" and two-digit years are ambiguous, thus no date and not impossible;
//   "05/05/1980" says the same either way.
// * Under kYearMonthDay a year that stands last is read as kAuto.
ParsedDate ParseDateText(absl::string_view text, DateOrder order);

}  // namespace hie::mpi
