#include "mpi/compare/birth_date.h"

#include <array>
#include <cstdlib>

#include "absl/time/civil_time.h"

namespace hie::mpi {
namespace {

using Digits = std::array<char, 8>;

bool IsDefaultDay(const CivilDate& date) { return date.month == 1 && date.day == 1; }

Digits DigitsOfDate(const CivilDate& date) {
  const auto digit = [](int value) { return static_cast<char>(value % 10); };
  return {digit(date.year / 1000), digit(date.year / 100), digit(date.year / 10), digit(date.year),
          digit(date.month / 10),  digit(date.month),      digit(date.day / 10),  digit(date.day)};
}

// One digit differs, or two neighbours stand in the other order.
bool OneDigitOff(const CivilDate& a, const CivilDate& b) {
  const Digits x = DigitsOfDate(a);
  const Digits y = DigitsOfDate(b);
  size_t first = x.size();
  int different = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i]) continue;
    if (different == 0) first = i;
    ++different;
  }
  if (different == 1) return true;
  return different == 2 && x[first] == y[first + 1] && x[first + 1] == y[first];
}

// Neighbours across a month as well; the calendar is asked where it can be true only.
bool OneDayApart(const CivilDate& a, const CivilDate& b) {
  if (std::abs(a.year - b.year) > 1) return false;
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
  const bool year = a.year == b.year;
  if (year && a.month == b.day && a.day == b.month) return BirthDateLevel::kDayMonthSwapped;
  if (year && (IsDefaultDay(a) || IsDefaultDay(b))) return BirthDateLevel::kDefaultDay;
  // Filled-in days agree of themselves: only the years were compared.
  if (IsDefaultDay(a) && IsDefaultDay(b)) return BirthDateLevel::kDifferent;
  if (OneDigitOff(a, b)) return BirthDateLevel::kOneDigitOff;
  if (OneDayApart(a, b)) return BirthDateLevel::kOneDayOff;
  const int parts = int{year} + int{a.month == b.month} + int{a.day == b.day};
  if (parts == 2) return BirthDateLevel::kTwoParts;
  return year ? BirthDateLevel::kSameYear : BirthDateLevel::kDifferent;
}

}  // namespace

BirthDateLevel CompareBirthDates(const std::optional<CivilDate>& a,
                                 const std::optional<CivilDate>& b) {
  if (!a || !b) return BirthDateLevel::kMissing;
  const bool full = a->precision() == DatePrecision::kDay && b->precision() == DatePrecision::kDay;
  if (full) return CompareFullDates(*a, *b);
  if (AgreeAsFarAsKnown(*a, *b)) return BirthDateLevel::kPartial;
  return a->year == b->year ? BirthDateLevel::kSameYear : BirthDateLevel::kDifferent;
}

BirthDateLevel CompareBirthDates(const PackedView& a, const PackedView& b) {
  const PackedHeader& x = a.header();
  const PackedHeader& y = b.header();
  if (x.birth_year == 0 || y.birth_year == 0 || x.birth_date_muted != 0 ||
      y.birth_date_muted != 0) {
    return BirthDateLevel::kMissing;
  }
  return CompareBirthDates(CivilDate{x.birth_year, x.birth_month, x.birth_day},
                           CivilDate{y.birth_year, y.birth_month, y.birth_day});
}

}  // namespace hie::mpi
