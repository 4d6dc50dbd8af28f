#include "gateway/hl7v2/field_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace hie::hl7v2 {
namespace {

constexpr absl::string_view kSsnSystem = "http://hl7.org/fhir/sid/us-ssn";

// FHIR name-use of a name type (table 0200).
std::string NameUse(absl::string_view type) {
  if (type.empty() || type == "L") return "official";
  if (type == "M") return "maiden";
  if (type == "B" || type == "C") return "old";
  if (type == "N" || type == "A") return "nickname";
  if (type == "T") return "temp";
  return "usual";
}

std::vector<HumanName> Names(const std::vector<PersonName>& names) {
  std::vector<HumanName> result;
  for (const PersonName& name : names) {
    if (name.empty() || result.size() == kNamesMax) continue;
    result.push_back(HumanName{NameUse(name.type), name.family, name.given, name.suffix});
  }
  std::stable_partition(result.begin(), result.end(),
                        [](const HumanName& name) { return name.use == "official"; });
  return result;
}

std::vector<PostalAddress> Addresses(const std::vector<Address>& addresses) {
  std::vector<PostalAddress> result;
  for (const Address& address : addresses) {
    // BA: bad address.
    if (address.type == "BA" || result.size() == kRepeatedMax) continue;
    PostalAddress postal;
    postal.lines = address.lines;
    postal.city = address.city;
    postal.state = address.state;
    postal.postal_code = address.postal_code;
    postal.country = address.country;
    if (!(postal == PostalAddress{})) result.push_back(std::move(postal));
  }
  return result;
}

Contacts ContactsOf(const std::vector<Telecom>& telecoms) {
  Contacts contacts;
  for (const Telecom& telecom : telecoms) {
    if (!telecom.number.empty()) contacts.phones.push_back(telecom.number);
    if (!telecom.email.empty()) contacts.emails.push_back(telecom.email);
  }
  return contacts;
}

// A list of which nothing can be used says nothing.
template <typename T, typename U, typename Convert>
Stated<U> Converted(const Stated<T>& from, Convert convert) {
  if (from.deleted()) return Stated<U>::Deleted();
  if (!from.said()) return {};
  U value = convert(from.value);
  if (value == U{}) return {};
  return Stated<U>::Said(std::move(value));
}

// Names under which somebody unknown is admitted.
bool StandsForNobody(const std::vector<PersonName>& names) {
  for (const PersonName& name : names) {
    if (absl::EqualsIgnoreCase(name.family, "UNKNOWN")) return true;
    if (!absl::EqualsIgnoreCase(name.family, "DOE") || name.given.empty()) continue;
    if (absl::EqualsIgnoreCase(name.given[0], "JOHN") ||
        absl::EqualsIgnoreCase(name.given[0], "JANE")) {
      return true;
    }
  }
  return false;
}

// A message with a real name takes the flag back, whether it says PID-31 or not.
Stated<bool> IdentityUnknown(const PatientSegment& segment) {
  if (segment.identity_unknown.value || segment.alias || StandsForNobody(segment.names.value)) {
    return Stated<bool>::Said(true);
  }
  if (segment.names.said() || segment.identity_unknown.said()) return Stated<bool>::Said(false);
  return segment.identity_unknown;
}

template <typename T>
void Take(const Stated<T>& change, T& field) {
  if (change.deleted()) field = T{};
  if (change.said()) field = change.value;
}

template <typename T>
void Take(const Stated<T>& change, std::optional<T>& field) {
  if (change.deleted()) field.reset();
  if (change.said()) field = change.value;
}

void AppendUpTo(size_t most, const std::vector<std::string>& from, std::vector<std::string>& to) {
  for (const std::string& text : from) {
    if (to.size() == most) return;
    if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
  }
}

bool SameText(absl::string_view a, absl::string_view b) { return absl::EqualsIgnoreCase(a, b); }

bool SameName(const HumanName& a, const HumanName& b) {
  const bool given = a.given.empty() || b.given.empty() || SameText(a.given[0], b.given[0]);
  const bool family = a.family.empty() || b.family.empty() || SameText(a.family, b.family);
  return given && family;
}

}  // namespace

PatientChange ChangeOf(const PatientSegment& segment, std::vector<PatientIdentifier> identifiers,
                       SsnUse ssn) {
  PatientChange change;
  change.names = Converted<std::vector<PersonName>, std::vector<HumanName>>(segment.names, Names);
  change.birth_date = segment.birth_date;
  change.sex = segment.sex;
  change.addresses =
      Converted<std::vector<Address>, std::vector<PostalAddress>>(segment.addresses, Addresses);
  change.home = Converted<std::vector<Telecom>, Contacts>(segment.home, ContactsOf);
  change.work = Converted<std::vector<Telecom>, Contacts>(segment.work, ContactsOf);
  if (identifiers.size() >= kRepeatedMax) identifiers.resize(kRepeatedMax - 1);  // And the SSN.
  change.identifiers = Stated<std::vector<PatientIdentifier>>::Said(std::move(identifiers));
  if (ssn == SsnUse::kTaken) change.ssn = segment.ssn;
  change.mother_maiden_name = Converted<std::vector<PersonName>, std::string>(
      segment.mother, [](const std::vector<PersonName>& names) { return names.front().family; });
  change.multiple_birth = segment.multiple_birth;
  change.birth_order = segment.birth_order;
  change.deceased_date = segment.death_date;
  change.deceased = segment.dead;
  if (segment.death_date.said() && !segment.dead.said()) {
    change.deceased = Stated<bool>::Said(true);
  }
  change.identity_unknown = IdentityUnknown(segment);
  return change;
}

FieldState Apply(FieldState state, const PatientChange& change) {
  Take(change.names, state.names);
  Take(change.birth_date, state.birth_date);
  Take(change.sex, state.sex);
  Take(change.addresses, state.addresses);
  Take(change.home, state.home);
  Take(change.work, state.work);
  Take(change.identifiers, state.identifiers);
  Take(change.ssn, state.ssn);
  Take(change.mother_maiden_name, state.mother_maiden_name);
  Take(change.multiple_birth, state.multiple_birth);
  Take(change.birth_order, state.birth_order);
  Take(change.deceased_date, state.deceased_date);
  Take(change.deceased, state.deceased);
  Take(change.identity_unknown, state.identity_unknown);
  // Said to live: a date of death from before is no claim any more.
  if (change.deceased.said() && !change.deceased.value) state.deceased_date.reset();
  return state;
}

Demographics ToDemographics(const FieldState& state) {
  Demographics record;
  record.names = state.names;
  record.birth_date = state.birth_date;
  record.sex = state.sex;
  record.addresses = state.addresses;
  for (const Contacts* contacts : {&state.home, &state.work}) {
    AppendUpTo(kRepeatedMax, contacts->phones, record.phones);
    AppendUpTo(kRepeatedMax, contacts->emails, record.emails);
  }
  record.identifiers = state.identifiers;
  if (!state.ssn.empty()) record.identifiers.push_back({std::string(kSsnSystem), state.ssn});
  record.mother_maiden_name = state.mother_maiden_name;
  record.multiple_birth = state.multiple_birth;
  record.birth_order = state.birth_order;
  record.deceased = state.deceased;
  record.deceased_date = state.deceased_date;
  record.identity_unknown = state.identity_unknown;
  return record;
}

bool Contradicts(const FieldState& state, const PatientChange& change) {
  if (state.identity_unknown || !state.birth_date || !change.birth_date.said() ||
      *state.birth_date == change.birth_date.value) {
    return false;
  }
  if (!change.names.said() || change.names.value.empty() || state.names.empty()) return false;
  for (const HumanName& before : state.names) {
    for (const HumanName& now : change.names.value) {
      if (SameName(before, now)) return false;
    }
  }
  return true;
}

}  // namespace hie::hl7v2
