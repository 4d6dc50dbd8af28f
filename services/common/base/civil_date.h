#pragma once

#include <compare>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie {

// How much of a date is known.
enum class DatePrecision { kYear, kMonth, kDay };

// A calendar date with its precision (FHIR `date`): no time, no zone, so it never shifts.
//
// Parts beyond the precision are 0: "1980" is not 1980-01-01.
struct CivilDate {
  int year = 0;   // 1..9999
  int month = 0;  // 1..12, 0 where unknown
  int day = 0;    // 1..31, 0 where unknown

  DatePrecision precision() const;
  // Returns YYYY, YYYY-MM or YYYY-MM-DD.
  std::string ToString() const;

  friend bool operator==(const CivilDate&, const CivilDate&) = default;
  friend auto operator<=>(const CivilDate&, const CivilDate&) = default;
};

// Parses YYYY, YYYY-MM, YYYY-MM-DD, YYYYMM or YYYYMMDD.
//
// INVALID_ARGUMENT: another shape, or a day that the calendar does not have.  The message does
// not repeat the text.
absl::StatusOr<CivilDate> ParseCivilDate(absl::string_view text);

}  // namespace hie
