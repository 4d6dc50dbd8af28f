#include "mpi/normalize/phone.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kNorthAmerica = "1";
constexpr size_t kNorthAmericanDigits = 10;
constexpr size_t kInternationalDigitsMin = 8;
constexpr size_t kInternationalDigitsMax = 15;
constexpr size_t kSubscriberDigits = 7;
constexpr size_t kNationalDigitsMin = 6;
constexpr size_t kNationalDigitsMax = 13;

// The text before an extension: "x12", "ext. 12", "#12", ";ext=12", ",,12".  The first mark of an
// extension stands behind a digit.
absl::string_view WithoutExtension(absl::string_view text) {
  const size_t digit = text.find_first_of("0123456789");
  if (digit == absl::string_view::npos) return "";
  return text.substr(0, text.find_first_of("xXeE#;,", digit));
}

std::optional<std::string> NorthAmerican(absl::string_view digits) {
  // Some systems put "1" or "001" before a number that has one already.
  while (digits.size() > kNorthAmericanDigits) {
    if (!absl::ConsumePrefix(&digits, "001") && !absl::ConsumePrefix(&digits, "1")) break;
  }
  if (IsPhoneNonValue(digits)) return std::nullopt;
  // No North American area begins with 0: a trunk 0 of another country.
  if (digits.size() == kNorthAmericanDigits && digits[0] == '0') digits.remove_prefix(1);
  if (digits.size() == kNorthAmericanDigits) return absl::StrCat("+1", digits);
  if (digits.size() == 7 || digits.size() == 9) return std::string(digits);
  return std::nullopt;
}

// `digits` begin with the calling code.
std::optional<std::string> International(absl::string_view digits) {
  if (digits.size() < kInternationalDigitsMin || digits.size() > kInternationalDigitsMax) {
    return std::nullopt;
  }
  // Only what is no number anywhere: "1234567" may be one where numbers have other lengths.
  const absl::string_view end = digits.substr(digits.size() - kSubscriberDigits);
  const bool alike = end.find_first_not_of(end[0]) == absl::string_view::npos;
  if (digits[0] == '0' || alike) return std::nullopt;
  return absl::StrCat("+", digits);
}

std::optional<std::string> National(absl::string_view digits, absl::string_view country) {
  absl::ConsumePrefix(&digits, "0");
  if (digits.size() < kNationalDigitsMin || digits.size() > kNationalDigitsMax) return std::nullopt;
  return International(absl::StrCat(country, digits));
}

// The digits without a trunk 0 in brackets: "+49 (0)30".
std::string DigitsWithoutTrunk(absl::string_view number) {
  const size_t trunk = number.find("(0)");
  if (trunk == absl::string_view::npos) return DigitsOf(number);
  return absl::StrCat(DigitsOf(number.substr(0, trunk)), DigitsOf(number.substr(trunk + 3)));
}

}  // namespace

std::optional<std::string> NormalizePhone(absl::string_view text, absl::string_view country) {
  const absl::string_view number = WithoutExtension(text);
  const std::string all =
      absl::StrContains(number, "(0)") ? DigitsWithoutTrunk(number) : DigitsOf(number);
  absl::string_view digits = all;
  const size_t plus = number.find('+');
  if (plus != absl::string_view::npos && DigitsOf(number.substr(0, plus)).empty()) {
    if (absl::StartsWith(digits, kNorthAmerica)) return NorthAmerican(digits);
    return International(digits);
  }
  if (country == kNorthAmerica) {
    const bool abroad = digits.size() > kNorthAmericanDigits && absl::ConsumePrefix(&digits, "011");
    if (abroad && !absl::StartsWith(digits, kNorthAmerica)) return International(digits);
    return NorthAmerican(digits);
  }
  if (absl::ConsumePrefix(&digits, "00")) {
    if (absl::StartsWith(digits, kNorthAmerica)) return NorthAmerican(digits);
    return International(digits);
  }
  // The calling code without "+": only where the rest has no trunk 0 and is long enough.
  absl::string_view rest = digits;
  if (absl::ConsumePrefix(&rest, country) && rest.size() >= 9) return International(digits);
  return National(digits, country);
}

std::optional<std::string> NormalizeEmail(absl::string_view text) {
  std::string email = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  const size_t at = email.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == email.size()) return std::nullopt;
  if (email.find('@', at + 1) != std::string::npos || IsEmailNonValue(email)) return std::nullopt;
  return email;
}

}  // namespace hie::mpi
