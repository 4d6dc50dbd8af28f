#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {
namespace {

constexpr std::array<std::pair<absl::string_view, DatePrefix>, 8> kPrefixes = {{
    {"eq", DatePrefix::kEq},
    {"ne", DatePrefix::kNe},
    {"lt", DatePrefix::kLt},
    {"gt", DatePrefix::kGt},
    {"le", DatePrefix::kLe},
    {"ge", DatePrefix::kGe},
    {"sa", DatePrefix::kSa},
    {"eb", DatePrefix::kEb},
}};
constexpr size_t kFractionDigitsMax = 9;

absl::Status NoDate() {
  return absl::InvalidArgumentError("date: want a FHIR date, dateTime or instant");
}

// Eats digits and single characters from the front of a text.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  bool Eat(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` digits whose number lies in [min, max]; else -1.
  int Number(size_t digits, int min, int max) {
    if (rest_.size() < digits) return -1;
    int number = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (!absl::ascii_isdigit(rest_[i])) return -1;
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return number < min || number > max ? -1 : number;
  }
  absl::string_view Digits() {
    const auto end =
        std::find_if(rest_.begin(), rest_.end(), [](char c) { return !absl::ascii_isdigit(c); });
    const absl::string_view digits = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(digits.size());
    return digits;
  }

 private:
  absl::string_view rest_;
};

// A moment of the day and how exactly it is known.
struct Moment {
  absl::CivilSecond civil;
  absl::Duration fraction = absl::ZeroDuration();
  absl::Duration precision = absl::ZeroDuration();
  absl::Duration offset = absl::ZeroDuration();  // Of the zone, east.
};

// "Z", "+01:00", "-05:30" or nothing, which is UTC.  A space stands for the plus sign of clients
// that did not encode it.
bool ReadZone(Cursor& at, Moment& moment) {
  if (at.done() || at.Eat('Z')) return at.done();
  const bool east = at.Eat('+') || at.Eat(' ');
  if (!east && !at.Eat('-')) return false;
  const int hours = at.Number(2, 0, 14);
  if (hours < 0 || !at.Eat(':')) return false;
  const int minutes = at.Number(2, 0, 59);
  if (minutes < 0 || !at.done()) return false;
  const absl::Duration offset = absl::Hours(hours) + absl::Minutes(minutes);
  moment.offset = east ? offset : -offset;
  return true;
}

bool ReadSeconds(Cursor& at, Moment& moment) {
  const int second = at.Number(2, 0, 60);
  if (second < 0) return false;
  moment.civil += second;
  moment.precision = absl::Seconds(1);
  if (!at.Eat('.')) return true;
  const absl::string_view digits = at.Digits();
  if (digits.empty() || digits.size() > kFractionDigitsMax) return false;
  int64_t nanos = 0, step = 1'000'000'000;
  for (const char c : digits) {
    step /= 10;
    nanos += (c - '0') * step;
  }
  moment.fraction = absl::Nanoseconds(nanos);
  moment.precision = absl::Nanoseconds(step);
  return true;
}

bool ReadTime(Cursor& at, absl::CivilDay day, Moment& moment) {
  const int hour = at.Number(2, 0, 23);
  if (hour < 0 || !at.Eat(':')) return false;
  const int minute = at.Number(2, 0, 59);
  if (minute < 0) return false;
  moment.civil = absl::CivilSecond(day.year(), day.month(), day.day(), hour, minute, 0);
  moment.precision = absl::Minutes(1);
  if (at.Eat(':') && !ReadSeconds(at, moment)) return false;
  return ReadZone(at, moment);
}

using Range = std::pair<absl::Time, absl::Time>;

template <typename Civil>
Range Whole(Civil unit) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  return {absl::FromCivil(absl::CivilSecond(unit), utc),
          absl::FromCivil(absl::CivilSecond(unit + 1), utc)};
}

std::optional<Range> ReadRange(absl::string_view text) {
  Cursor at(text);
  const int year = at.Number(4, 1, 9999);
  if (year < 0) return std::nullopt;
  if (at.done()) return Whole(absl::CivilYear(year));
  if (!at.Eat('-')) return std::nullopt;
  const int month = at.Number(2, 1, 12);
  if (month < 0) return std::nullopt;
  if (at.done()) return Whole(absl::CivilMonth(year, month));
  if (!at.Eat('-')) return std::nullopt;
  const int number = at.Number(2, 1, 31);
  const absl::CivilDay day(year, month, std::max(number, 1));
  if (number < 0 || day.month() != month) return std::nullopt;  // The 30th of February.
  if (at.done()) return Whole(day);
  Moment moment;
  if (!at.Eat('T') || !ReadTime(at, day, moment)) return std::nullopt;
  const absl::Time from =
      absl::FromCivil(moment.civil, absl::UTCTimeZone()) + moment.fraction - moment.offset;
  return Range{from, from + moment.precision};
}

}  // namespace

absl::StatusOr<DateTerm> ReadDate(absl::string_view value) {
  DateTerm term;
  for (const auto& [word, prefix] : kPrefixes) {
    if (value.substr(0, 2) != word) continue;
    term.prefix = prefix;
    value.remove_prefix(2);
    break;
  }
  const std::optional<Range> range = ReadRange(value);
  if (!range) return NoDate();
  term.from = range->first;
  term.to = range->second;
  return term;
}

bool DateMatches(const DateTerm& term, absl::Time from, absl::Time to) {
  const bool contained = term.from <= from && to <= term.to;
  switch (term.prefix) {
    case DatePrefix::kEq:
      return contained;
    case DatePrefix::kNe:
      return !contained;
    case DatePrefix::kLt:
      return from < term.from;
    case DatePrefix::kGt:
      return to > term.to;
    case DatePrefix::kLe:
      return from < term.from || contained;
    case DatePrefix::kGe:
      return to > term.to || contained;
    case DatePrefix::kSa:
      return from >= term.to;
    case DatePrefix::kEb:
      return to <= term.from;
  }
  return false;
}

bool PeriodMatches(const DateTerm& term, absl::Time from, absl::Time to) {
  const bool overlap = from < term.to && term.from < to;
  switch (term.prefix) {
    case DatePrefix::kEq:
      return overlap;
    case DatePrefix::kNe:
      return !overlap;
    case DatePrefix::kLe:
      return from < term.to;
    case DatePrefix::kGe:
      return to > term.from;
    default:
      return DateMatches(term, from, to);
  }
}

}  // namespace hie::fhir
