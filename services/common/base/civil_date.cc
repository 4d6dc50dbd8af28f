#include "services/common/base/civil_date.h"

#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace hie {
namespace {

// Returns the digits of `text` without dashes where the dashes stand right, else nothing.
std::optional<std::string> Digits(absl::string_view text) {
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash_place = i == 4 || i == 7;
    if (text[i] == '-' && dash_place) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    digits += text[i];
  }
  const bool dashed = text.find('-') != absl::string_view::npos;
  if (dashed && text.size() != 7 && text.size() != 10) return std::nullopt;
  if (text.size() == 10 && (text[4] != '-' || text[7] != '-')) return std::nullopt;
  return digits;
}

}  // namespace

DatePrecision CivilDate::precision() const {
  if (month == 0) return DatePrecision::kYear;
  return day == 0 ? DatePrecision::kMonth : DatePrecision::kDay;
}

std::string CivilDate::ToString() const {
  switch (precision()) {
    case DatePrecision::kYear:
      return absl::StrFormat("%04d", year);
    case DatePrecision::kMonth:
      return absl::StrFormat("%04d-%02d", year, month);
    case DatePrecision::kDay:
      break;
  }
  return absl::StrFormat("%04d-%02d-%02d", year, month, day);
}

absl::StatusOr<CivilDate> ParseCivilDate(absl::string_view text) {
  const absl::Status bad = absl::InvalidArgumentError("want YYYY, YYYY-MM or YYYY-MM-DD");
  const std::optional<std::string> digits = Digits(text);
  if (!digits || (digits->size() != 4 && digits->size() != 6 && digits->size() != 8)) return bad;
  CivilDate date;
  const absl::string_view d = *digits;
  if (!absl::SimpleAtoi(d.substr(0, 4), &date.year)) return bad;
  if (d.size() >= 6 && !absl::SimpleAtoi(d.substr(4, 2), &date.month)) return bad;
  if (d.size() == 8 && !absl::SimpleAtoi(d.substr(6, 2), &date.day)) return bad;
  if (date.year < 1 || (d.size() >= 6 && (date.month < 1 || date.month > 12))) return bad;
  if (d.size() == 8) {
    // CivilDay normalises a day that does not exist to another one.
    const absl::CivilDay day(date.year, date.month, date.day);
    if (day.month() != date.month || day.day() != date.day) return bad;
  }
  return date;
}

}  // namespace hie
