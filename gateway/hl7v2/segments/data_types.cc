#include "gateway/hl7v2/segments/data_types.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::hl7v2 {
namespace {

// Text of component `number`, its first subcomponent.
std::string Part(const Message& message, absl::string_view repetition, size_t number) {
  return message.Text(message.Subcomponent(message.Component(repetition, number), 1));
}

bool AllDigits(absl::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); });
}

int Number(absl::string_view digits) {
  int value = 0;
  return absl::SimpleAtoi(digits, &value) ? value : 0;
}

// Takes +HHMM or -HHMM from the end of `text` into `zone`, which stays without one.  False:
// malformed.
bool TakeOffset(absl::string_view& text, absl::TimeZone& zone) {
  const size_t sign = text.find_first_of("+-");
  if (sign == absl::string_view::npos) return true;
  const absl::string_view offset = text.substr(sign + 1);
  if (offset.size() != 4 || !AllDigits(offset)) return false;
  const int seconds = Number(offset.substr(0, 2)) * 3600 + Number(offset.substr(2)) * 60;
  zone = absl::FixedTimeZone(text[sign] == '+' ? seconds : -seconds);
  text = text.substr(0, sign);
  return true;
}

// HH[MM[SS[.S+]]] after the date.  Nothing: malformed.
std::optional<absl::Duration> ParseTimeOfDay(absl::string_view text) {
  absl::Duration fraction;
  const size_t dot = text.find('.');
  if (dot != absl::string_view::npos) {
    const std::string digits(text.substr(dot + 1, 6));
    if (!AllDigits(digits)) return std::nullopt;
    fraction =
        absl::Microseconds(Number(absl::StrCat(digits, std::string(6 - digits.size(), '0'))));
    text = text.substr(0, dot);
  }
  if (!AllDigits(text) || text.size() % 2 != 0 || text.size() > 6) return std::nullopt;
  const int hour = Number(text.substr(0, 2));
  const int minute = text.size() > 2 ? Number(text.substr(2, 2)) : 0;
  const int second = text.size() > 4 ? Number(text.substr(4, 2)) : 0;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return absl::Hours(hour) + absl::Minutes(minute) + absl::Seconds(second) + fraction;
}

}  // namespace

bool IsOid(absl::string_view text) {
  bool dotted = false;
  char previous = '.';
  for (const char c : text) {
    if (c == '.') {
      if (previous == '.') return false;
      dotted = true;
    } else if (!absl::ascii_isdigit(c)) {
      return false;
    }
    previous = c;
  }
  return dotted && previous != '.';
}

std::string Authority::Oid() const {
  absl::string_view text = universal_id;
  absl::ConsumePrefix(&text, "urn:oid:");
  return IsOid(text) ? std::string(text) : std::string();
}

Authority ReadAuthority(const Message& message, absl::string_view namespace_part,
                        absl::string_view universal_part, absl::string_view type_part) {
  return Authority{message.Text(namespace_part), message.Text(universal_part),
                   message.Text(type_part)};
}

ExtendedId ReadExtendedId(const Message& message, absl::string_view repetition) {
  const absl::string_view authority = message.Component(repetition, 4);
  return ExtendedId{
      Part(message, repetition, 1),
      ReadAuthority(message, message.Subcomponent(authority, 1), message.Subcomponent(authority, 2),
                    message.Subcomponent(authority, 3)),
      Part(message, repetition, 5)};
}

EntityId ReadEntityId(const Message& message, absl::string_view repetition) {
  return EntityId{
      Part(message, repetition, 1),
      ReadAuthority(message, message.Component(repetition, 2), message.Component(repetition, 3),
                    message.Component(repetition, 4))};
}

PersonName ReadPersonName(const Message& message, absl::string_view repetition) {
  PersonName name;
  name.family = Part(message, repetition, 1);
  for (const size_t component : {2, 3}) {
    if (std::string given = Part(message, repetition, component); !given.empty()) {
      name.given.push_back(std::move(given));
    }
  }
  name.suffix = Part(message, repetition, 4);
  name.type = absl::AsciiStrToUpper(Part(message, repetition, 7));
  return name;
}

Address ReadAddress(const Message& message, absl::string_view repetition) {
  Address address;
  for (const size_t component : {1, 2}) {
    if (std::string line = Part(message, repetition, component); !line.empty()) {
      address.lines.push_back(std::move(line));
    }
  }
  address.city = Part(message, repetition, 3);
  address.state = Part(message, repetition, 4);
  address.postal_code = Part(message, repetition, 5);
  address.country = Part(message, repetition, 6);
  address.type = absl::AsciiStrToUpper(Part(message, repetition, 7));
  return address;
}

Telecom ReadTelecom(const Message& message, absl::string_view repetition) {
  Telecom telecom;
  const std::string use = absl::AsciiStrToUpper(Part(message, repetition, 2));
  const std::string equipment = absl::AsciiStrToUpper(Part(message, repetition, 3));
  telecom.email = Part(message, repetition, 4);
  telecom.number = Part(message, repetition, 1);
  if (use == "NET" || equipment == "INTERNET" || telecom.number.find('@') != std::string::npos) {
    if (telecom.email.empty()) telecom.email = std::move(telecom.number);
    telecom.number.clear();
    return telecom;
  }
  if (telecom.number.empty()) {
    // XTN-5 country, -6 area, -7 local number; XTN-12 unformatted, from v2.7 on.
    const std::string area = Part(message, repetition, 6);
    const std::string local = Part(message, repetition, 7);
    telecom.number = local.empty() ? Part(message, repetition, 12) : absl::StrCat(area, local);
  }
  return telecom;
}

Clinician ReadClinician(const Message& message, absl::string_view repetition) {
  return Clinician{Part(message, repetition, 1), Part(message, repetition, 2),
                   Part(message, repetition, 3)};
}

CodedElement ReadCodedElement(const Message& message, absl::string_view repetition) {
  return CodedElement{Part(message, repetition, 1), Part(message, repetition, 2),
                      Part(message, repetition, 3)};
}

std::optional<Timestamp> ParseTimestamp(absl::string_view text, const absl::TimeZone& zone) {
  text = absl::StripAsciiWhitespace(text);
  absl::TimeZone its_zone = zone;
  if (!TakeOffset(text, its_zone)) return std::nullopt;
  const absl::string_view date = text.substr(0, 8);
  if (!AllDigits(date)) return std::nullopt;
  const absl::StatusOr<CivilDate> day = ParseCivilDate(date);
  if (!day.ok()) return std::nullopt;
  Timestamp timestamp;
  timestamp.date = *day;
  absl::Duration of_day;
  if (text.size() > 8) {
    const std::optional<absl::Duration> time = ParseTimeOfDay(text.substr(8));
    if (!time) return std::nullopt;
    timestamp.has_time = true;
    of_day = *time;
  }
  if (day->day > 0) {
    const absl::CivilDay civil(day->year, day->month, day->day);
    // Added to the civil second, not to midnight: the clock may change in between.
    const absl::CivilSecond second =
        absl::CivilSecond(civil) + absl::ToInt64Seconds(absl::Trunc(of_day, absl::Seconds(1)));
    timestamp.instant =
        absl::FromCivil(second, its_zone) + (of_day - absl::Trunc(of_day, absl::Seconds(1)));
  }
  return timestamp;
}

Stated<std::string> ReadText(const Message& message, const Segment& segment, size_t field) {
  if (IsNull(segment.field(field))) return Stated<std::string>::Deleted();
  std::string text = message.FieldText(segment, field);
  if (text.empty()) return {};
  return Stated<std::string>::Said(std::move(text));
}

}  // namespace hie::hl7v2
