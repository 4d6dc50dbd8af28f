#include "mpi/query/condition.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "mpi/normalize/phone.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

constexpr int kLastDay = 31;
constexpr int kLastMonth = 12;

template <typename List, typename Value>
bool Holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool StartsAWord(absl::string_view text, absl::string_view sought) {
  for (size_t at = text.find(sought); at != absl::string_view::npos;
       at = text.find(sought, at + 1)) {
    if (at == 0 || text[at - 1] == ' ') return true;
  }
  return false;
}

bool TextFits(const std::string& text, const Condition& condition) {
  if (condition.match == TextMatch::kExact) {
    return !text.empty() && Holds(condition.values, text);
  }
  const std::string folded = FoldText(text);
  return std::any_of(
      condition.folded.begin(), condition.folded.end(), [&](const std::string& sought) {
        if (sought.empty()) return false;
        return condition.match == TextMatch::kContains ? absl::StrContains(folded, sought)
                                                       : StartsAWord(folded, sought);
      });
}

bool AnyTextFits(const std::vector<std::string>& texts, const Condition& condition) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return TextFits(text, condition); });
}

bool FamilyFits(const Demographics& d, const Condition& condition) {
  return std::any_of(d.names.begin(), d.names.end(),
                     [&](const HumanName& name) { return TextFits(name.family, condition); });
}

bool GivenFits(const Demographics& d, const Condition& condition) {
  return std::any_of(d.names.begin(), d.names.end(),
                     [&](const HumanName& name) { return AnyTextFits(name.given, condition); });
}

bool NameFits(const Demographics& d, const Condition& condition) {
  const bool suffix = std::any_of(d.names.begin(), d.names.end(), [&](const HumanName& name) {
    return TextFits(name.suffix, condition);
  });
  return suffix || FamilyFits(d, condition) || GivenFits(d, condition);
}

bool AddressFits(const Demographics& d, const Condition& condition) {
  return std::any_of(d.addresses.begin(), d.addresses.end(), [&](const PostalAddress& address) {
    switch (condition.field) {
      case QueryField::kCity:
        return TextFits(address.city, condition);
      case QueryField::kState:
        return TextFits(address.state, condition);
      case QueryField::kPostalCode:
        return TextFits(address.postal_code, condition);
      case QueryField::kCountry:
        return TextFits(address.country, condition);
      default:
        return AnyTextFits(address.lines, condition) ||
               AnyTextFits({address.city, address.state, address.postal_code, address.country},
                           condition);
    }
  });
}

bool PhoneFits(const std::string& phone, const std::string& sought) {
  const std::optional<std::string> number = NormalizePhone(phone);
  if (number && number == NormalizePhone(sought)) return true;
  const std::string digits = DigitsOf(phone);
  return !digits.empty() && digits == DigitsOf(sought);
}

bool TelecomFits(const Demographics& d, const std::string& sought) {
  if (absl::StrContains(sought, '@')) {
    const std::optional<std::string> email = NormalizeEmail(sought);
    return email && std::any_of(d.emails.begin(), d.emails.end(), [&](const std::string& held) {
             return NormalizeEmail(held) == email;
           });
  }
  return std::any_of(d.phones.begin(), d.phones.end(),
                     [&](const std::string& phone) { return PhoneFits(phone, sought); });
}

bool SameValue(const std::string& held, const std::string& sought) {
  if (held == sought) return true;
  const std::string folded = FoldCompact(held);
  return !folded.empty() && folded == FoldCompact(sought);
}

bool OwnKeyFits(const QueriedRecord& record, const SoughtIdentifier& sought) {
  if (sought.system && *sought.system != record.patient.assigning_authority) return false;
  if (!sought.value) return true;
  return !record.former_holder && *sought.value == record.patient.id.value();
}

bool IdentifierFits(const QueriedRecord& record, const SoughtIdentifier& sought) {
  if (OwnKeyFits(record, sought)) return true;
  if (record.state == RecordState::kRemoved) return false;
  const std::vector<PatientIdentifier>& held = record.demographics.identifiers;
  return std::any_of(held.begin(), held.end(), [&](const PatientIdentifier& identifier) {
    const absl::string_view system = absl::StripPrefix(identifier.system, "urn:oid:");
    if (sought.system && *sought.system != system) return false;
    return !sought.value || SameValue(identifier.value, *sought.value);
  });
}

bool DayFits(const std::optional<CivilDate>& date, const DayRange& range) {
  if (!date) return false;
  const CivilDate first{date->year, std::max(date->month, 1), std::max(date->day, 1)};
  // A day past the month's end compares as its last.
  const CivilDate last{date->year, date->month == 0 ? kLastMonth : date->month,
                       date->day == 0 ? kLastDay : date->day};
  return (!range.from || first >= *range.from) && (!range.to || last < *range.to);
}

bool InstantFits(int64_t micros, const InstantRange& range) {
  return (!range.from || micros >= *range.from) && (!range.to || micros < *range.to);
}

bool EidFits(const QueriedPerson& person, const Condition& condition) {
  return std::any_of(condition.values.begin(), condition.values.end(), [&](const std::string& eid) {
    return eid == person.eid || Holds(person.aliases, eid);
  });
}

template <typename List, typename Fits>
bool AnyOf(const List& list, Fits fits) {
  return std::any_of(list.begin(), list.end(), fits);
}

bool Meets(const QueriedRecord& record, const QueriedPerson& person, const Condition& condition) {
  const Demographics& d = record.demographics;
  switch (condition.field) {
    case QueryField::kEid:
      return EidFits(person, condition);
    case QueryField::kIdentifier:
      return AnyOf(condition.identifiers,
                   [&](const SoughtIdentifier& s) { return IdentifierFits(record, s); });
    case QueryField::kFamily:
      return FamilyFits(d, condition);
    case QueryField::kGiven:
      return GivenFits(d, condition);
    case QueryField::kName:
      return NameFits(d, condition);
    case QueryField::kBirthDate:
      return AnyOf(condition.days,
                   [&](const DayRange& range) { return DayFits(d.birth_date, range); });
    case QueryField::kSex:
      return Holds(condition.sexes, d.sex);
    case QueryField::kAddress:
    case QueryField::kCity:
    case QueryField::kState:
    case QueryField::kPostalCode:
    case QueryField::kCountry:
      return AddressFits(d, condition);
    case QueryField::kTelecom:
      return AnyOf(condition.values, [&](const std::string& s) { return TelecomFits(d, s); });
    case QueryField::kMotherMaidenName:
      return TextFits(d.mother_maiden_name, condition);
    case QueryField::kChanged:
      return AnyOf(condition.instants, [&](const InstantRange& range) {
        return InstantFits(person.changed_micros, range);
      });
  }
  return false;
}

bool IsIdentity(const Condition& condition) {
  return condition.field == QueryField::kEid || condition.field == QueryField::kIdentifier;
}

}  // namespace

std::optional<SoughtIdentifier> ParseSoughtIdentifier(const std::string& text) {
  SoughtIdentifier sought;
  const size_t bar = text.find('|');
  if (bar == std::string::npos) {
    if (text.empty()) return std::nullopt;
    sought.value = text;
    return sought;
  }
  sought.system =
      std::string(absl::StripPrefix(absl::string_view(text).substr(0, bar), "urn:oid:"));
  if (bar + 1 < text.size()) sought.value = text.substr(bar + 1);
  if (sought.system->empty() && !sought.value) return std::nullopt;
  return sought;
}

bool MeetsAll(const QueriedRecord& record, const QueriedPerson& person,
              const std::vector<Condition>& conditions) {
  if (record.state != RecordState::kLive && !AsksIdentityOnly(conditions)) return false;
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& condition) { return Meets(record, person, condition); });
}

bool AsksIdentityOnly(const std::vector<Condition>& conditions) {
  return std::all_of(conditions.begin(), conditions.end(), IsIdentity);
}

bool NamesThePerson(const std::vector<Condition>& conditions) {
  return AnyOf(conditions, [](const Condition& condition) {
    if (!IsIdentity(condition)) return false;
    return std::all_of(condition.identifiers.begin(), condition.identifiers.end(),
                       [](const SoughtIdentifier& sought) { return sought.value.has_value(); });
  });
}

}  // namespace hie::mpi
