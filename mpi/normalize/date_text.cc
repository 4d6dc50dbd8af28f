#include "mpi/normalize/date_text.h"

#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/civil_time.h"

namespace hie::mpi {
namespace {

constexpr size_t kPartsMax = 3;
constexpr int kUnknown = 0;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }

// A run of digits, of question marks, or a month's name.
struct Part {
  int value = kUnknown;
  size_t digits = 0;
  bool is_name = false;
};

// What a text is made of.
struct Parts {
  std::array<Part, kPartsMax> part;
  size_t count = 0;
  absl::string_view
      compact;  // The digits, where they stand in one run that is too long for a part.
  bool readable = true;
};

int Number(absl::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

constexpr std::array<absl::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<absl::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// The place of the name that begins with `word`, from 1; 0 for none.
template <size_t N>
int PlaceOf(absl::string_view word, const std::array<absl::string_view, N>& names) {
  constexpr size_t kLettersMin = 3;
  if (word.size() < kLettersMin) return 0;
  for (size_t i = 0; i < N; ++i) {
    if (absl::StartsWithIgnoreCase(names[i], word)) return static_cast<int>(i) + 1;
  }
  return 0;
}

int MonthOf(absl::string_view word) {
  return absl::EqualsIgnoreCase(word, "sept") ? 9 : PlaceOf(word, kMonths);
}

bool IsOrdinalEnd(absl::string_view word) {
  return absl::EqualsIgnoreCase(word, "st") || absl::EqualsIgnoreCase(word, "nd") ||
         absl::EqualsIgnoreCase(word, "rd") || absl::EqualsIgnoreCase(word, "th");
}

// Cuts a text into parts, up to a time of day.
class PartReader {
 public:
  explicit PartReader(absl::string_view text) : text_(text) {}

  Parts Read() {
    while (at_ < text_.size() && parts_.readable) {
      const char c = text_[at_];
      if (absl::StrContains(" /-.,\t\r\n", absl::string_view(&c, 1))) {
        ++at_;
      } else if (IsDigit(c)) {
        if (!ReadDigits()) break;
      } else if (c == '?') {
        Add({kUnknown, Run([](char d) { return d == '?'; }).size(), false});
      } else if (!IsLetter(c) || !ReadWord()) {
        // A zone, "+01:00", and whatever else stands behind a whole date.
        parts_.readable = parts_.count == kPartsMax && !IsLetter(c) && c == '+';
        break;
      }
    }
    return parts_;
  }

 private:
  template <typename Holds>
  absl::string_view Run(Holds holds) {
    const size_t begin = at_;
    while (at_ < text_.size() && holds(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void Add(Part part) {
    if (parts_.count == kPartsMax) {
      parts_.readable = false;
    } else {
      parts_.part[parts_.count++] = part;
    }
  }

  // Tells whether the date may go on behind these digits.
  bool ReadDigits() {
    constexpr size_t kPartDigitsMax = 4;
    const absl::string_view digits = Run(IsDigit);
    if (parts_.count > 0 && at_ < text_.size() && text_[at_] == ':') return false;  // Hours.
    if (digits.size() <= kPartDigitsMax) {
      Add({Number(digits), digits.size(), false});
      return true;
    }
    parts_.readable = parts_.count == 0;
    parts_.compact = digits;
    // Behind eight digits or more only a time or a zone may stand.
    if (digits.size() < 8) parts_.readable = parts_.readable && at_ == text_.size();
    return false;
  }

  bool ReadWord() {
    const bool behind_digit = at_ > 0 && IsDigit(text_[at_ - 1]);
    const absl::string_view word = Run(IsLetter);
    const int month = MonthOf(word);
    if (month > 0) {
      Add({month, 0, true});
      return true;
    }
    if (behind_digit && (word == "T" || word == "t" || word == "Z" || word == "z")) {
      at_ = text_.size();
      return true;
    }
    return PlaceOf(word, kWeekdays) > 0 || (behind_digit && IsOrdinalEnd(word));
  }

  absl::string_view text_;
  size_t at_ = 0;
  Parts parts_;
};

int DaysIn(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

ParsedDate Nothing() { return {}; }

ParsedDate Impossible() { return {std::nullopt, true}; }

// A year of 0 is unknown, and then nothing is known.
ParsedDate Make(int year, int month, int day) {
  constexpr int kAlsoUnknown = 99;
  if (year == kUnknown) return Nothing();
  if (month == kAlsoUnknown) month = kUnknown;
  if (day == kAlsoUnknown) day = kUnknown;
  if (month == kUnknown) return {CivilDate{year, 0, 0}, false};
  if (month > 12 || day > DaysIn(year, month)) return Impossible();
  return {CivilDate{year, month, day}, false};
}

int WholeYear(int two_digits) {
  return two_digits + (two_digits <= kTwoDigitYearPivot ? 2000 : 1900);
}

// Two numbers, one of which is the day, and the year: what is only one date under either order.
ParsedDate MakeUndecided(int year, int a, int b) {
  const ParsedDate day_first = Make(year, b, a);
  const ParsedDate month_first = Make(year, a, b);
  if (day_first == month_first) return day_first;
  if (a == kUnknown || b == kUnknown) return Nothing();
  if (day_first.date && month_first.date) return Nothing();
  return day_first.date ? day_first : month_first;
}

ParsedDate MakeOrdered(int year, int a, int b, DateOrder order) {
  if (order == DateOrder::kDayMonthYear) return Make(year, b, a);
  if (order == DateOrder::kMonthDayYear) return Make(year, a, b);
  return MakeUndecided(year, a, b);
}

bool YearFirstIsPlausible(absl::string_view digits) { return digits[0] == '1' || digits[0] == '2'; }

ParsedDate ReadEightDigits(absl::string_view digits, DateOrder order) {
  const ParsedDate year_first =
      Make(Number(digits.substr(0, 4)), Number(digits.substr(4, 2)), Number(digits.substr(6, 2)));
  const bool given = order == DateOrder::kDayMonthYear || order == DateOrder::kMonthDayYear;
  if (order == DateOrder::kYearMonthDay) return year_first;
  const bool plausible = YearFirstIsPlausible(digits) && year_first.date;
  if (!given && plausible) return year_first;
  const absl::string_view year = digits.substr(4);
  const ParsedDate year_last =
      MakeOrdered(Number(year), Number(digits.substr(0, 2)), Number(digits.substr(2, 2)), order);
  if (year_last.date && YearFirstIsPlausible(year)) return year_last;
  if (plausible) return year_first;
  return year_last.date ? Impossible() : year_last;
}

ParsedDate ReadSixDigits(absl::string_view digits, DateOrder order) {
  const int year = Number(digits.substr(0, 4));
  const int month = Number(digits.substr(4, 2));
  const int a = Number(digits.substr(0, 2));
  const int b = Number(digits.substr(2, 2));
  const bool year_first = YearFirstIsPlausible(digits) && Make(year, month, 0).date.has_value();
  if (order == DateOrder::kDayMonthYear || order == DateOrder::kMonthDayYear) {
    const ParsedDate date = MakeOrdered(WholeYear(month), a, b, order);
    if (date.date) return date;
    const ParsedDate month_year = Make(Number(digits.substr(2)), a, 0);
    return month_year.date && YearFirstIsPlausible(digits.substr(2)) ? month_year : date;
  }
  if (year_first) return Make(year, month, 0);
  return order == DateOrder::kYearMonthDay ? Make(WholeYear(a), b, month) : Nothing();
}

ParsedDate ReadCompact(absl::string_view digits, DateOrder order) {
  switch (digits.size()) {
    case 14:
    case 12:
      return ReadEightDigits(digits.substr(0, 8), DateOrder::kYearMonthDay);
    case 8:
      return ReadEightDigits(digits, order);
    case 7: {
      if (order != DateOrder::kDayMonthYear && order != DateOrder::kMonthDayYear) return Nothing();
      std::array<char, 8> padded = {'0'};
      for (size_t i = 0; i < digits.size(); ++i) padded[i + 1] = digits[i];
      return ReadEightDigits({padded.data(), padded.size()}, order);
    }
    case 6:
      return ReadSixDigits(digits, order);
    default:
      return Nothing();
  }
}

bool IsYear(const Part& part) { return part.digits >= 3; }

ParsedDate ReadMonthAndYear(const Part& a, const Part& b) {
  if (a.digits == 4 && !IsYear(b)) return Make(a.value, b.value, 0);
  if (b.digits == 4 && !IsYear(a)) return Make(b.value, a.value, 0);
  return Nothing();
}

// One part is a month's name; the others are day and year.
ParsedDate ReadNamedMonth(const Part& month, const Part& a, const Part& b, DateOrder order) {
  if (a.is_name || b.is_name || (IsYear(a) && IsYear(b))) return Nothing();
  if (IsYear(a)) return Make(a.value, month.value, b.value);
  if (IsYear(b)) return Make(b.value, month.value, a.value);
  if (order == DateOrder::kYearMonthDay) return Make(WholeYear(a.value), month.value, b.value);
  if (order == DateOrder::kAuto || b.digits != 2) return Nothing();
  return Make(WholeYear(b.value), month.value, a.value);
}

ParsedDate ReadThree(const Part& a, const Part& b, const Part& c, DateOrder order) {
  if (a.is_name) return ReadNamedMonth(a, b, c, order);
  if (b.is_name) return ReadNamedMonth(b, a, c, order);
  if (c.is_name) return ReadNamedMonth(c, a, b, order);
  if (IsYear(b) || (IsYear(a) && IsYear(c))) return Nothing();
  if (IsYear(a)) return Make(a.value, b.value, c.value);
  if (IsYear(c)) return MakeOrdered(c.value, a.value, b.value, order);
  if (order == DateOrder::kAuto) return Nothing();
  const Part& year = order == DateOrder::kYearMonthDay ? a : c;
  if (year.digits != 2) return Nothing();
  if (order == DateOrder::kYearMonthDay) return Make(WholeYear(a.value), b.value, c.value);
  return MakeOrdered(WholeYear(c.value), a.value, b.value, order);
}

// Nothing where the text is no number of days.
std::optional<ParsedDate> ReadExcelDays(absl::string_view text) {
  constexpr size_t kDaysDigitsMax = 6;
  constexpr int kDaysMax = 110'000;
  constexpr int kDayThatNeverWas = 60;
  const size_t point = text.find('.');
  const absl::string_view days = text.substr(0, point);
  const absl::string_view fraction =
      point == absl::string_view::npos ? absl::string_view() : text.substr(point + 1);
  const auto digits = [](absl::string_view run) {
    return run.find_first_not_of("0123456789") == absl::string_view::npos;
  };
  if (days.empty() || days.size() > kDaysDigitsMax || !digits(days) || !digits(fraction)) {
    return std::nullopt;
  }
  const int count = Number(days);
  if (count < 1 || count > kDaysMax) return Nothing();
  if (count == kDayThatNeverWas) return Impossible();
  const absl::CivilDay day = absl::CivilDay(1899, 12, count < kDayThatNeverWas ? 31 : 30) + count;
  return Make(static_cast<int>(day.year()), day.month(), day.day());
}

}  // namespace

ParsedDate ParseDateText(absl::string_view text, DateOrder order) {
  text = absl::StripAsciiWhitespace(text);
  if (order == DateOrder::kExcelDays) {
    if (const auto date = ReadExcelDays(text)) return *date;
    order = DateOrder::kAuto;
  }
  const Parts parts = PartReader(text).Read();
  if (!parts.readable) return Nothing();
  if (!parts.compact.empty()) return ReadCompact(parts.compact, order);
  const auto& part = parts.part;
  switch (parts.count) {
    case 1:
      return part[0].digits == 4 ? Make(part[0].value, 0, 0) : Nothing();
    case 2:
      return ReadMonthAndYear(part[0], part[1]);
    case 3:
      return ReadThree(part[0], part[1], part[2], order);
    default:
      return Nothing();
  }
}

}  // namespace hie::mpi
