#include "mpi/compare/birth_date.h"

#include <cstdlib>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

bool IsDefaultDay(const CivilDate& date) { return date.month == 1 && date.day == 1; }

std::string Digits(const CivilDate& date) {
  return absl::StrFormat("%04d%02d%02d", date.year, date.month, date.day);
}

bool OneDayApart(const CivilDate& a, const CivilDate& b) {
  const absl::CivilDay day_a(a.year, a.month, a.day);
  const absl::CivilDay day_b(b.year, b.month, b.day);
  return std::abs(day_a - day_b) == 1;
}

bool AgreeAsFarAsKnown(const CivilDate& a, const CivilDate& b) {
  if (a.year != b.year) return false;
  return a.month == 0 || b.month == 0 || a.month == b.month;
}

BirthDateLevel CompareFullDates(const CivilDate& a, const CivilDate& b) {
  if (a == b) return IsDefaultDay(a) ? BirthDateLevel::kExactDefault : BirthDateLevel::kExact;
  const bool swapped = a.year == b.year && a.month == b.day && a.day == b.month;
  if (swapped) return BirthDateLevel::kDayMonthSwapped;
  if (OneEditApart(Digits(a), Digits(b))) return BirthDateLevel::kOneDigitOff;
  if (OneDayApart(a, b)) return BirthDateLevel::kOneDayOff;
  if (a.year != b.year) return BirthDateLevel::kDifferent;
  const bool default_day = IsDefaultDay(a) || IsDefaultDay(b);
  return default_day ? BirthDateLevel::kDefaultDay : BirthDateLevel::kSameYear;
}

}  // namespace

BirthDateLevel CompareBirthDates(std::optional<CivilDate> a, std::optional<CivilDate> b) {
  if (!a || !b) return BirthDateLevel::kMissing;
  const bool full = a->precision() == DatePrecision::kDay && b->precision() == DatePrecision::kDay;
  if (full) return CompareFullDates(*a, *b);
  if (AgreeAsFarAsKnown(*a, *b)) return BirthDateLevel::kPartial;
  return a->year == b->year ? BirthDateLevel::kSameYear : BirthDateLevel::kDifferent;
}

}  // namespace hie::mpi
