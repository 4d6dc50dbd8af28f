#include "mpi/normalize/address.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mpi/normalize/address_words.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

using Tokens = std::vector<std::string>;

// Stands for itself among the tokens; no folded text holds it.
constexpr char kNumberSign[] = "#";

// What one line says.
struct Line {
  std::string number;
  Tokens street;  // Words, kinds and directions included.
  std::string unit;
  std::string box;
};

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool HasDigit(absl::string_view word) { return std::any_of(word.begin(), word.end(), IsDigit); }

bool AllDigits(absl::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), IsDigit);
}

bool LessNumber(absl::string_view a, absl::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// "12-14" is a range: its first; "84-23" is one number of Queens; "12-B" is "12b".
void AppendDashed(absl::string_view word, size_t dash, Tokens& tokens) {
  const absl::string_view before = word.substr(0, dash);
  const absl::string_view after = word.substr(dash + 1);
  if (AllDigits(before) && AllDigits(after) && LessNumber(before, after)) {
    tokens.emplace_back(before);
  } else {
    tokens.push_back(FoldCompact(word));
  }
}

// "2/12" at the beginning is unit 2 of number 12; "1/2" behind a number is a half of it.
void AppendSlashed(absl::string_view word, size_t slash, Tokens& tokens) {
  if (!tokens.empty() && HasDigit(tokens.back())) return;
  if (tokens.empty()) {
    tokens.emplace_back("unit");
    tokens.emplace_back(word.substr(0, slash));
    tokens.emplace_back(word.substr(slash + 1));
  } else {
    tokens.push_back(FoldCompact(word));
  }
}

// A run of bytes without blanks or commas.
void AppendWord(absl::string_view word, Tokens& tokens) {
  if (word[0] == '#') {
    tokens.emplace_back(kNumberSign);
    return AppendFoldedTokens(word.substr(1), tokens);
  }
  if (IsDigit(word[0])) {
    const size_t dash = word.find('-');
    if (dash != absl::string_view::npos) return AppendDashed(word, dash, tokens);
    const size_t slash = word.find('/');
    const bool fraction = slash != absl::string_view::npos && AllDigits(word.substr(0, slash)) &&
                          AllDigits(word.substr(slash + 1));
    if (fraction) return AppendSlashed(word, slash, tokens);
  }
  AppendFoldedTokens(word, tokens);
}

Tokens TokensOf(absl::string_view line) {
  constexpr size_t kUsualTokens = 8;
  Tokens tokens;
  tokens.reserve(kUsualTokens);
  bool care_of = false;  // A person's name follows, up to the house number.
  constexpr absl::string_view kBlanks = " ,\t\r\n";
  for (size_t at = line.find_first_not_of(kBlanks); at != absl::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    const absl::string_view word = line.substr(at, end - at);
    care_of = (care_of && !IsDigit(word[0])) || absl::EqualsIgnoreCase(word, "c/o");
    if (!care_of) AppendWord(word, tokens);
    at = line.find_first_not_of(kBlanks, end);
  }
  return tokens;
}

// Reads a line from the left.
class LineReader {
 public:
  explicit LineReader(Tokens tokens) : tokens_(std::move(tokens)) {}

  Line Read() {
    line_.street.reserve(tokens_.size());
    while (at_ < tokens_.size()) {
      if (!ReadBox() && !ReadRuralRoute() && !ReadUnit() && !ReadFloor() && !ReadNumber()) {
        if (tokens_[at_] != kNumberSign) line_.street.push_back(std::move(tokens_[at_]));
        ++at_;
      }
    }
    return std::move(line_);
  }

 private:
  absl::string_view Ahead(size_t count) const {
    return at_ + count < tokens_.size() ? absl::string_view(tokens_[at_ + count]) : "";
  }

  // How many words at this place mean a post box.
  size_t BoxWords() const {
    const absl::string_view word = Ahead(0);
    if (word == "pobox" || word == "pob" || word == "pmb") return 1;
    if (word == "box") return HasDigit(Ahead(1)) && line_.number.empty() ? 1 : 0;
    if (word == "po" && Ahead(1) == "box") return 2;
    if (word == "p" && Ahead(1) == "o" && Ahead(2) == "box") return 3;
    return word == "post" && Ahead(1) == "office" && Ahead(2) == "box" ? 3 : 0;
  }

  bool ReadBox() {
    const size_t words = BoxWords();
    if (words == 0) return false;
    line_.box = std::string(Ahead(words));
    at_ += words + 1;
    return true;
  }

  bool ReadRuralRoute() {
    const absl::string_view word = Ahead(0);
    const bool route = word == "rr" || word == "hc" || word == "rfd" || word == "psc";
    if (!route || !HasDigit(Ahead(1)) || !line_.street.empty()) return false;
    line_.street.push_back(absl::StrCat(word, Ahead(1)));
    at_ += 2;
    return true;
  }

  bool ReadUnit() {
    const absl::string_view word = Ahead(0);
    const absl::string_view value = Ahead(1);
    if (value.empty()) return false;
    const bool last = at_ + 2 == tokens_.size();
    const bool plain = HasDigit(value) || value.size() == 1;
    if (IsUnitWord(word)) {
      if (!plain && (!last || line_.street.empty() || word == "no")) return false;
      line_.unit = std::string(value);
    } else if (IsWeakUnitWord(word) && plain && !IsOrdinalNumber(value)) {
      if (line_.unit.empty()) line_.unit = std::string(value);
    } else {
      return false;
    }
    at_ += 2;
    return true;
  }

  // "2nd floor" behind the street.
  bool ReadFloor() {
    const absl::string_view next = Ahead(1);
    const bool floor = next == "floor" || next == "fl" || next == "flr";
    if (!floor || line_.street.empty() || !IsOrdinalNumber(Ahead(0))) return false;
    if (line_.unit.empty()) line_.unit = std::string(CanonicalStreetWord(Ahead(0)));
    at_ += 2;
    return true;
  }

  bool ReadNumber() {
    const std::string& word = tokens_[at_];
    if (!line_.number.empty() || !HasDigit(word) || IsOrdinalNumber(word)) return false;
    if (!line_.street.empty() && (!IsDigit(word[0]) || IsNumberedRoad(line_.street.back()))) {
      return false;
    }
    line_.number = std::move(tokens_[at_++]);
    return true;
  }

  Tokens tokens_;
  size_t at_ = 0;
  Line line_;
};

// The street's words without what stands around its name, in one word.
std::string StreetCore(const Tokens& words) {
  size_t begin = 0;
  size_t end = words.size();
  const auto several = [&] { return end - begin > 1; };
  while (several() && IsDirection(words[end - 1])) --end;
  if (several() && IsStreetKind(words[end - 1])) --end;
  while (several() && IsDirection(words[begin])) ++begin;
  if (several() && IsLeadingStreetKind(words[begin])) ++begin;
  std::string core;
  for (; begin != end; ++begin) {
    absl::string_view form = CanonicalStreetWord(words[begin]);
    if (absl::EndsWith(form, "strasse")) form.remove_suffix(4);  // "Hauptstr."
    core.append(form.data(), form.size());
  }
  return core;
}

// Lines that begin with a house number are places, but for "123 Any Street".
bool IsNowhere(absl::string_view line) {
  if (line.empty()) return true;
  if (IsDigit(line[0]) && line[0] != '0' && !absl::StartsWith(line, "123 ")) return false;
  return IsAddressNonValue(FoldText(line));
}

std::vector<Line> ReadLines(const PostalAddress& address) {
  std::vector<Line> lines;
  lines.reserve(address.lines.size());
  for (const std::string& text : address.lines) {
    if (!IsNowhere(text)) lines.push_back(LineReader(TokensOf(text)).Read());
  }
  return lines;
}

// The line of the street: the first with a number too, else the first.
Line* StreetLine(std::vector<Line>& lines) {
  Line* found = nullptr;
  for (Line& line : lines) {
    if (line.street.empty()) continue;
    if (!line.number.empty()) return &line;
    if (found == nullptr) found = &line;
  }
  return found;
}

void MergeLines(std::vector<Line>& lines, NormalizedAddress& result) {
  Line* const street = StreetLine(lines);
  std::string box;
  if (street != nullptr) {
    result.street = StreetCore(street->street);
    result.number = std::move(street->number);
  }
  for (Line& line : lines) {
    if (result.number.empty()) result.number = std::move(line.number);
    if (result.unit.empty()) result.unit = std::move(line.unit);
    if (box.empty()) box = std::move(line.box);
  }
  if (box.empty()) return;
  if (result.street.empty()) result.street = "pobox";
  if (result.number.empty()) result.number = std::move(box);
}

std::string NormalizePostalCode(absl::string_view text) {
  constexpr size_t kZipDigits = 5;
  std::string code = FoldCompact(text);
  if (!AllDigits(code)) return code;
  if (code.size() == kZipDigits + 4) code.resize(kZipDigits);
  if (code.size() == kZipDigits && IsZipNonValue(code)) code.clear();
  return code;
}

// "Saint Louis" is "stlouis": only the beginning is shortened.
std::string NormalizeCity(absl::string_view text) {
  std::string city = FoldText(text);
  if (IsAddressNonValue(city)) return "";
  const size_t word = std::min(city.find(' '), city.size());
  const absl::string_view form = CanonicalStreetWord(absl::string_view(city).substr(0, word));
  if (form.size() != word) city.replace(0, word, std::string(form));
  std::erase(city, ' ');
  return city;
}

}  // namespace

NormalizedAddress NormalizeAddress(const PostalAddress& address) {
  NormalizedAddress result;
  std::vector<Line> lines = ReadLines(address);
  MergeLines(lines, result);
  result.zip5 = NormalizePostalCode(address.postal_code);
  result.city = NormalizeCity(address.city);
  return result;
}

}  // namespace hie::mpi
