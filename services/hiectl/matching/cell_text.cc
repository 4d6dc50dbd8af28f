#include "services/hiectl/matching/cell_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "mpi/normalize/date_text.h"
#include "mpi/normalize/text.h"

namespace hie::ctl::matching {
namespace {

unsigned char Byte(absl::string_view text, size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// Bytes of the UTF-8 sequence at `index`; 0: none begins there (RFC 3629, table 3-7 of Unicode).
size_t SequenceBytes(absl::string_view text, size_t index) {
  const unsigned char lead = Byte(text, index);
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || index + bytes > text.size()) return 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  for (size_t i = 1; i < bytes; ++i) {
    const unsigned char next = Byte(text, index + i);
    if (next < low || next > high) return 0;
    low = 0x80;
    high = 0xbf;
  }
  return bytes;
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

// Takes a postal code off the end of `part`: "IL 62704", "62704-1234".
std::string TakePostalCode(size_t digits_min, std::string& part) {
  const size_t space = part.find_last_of(' ');
  const std::string last = space == std::string::npos ? part : part.substr(space + 1);
  const std::string digits = mpi::DigitsOf(last);
  const bool code = digits.size() >= digits_min &&
                    digits.size() + (absl::StrContains(last, "-") ? 1 : 0) == last.size();
  if (!code) return "";
  part = space == std::string::npos ? "" : part.substr(0, space);
  absl::StripAsciiWhitespace(&part);
  return last;
}

// Takes a state of two letters off the end of `part`.
std::string TakeState(std::string& part) {
  const size_t space = part.find_last_of(' ');
  const std::string last = space == std::string::npos ? part : part.substr(space + 1);
  const bool letters = last.size() == 2 && std::all_of(last.begin(), last.end(), [](char c) {
                         return absl::ascii_isalpha(static_cast<unsigned char>(c));
                       });
  if (!letters) return "";
  part = space == std::string::npos ? "" : part.substr(0, space);
  absl::StripAsciiWhitespace(&part);
  return last;
}

// What one value says about the order; kAuto: nothing.
DateStyle StyleOf(absl::string_view value) {
  constexpr int kExcelMin = 3000;    // 1908.
  constexpr int kExcelMax = 60'000;  // 2064.
  const std::vector<absl::string_view> parts =
      absl::StrSplit(value, absl::ByAnyChar("-/. T"), absl::SkipEmpty());
  int first = 0;
  int second = 0;
  if (parts.size() == 1 && IsDigits(parts[0])) {
    if (parts[0].size() != 8) {
      const bool days = absl::SimpleAtoi(parts[0], &first) && first >= kExcelMin &&
                        first <= kExcelMax && parts[0].size() == 5;
      return days ? DateStyle::kExcelDays : DateStyle::kAuto;
    }
    const bool year_first = absl::SimpleAtoi(parts[0].substr(0, 4), &first) && first >= 1300;
    if (year_first && first <= 2100) return DateStyle::kYearMonthDay;
    if (!absl::SimpleAtoi(parts[0].substr(0, 2), &first) ||
        !absl::SimpleAtoi(parts[0].substr(2, 2), &second)) {
      return DateStyle::kAuto;
    }
  } else {
    if (parts.size() < 3) return DateStyle::kAuto;
    if (parts[0].size() == 4 && IsDigits(parts[0])) return DateStyle::kYearMonthDay;
    if (!absl::SimpleAtoi(parts[0], &first) || !absl::SimpleAtoi(parts[1], &second)) {
      return DateStyle::kAuto;
    }
  }
  if (first > 12 && second >= 1 && second <= 12) return DateStyle::kDayMonthYear;
  if (second > 12 && first >= 1 && first <= 12) return DateStyle::kMonthDayYear;
  return DateStyle::kAuto;
}

// Where the year and the month of a date stand, among its three parts.
struct DatePlaces {
  size_t year = 0;
  size_t month = 1;
};

DatePlaces PlacesUnder(DateStyle style) {
  if (style == DateStyle::kDayMonthYear) return {2, 1};
  if (style == DateStyle::kMonthDayYear) return {2, 0};
  return {0, 1};
}

// The three parts of a date in digits; fewer where it is not written so.
std::vector<absl::string_view> DateParts(absl::string_view text, DatePlaces places) {
  constexpr size_t kDigits = 8;
  if (!IsDigits(text)) return absl::StrSplit(text, absl::ByAnyChar("-/. "), absl::SkipEmpty());
  if (text.size() != kDigits) return {};
  if (places.year == 0) return {text.substr(0, 4), text.substr(4, 2), text.substr(6)};
  return {text.substr(0, 2), text.substr(2, 2), text.substr(4)};
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = SequenceBytes(text, i);
    if (bytes == 0) return false;
    i += bytes;
  }
  return true;
}

std::string Latin1ToUtf8(absl::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xc0 | (byte >> 6));
      result += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return result;
}

absl::string_view CutText(absl::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (Byte(text, end) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

bool IsNullWord(absl::string_view text) {
  constexpr std::array<absl::string_view, 9> kWords = {"null", "nan",  "none", "\\n",   "n/a",
                                                       "#n/a", "<na>", "-",    "(null)"};
  constexpr size_t kLongest = 6;
  if (text.empty() || text.size() > kLongest) return false;
  return std::any_of(kWords.begin(), kWords.end(),
                     [text](absl::string_view word) { return absl::EqualsIgnoreCase(text, word); });
}

PostalAddress SplitWholeAddress(absl::string_view text) {
  PostalAddress address;
  std::vector<std::string> parts = absl::StrSplit(text, absl::ByAnyChar(",;\n\r|"));
  for (std::string& part : parts) absl::StripAsciiWhitespace(&part);
  parts.erase(std::remove(parts.begin(), parts.end(), std::string()), parts.end());
  if (parts.empty()) return address;
  // The country, a word behind the postal code, is of no use and hides it.
  if (parts.size() > 2 && mpi::DigitsOf(parts.back()).empty() &&
      !mpi::DigitsOf(parts[parts.size() - 2]).empty()) {
    address.country = parts.back();
    parts.pop_back();
  }
  // Alone, four digits are rather a box's number.
  address.postal_code = TakePostalCode(parts.size() > 1 ? 4 : 5, parts.back());
  if (!address.postal_code.empty()) address.state = TakeState(parts.back());
  if (parts.back().empty()) parts.pop_back();
  if (parts.size() > 1 && address.state.empty() && parts.back().size() == 2) {
    address.state = parts.back();
    parts.pop_back();
  }
  if (parts.size() > 1) {
    address.city = parts.back();
    parts.pop_back();
  }
  address.lines = std::move(parts);
  return address;
}

DateStyle DetectDateStyle(const std::vector<std::string>& values) {
  std::array<size_t, 5> counts = {};
  size_t dotted = 0;
  for (const std::string& value : values) {
    const DateStyle style = StyleOf(absl::StripAsciiWhitespace(value));
    ++counts[static_cast<size_t>(style)];
    dotted += absl::StrContains(value, ".") ? 1 : 0;
  }
  counts[static_cast<size_t>(DateStyle::kAuto)] = 0;
  const auto best = std::max_element(counts.begin(), counts.end());
  if (*best > 0) return static_cast<DateStyle>(best - counts.begin());
  return dotted * 2 > values.size() ? DateStyle::kDayMonthYear : DateStyle::kMonthDayYear;
}

std::optional<CivilDate> PossiblePart(absl::string_view text, DateStyle style) {
  if (style == DateStyle::kExcelDays) return std::nullopt;
  DatePlaces places = PlacesUnder(style);
  const std::vector<absl::string_view> parts = DateParts(text, places);
  if (parts.size() != 3) return std::nullopt;
  if (parts[0].size() == 4) places = {0, 1};  // The year leads whatever the order says.
  const absl::string_view year = parts[places.year];
  const absl::string_view month = parts[places.month];
  if (year.size() != 4 || !IsDigits(year)) return std::nullopt;
  const auto both =
      mpi::ParseDateText(absl::StrCat(year, "-", month), mpi::DateOrder::kYearMonthDay);
  if (both.date && IsDigits(month) && month.size() <= 2) return both.date;
  return mpi::ParseDateText(year, mpi::DateOrder::kYearMonthDay).date;
}

std::string WithCountry(absl::string_view phone, absl::string_view country) {
  if (country.empty() || absl::StrContains(phone, "+")) return std::string(phone);
  const std::string digits = mpi::DigitsOf(phone.substr(0, phone.find_first_of("xX")));
  if (absl::StartsWith(digits, "00")) return absl::StrCat("+", digits.substr(2));
  constexpr size_t kNationalDigitsMax = 10;
  if (digits.size() > kNationalDigitsMax && absl::StartsWith(digits, country)) {
    return absl::StrCat("+", digits);
  }
  const size_t start = digits.find_first_not_of('0');
  if (start == std::string::npos) return "";
  return absl::StrCat("+", country, digits.substr(start));
}

}  // namespace hie::ctl::matching
