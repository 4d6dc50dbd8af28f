#include "mpi/normalize/address.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

// Kinds of street and directions: written, shortened and left out at will.
constexpr std::array<absl::string_view, 46> kStreetNoise = {
    "street", "st",        "str",   "avenue",  "ave",   "av",      "road",  "rd",
    "drive",  "dr",        "lane",  "ln",      "court", "ct",      "crt",   "circle",
    "cir",    "boulevard", "blvd",  "way",     "place", "pl",      "place", "terrace",
    "ter",    "crescent",  "cres",  "highway", "hwy",   "parkway", "pkwy",  "trail",
    "trl",    "circuit",   "close", "square",  "sq",    "n",       "s",     "e",
    "w",      "north",     "south", "east",    "west",  "crst"};

constexpr std::array<absl::string_view, 8> kUnitWords = {"apt", "apartment", "unit", "suite",
                                                         "ste", "room",      "rm",   "lot"};

template <size_t N>
bool OneOf(absl::string_view word, const std::array<absl::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool HasDigit(absl::string_view word) {
  return std::any_of(word.begin(), word.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

// Splits the words of the street lines over number, unit and street core.
void SplitLine(const std::vector<std::string>& words, NormalizedAddress& result) {
  std::vector<std::string> street;
  for (size_t i = 0; i < words.size(); ++i) {
    if (OneOf(words[i], kUnitWords) && i + 1 < words.size()) {
      result.unit = words[++i];
    } else if (result.number.empty() && street.empty() && HasDigit(words[i])) {
      result.number = words[i];
    } else if (!OneOf(words[i], kStreetNoise)) {
      street.push_back(words[i]);
    }
  }
  // A street that is named for a direction or "Court" only keeps its words.
  if (street.empty() && result.number.size() < absl::StrJoin(words, "").size()) street = words;
  result.street = absl::StrJoin(street, "");
}

std::string NormalizePostalCode(absl::string_view text) {
  constexpr size_t kZipDigits = 5;
  const std::string digits = DigitsOf(text);
  if (digits.size() == kZipDigits || digits.size() == kZipDigits + 4) {
    return digits == "00000" || digits == "99999" ? "" : digits.substr(0, kZipDigits);
  }
  return FoldCompact(text);
}

}  // namespace

NormalizedAddress NormalizeAddress(const PostalAddress& address) {
  NormalizedAddress result;
  const std::string line = FoldText(absl::StrJoin(address.lines, " "));
  if (!IsAddressNonValue(line)) SplitLine(FoldTokens(line), result);
  result.zip5 = NormalizePostalCode(address.postal_code);
  result.city = FoldCompact(address.city);
  return result;
}

}  // namespace hie::mpi
