#include "mpi/normalize/phone.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

constexpr size_t kInternationalDigitsMin = 8;
constexpr size_t kInternationalDigitsMax = 15;

}  // namespace

std::optional<std::string> NormalizePhone(absl::string_view text) {
  const absl::string_view number = text.substr(0, text.find_first_of("xX"));
  std::string digits = DigitsOf(number);
  if (absl::StrContains(number, "+") && !absl::StartsWith(digits, "1")) {
    if (digits.size() < kInternationalDigitsMin || digits.size() > kInternationalDigitsMax) {
      return std::nullopt;
    }
    return absl::StrCat("+", digits);
  }
  if (digits.size() == 11 && digits[0] == '1') digits.erase(0, 1);
  if (IsPhoneNonValue(digits)) return std::nullopt;
  if (digits.size() == 10) return absl::StrCat("+1", digits);
  if (digits.size() == 7 || digits.size() == 9) return digits;
  return std::nullopt;
}

std::optional<std::string> NormalizeEmail(absl::string_view text) {
  const std::string email = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  const size_t at = email.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == email.size()) return std::nullopt;
  if (email.find('@', at + 1) != std::string::npos) return std::nullopt;
  return email;
}

}  // namespace hie::mpi
