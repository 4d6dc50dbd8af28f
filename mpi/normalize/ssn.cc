#include "mpi/normalize/ssn.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

constexpr size_t kFullDigits = 9;
constexpr size_t kLastDigits = 4;

bool CouldBeIssued(absl::string_view digits) {
  const absl::string_view area = digits.substr(0, 3);
  if (area == "000" || area == "666" || area[0] == '9') return false;
  if (digits.substr(3, 2) == "00" || digits.substr(5) == "0000") return false;
  return !IsSsnNonValue(digits);
}

}  // namespace

std::optional<std::string> NormalizeSsn(absl::string_view text) {
  const auto is_letter = [](char c) {
    return absl::ascii_isalpha(static_cast<unsigned char>(c)) && c != 'x' && c != 'X';
  };
  if (std::any_of(text.begin(), text.end(), is_letter)) return std::nullopt;
  std::string digits = DigitsOf(text);
  if (digits.size() == kFullDigits && CouldBeIssued(digits)) return digits;
  if (digits.size() == kLastDigits && digits != "0000" && digits != "9999") return digits;
  return std::nullopt;
}

bool IsSsnSystem(absl::string_view system) {
  return system == "http://hl7.org/fhir/sid/us-ssn" || system == "2.16.840.1.113883.4.1" ||
         system == "urn:oid:2.16.840.1.113883.4.1" || system == "SSN" || system == "SS";
}

}  // namespace hie::mpi
