#include "gateway/cda/hl7_time.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/civil_date.h"

namespace hie::cda {
namespace {

constexpr size_t kDateDigits = 8;     // YYYYMMDD
constexpr size_t kMinuteDigits = 12;  // YYYYMMDDHHMM
constexpr size_t kSecondDigits = 14;

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

int Number(absl::string_view digits) {
  int number = 0;
  return absl::SimpleAtoi(digits, &number) ? number : -1;
}

// "+0100" or "+01" as FHIR writes it; empty where it is none.
std::string FhirZone(absl::string_view zone) {
  const absl::string_view digits = zone.substr(1);
  if ((digits.size() != 2 && digits.size() != 4) || !AllDigits(digits)) return "";
  const int hours = Number(digits.substr(0, 2));
  const int minutes = digits.size() == 4 ? Number(digits.substr(2)) : 0;
  if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0)) return "";
  if (hours == 0 && minutes == 0) return "Z";
  return absl::StrCat(zone.substr(0, 3), ":", digits.size() == 4 ? digits.substr(2) : "00");
}

std::string ZoneAt(absl::string_view date, int hour, int minute, int second, absl::TimeZone zone) {
  const absl::CivilSecond civil(Number(date.substr(0, 4)), Number(date.substr(5, 2)),
                                Number(date.substr(8, 2)), hour, minute, second);
  const std::string offset = absl::FormatTime("%Ez", absl::FromCivil(civil, zone), zone);
  return offset == "+00:00" ? "Z" : offset;
}

}  // namespace

std::string FhirTimeOfHl7(absl::string_view timestamp, absl::TimeZone zone) {
  const size_t zone_at = timestamp.find_first_of("+-");
  absl::string_view digits = timestamp.substr(0, zone_at);
  digits = digits.substr(0, digits.find('.'));
  if (!AllDigits(digits) || digits.size() > kSecondDigits) return "";
  const absl::StatusOr<CivilDate> date = ParseCivilDate(digits.substr(0, kDateDigits));
  if (!date.ok()) return "";
  std::string out = date->ToString();
  if (digits.size() < kMinuteDigits) return out;
  const int hour = Number(digits.substr(8, 2));
  const int minute = Number(digits.substr(10, 2));
  const int second = digits.size() >= kSecondDigits ? Number(digits.substr(12, 2)) : 0;
  if (hour > 23 || minute > 59 || second > 59) return out;
  const std::string offset = zone_at == absl::string_view::npos
                                 ? ZoneAt(out, hour, minute, second, zone)
                                 : FhirZone(timestamp.substr(zone_at));
  if (offset.empty()) return out;
  absl::StrAppend(&out, "T", digits.substr(8, 2), ":", digits.substr(10, 2), ":",
                  digits.size() >= kSecondDigits ? digits.substr(12, 2) : "00", offset);
  return out;
}

}  // namespace hie::cda
