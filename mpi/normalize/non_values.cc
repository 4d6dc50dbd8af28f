#include "mpi/normalize/non_values.h"

#include <algorithm>
#include <array>

namespace hie::mpi {
namespace {

template <size_t N>
bool OneOf(absl::string_view text, const std::array<absl::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool AllAlike(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c == text.front(); });
}

// Words that only a newborn placeholder is made of.
constexpr std::array<absl::string_view, 12> kNewbornWords = {
    "baby", "babyboy", "babygirl", "newborn", "infant", "bb",
    "bg",   "nb",      "twin",     "triplet", "nbb",    "nbg"};
// Words that may stand beside one of those.
constexpr std::array<absl::string_view, 16> kNewbornQualifiers = {
    "boy", "girl", "male", "female", "a",  "b",   "c",     "1",
    "2",   "3",    "one",  "two",    "of", "one", "three", "unnamed"};

constexpr std::array<absl::string_view, 24> kNameNonValues = {
    "unknown",   "unk",          "unkn",    "doe",         "none", "na",
    "test",      "testpatient",  "patient", "xxx",         "xx",   "xxxx",
    "zzz",       "zztest",       "noname",  "nofirstname", "null", "nolastname",
    "anonymous", "unidentified", "trauma",  "nfn",         "nln",  "notgiven"};

// Words that stand for a whole name, and first names that go with Doe.
constexpr std::array<absl::string_view, 15> kUnknownPatientWords = {
    "unknown", "unk",         "unkn",       "unidentified", "anonymous",
    "noname",  "nofirstname", "nolastname", "nln",          "nfn",
    "trauma",  "xxx",         "xxxx",       "notgiven",     "doe"};
constexpr std::array<absl::string_view, 8> kDoeFirstNames = {"john",  "jane",  "jon",    "johnny",
                                                             "janie", "jimmy", "johnie", "judy"};

constexpr std::array<absl::string_view, 10> kAddressNonValues = {
    "unknown", "unk", "homeless", "no fixed abode", "general delivery",
    "none",    "na",  "n a",      "same",           "undomiciled"};

constexpr std::array<absl::string_view, 8> kIdentifierNonValues = {
    "unknown", "none", "na", "unk", "null", "pending", "notgiven", "refused"};

}  // namespace

bool IsNewbornPlaceholder(const std::vector<std::string>& tokens) {
  bool newborn = false;
  for (const std::string& token : tokens) {
    if (OneOf(token, kNewbornWords)) {
      newborn = true;
    } else if (!OneOf(token, kNewbornQualifiers)) {
      return false;
    }
  }
  if (newborn) return true;
  // "BOY A", "GIRL" alone.
  return !tokens.empty() && (tokens[0] == "boy" || tokens[0] == "girl" || tokens[0] == "unnamed");
}

bool IsNameNonValue(absl::string_view folded) { return OneOf(folded, kNameNonValues); }

bool IsUnknownPatientName(const std::vector<std::string>& family,
                          const std::vector<std::string>& given) {
  const auto unknown = [](const std::string& token) { return OneOf(token, kUnknownPatientWords); };
  if (family.empty()) {
    return !given.empty() && std::all_of(given.begin(), given.end(), unknown);
  }
  if (!std::all_of(family.begin(), family.end(), unknown)) return false;
  const bool doe = family.size() == 1 && family.front() == "doe";
  return !doe || given.empty() || unknown(given.front()) || OneOf(given.front(), kDoeFirstNames);
}

bool IsBirthDateNonValue(const CivilDate& date) {
  constexpr int kOldestPlausibleYear = 1880;
  if (date.year < kOldestPlausibleYear || date.year >= 9999) return true;
  const bool first_day = date.month <= 1 && date.day <= 1;
  return first_day && (date.year == 1900 || date.year == 1901);
}

bool IsPhoneNonValue(absl::string_view digits) {
  if (digits.empty() || AllAlike(digits)) return true;
  const absl::string_view subscriber =
      digits.size() >= 7 ? digits.substr(digits.size() - 7) : digits;
  if (AllAlike(subscriber) || subscriber == "1234567") return true;
  return digits.size() == 10 && digits == "1234567890";
}

bool IsAddressNonValue(absl::string_view folded) { return OneOf(folded, kAddressNonValues); }

bool IsIdentifierNonValue(absl::string_view compact) {
  constexpr size_t kFillerCharactersMin = 4;  // "7" and "22" are numbers that registries give.
  const bool filler = compact.size() >= kFillerCharactersMin && AllAlike(compact);
  return compact.empty() || compact == "0" || filler || OneOf(compact, kIdentifierNonValues);
}

}  // namespace hie::mpi
