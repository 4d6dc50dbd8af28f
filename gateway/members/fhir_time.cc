#include "gateway/members/fhir_time.h"

#include <algorithm>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/civil_date.h"

namespace hie::members {
namespace {

constexpr size_t kDateLength = 10;    // YYYY-MM-DD
constexpr size_t kMinuteLength = 16;  // YYYY-MM-DDThh:mm
constexpr size_t kTimeTextMax = 40;   // With fraction and zone.

ServicePeriod OfDate(const CivilDate& date) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilDay first(date.year, std::max(date.month, 1), std::max(date.day, 1));
  absl::CivilDay end = first + 1;
  if (date.precision() == DatePrecision::kMonth) end = absl::CivilDay(absl::CivilMonth(first) + 1);
  if (date.precision() == DatePrecision::kYear) end = absl::CivilDay(absl::CivilYear(first) + 1);
  return {absl::FromCivil(first, utc), absl::FromCivil(end, utc)};
}

bool HasZone(absl::string_view time) {
  return time.find_first_of("Zz+-", kDateLength) != absl::string_view::npos;
}

// Adds what FHIR demands and sources leave out: seconds and zone.
std::string Completed(absl::string_view text) {
  std::string time(text);
  const bool seconds = time.size() > kMinuteLength && time[kMinuteLength] == ':';
  if (!seconds && time.size() >= kMinuteLength) time.insert(kMinuteLength, ":00");
  if (!HasZone(time)) time += "Z";
  return time;
}

}  // namespace

std::optional<ServicePeriod> ParseFhirTime(absl::string_view text) {
  if (text.size() > kTimeTextMax) return std::nullopt;
  if (text.size() <= kDateLength) {
    // The compact forms that ParseCivilDate also takes are not FHIR, but mean the same.
    const absl::StatusOr<CivilDate> date = ParseCivilDate(text);
    if (!date.ok()) return std::nullopt;
    return OfDate(*date);
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, Completed(text), &time, &error)) return std::nullopt;
  return ServicePeriod{time, time + absl::Seconds(1)};
}

}  // namespace hie::members
