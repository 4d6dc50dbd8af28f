#include "services/hiectl/region/misspelling.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hie::region {
namespace {

using absl::string_view;

// Neighbours on the keyboard of 'a', 'b', ...
constexpr std::array<string_view, 26> kNeighbours = {
    "qwsz",   "vghn",  "xdfv", "serfcx", "wsdr", "drtgvc", "ftyhbv", "gyujnb", "ujko",
    "huikmn", "jiolm", "kop",  "njk",    "bhjm", "iklp",   "ol",     "wa",     "edft",
    "awedxz", "rfgy",  "yhji", "cfgb",   "qase", "zsdc",   "tghu",   "asx"};
constexpr std::array<std::pair<string_view, string_view>, 18> kScans = {{{"m", "rn"},
                                                                         {"rn", "m"},
                                                                         {"cl", "d"},
                                                                         {"d", "cl"},
                                                                         {"e", "c"},
                                                                         {"l", "i"},
                                                                         {"i", "l"},
                                                                         {"u", "v"},
                                                                         {"h", "b"},
                                                                         {"o", "0"},
                                                                         {"g", "q"},
                                                                         {"a", "o"},
                                                                         {"t", "f"},
                                                                         {"n", "ri"},
                                                                         {"w", "vv"},
                                                                         {"S", "5"},
                                                                         {"B", "8"},
                                                                         {"O", "0"}}};
constexpr std::array<std::pair<string_view, string_view>, 26> kSounds = {
    {{"ph", "f"},    {"f", "ph"},  {"ck", "k"},  {"c", "k"},  {"k", "c"},  {"ie", "y"},
     {"y", "ie"},    {"ee", "ea"}, {"ea", "ee"}, {"z", "s"},  {"s", "z"},  {"ei", "ie"},
     {"ie", "ei"},   {"mm", "m"},  {"ll", "l"},  {"l", "ll"}, {"nn", "n"}, {"n", "nn"},
     {"tt", "t"},    {"t", "tt"},  {"e", "a"},   {"a", "e"},  {"o", "u"},  {"i", "y"},
     {"son", "sen"}, {"sch", "sh"}}};

bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }

// Positions of a letter after the first: a slip in the first letter is rare and kept apart.
std::vector<size_t> LaterLetters(string_view text) {
  std::vector<size_t> at;
  for (size_t i = 1; i < text.size(); ++i) {
    if (IsLetter(text[i])) at.push_back(i);
  }
  return at;
}

template <size_t N>
std::string ReplaceOne(string_view text,
                       const std::array<std::pair<string_view, string_view>, N>& rules,
                       Dice& dice) {
  const size_t start = dice.Below(N);
  for (size_t i = 0; i < N; ++i) {
    const auto& [from, to] = rules[(start + i) % N];
    const size_t at = text.find(from, 1);
    if (at == string_view::npos) continue;
    return absl::StrCat(text.substr(0, at), to, text.substr(at + from.size()));
  }
  return std::string(text);
}

char Neighbour(char letter, Dice& dice) {
  const bool upper = absl::ascii_isupper(static_cast<unsigned char>(letter));
  const char low = absl::ascii_tolower(static_cast<unsigned char>(letter));
  const string_view near = kNeighbours[static_cast<size_t>(low - 'a')];
  const char typed = near[dice.Below(near.size())];
  return upper ? absl::ascii_toupper(static_cast<unsigned char>(typed)) : typed;
}

}  // namespace

std::string Misspell(absl::string_view text, Slip slip, Dice& dice) {
  std::string typed(text);
  const std::vector<size_t> letters = LaterLetters(text);
  if (letters.size() < 2) return typed;
  if (slip == Slip::kScanned) return ReplaceOne(text, kScans, dice);
  if (slip == Slip::kHeard) return ReplaceOne(text, kSounds, dice);
  const size_t at = letters[dice.Below(letters.size())];
  if (slip == Slip::kKeyboard) {
    // One slip in ten hits the first letter (an assumption).
    const size_t where = IsLetter(text[0]) && dice.Chance(100) ? 0 : at;
    typed[where] = Neighbour(typed[where], dice);
  } else if (slip == Slip::kLetterLost) {
    typed.erase(at, 1);
  } else if (slip == Slip::kLetterDoubled) {
    typed.insert(at, 1, typed[at]);
  } else if (at + 1 < typed.size() && IsLetter(typed[at + 1])) {
    std::swap(typed[at], typed[at + 1]);
  }
  return typed;
}

std::string Mistype(absl::string_view text, Dice& dice) {
  constexpr Slip kUsual[] = {Slip::kKeyboard,   Slip::kKeyboard,   Slip::kKeyboard,
                             Slip::kLetterLost, Slip::kLetterLost, Slip::kLetterDoubled,
                             Slip::kTransposed, Slip::kTransposed, Slip::kHeard,
                             Slip::kHeard};
  std::string typed = Misspell(text, dice.Pick<Slip>(kUsual), dice);
  // A swap of equal letters changes nothing; a lost letter always does.
  if (typed == text) typed = Misspell(text, Slip::kLetterLost, dice);
  return typed;
}

std::string MistypeDigits(absl::string_view text, Dice& dice) {
  std::vector<size_t> digits;
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) digits.push_back(i);
  }
  std::string typed(text);
  if (digits.empty()) return typed;
  const size_t which = dice.Below(digits.size());
  if (which + 1 < digits.size() && typed[digits[which]] != typed[digits[which + 1]] &&
      dice.Chance(400)) {
    std::swap(typed[digits[which]], typed[digits[which + 1]]);
    return typed;
  }
  const int digit = typed[digits[which]] - '0';
  typed[digits[which]] = static_cast<char>('0' + (digit + dice.Between(1, 9)) % 10);
  return typed;
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

CivilDate MistypeDate(CivilDate date, Dice& dice) {
  const auto exists = [](const CivilDate& d) {
    return d.year >= 1900 && d.year <= 2026 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= DaysInMonth(d.year, d.month);
  };
  if (date.day <= 12 && date.day != date.month && dice.Chance(250)) {
    std::swap(date.month, date.day);
    return date;
  }
  // Most wrong digits give no date at all, which a form refuses; so try again.
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    CivilDate typed = date;
    const std::string digits =
        MistypeDigits(absl::StrFormat("%04d%02d%02d", date.year, date.month, date.day), dice);
    const auto number = [&](size_t from, size_t size) {
      int value = 0;
      for (const char c : digits.substr(from, size)) value = value * 10 + (c - '0');
      return value;
    };
    typed.year = number(0, 4);
    typed.month = number(4, 2);
    typed.day = number(6, 2);
    if (exists(typed) && typed != date) return typed;
  }
  date.day = date.day == 1 ? 2 : date.day - 1;
  return date;
}

}  // namespace hie::region
