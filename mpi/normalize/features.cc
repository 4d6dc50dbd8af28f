#include "mpi/normalize/features.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/phone.h"
#include "mpi/normalize/ssn.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

template <typename T>
void AddOnce(T value, size_t limit, std::vector<T>& list) {
  if (list.size() >= limit) return;
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

std::string SystemWithoutUrn(absl::string_view system) {
  return std::string(absl::StripPrefix(system, "urn:oid:"));
}

// Driving licences (HL7 OIDs by state) and passports are one person's own.
IdentifierKind KindOf(absl::string_view system) {
  const bool personal = absl::StartsWith(system, "2.16.840.1.113883.4.3.") ||
                        absl::StartsWith(system, "2.16.840.1.113883.4.330.") ||
                        absl::StartsWith(system, "http://hl7.org/fhir/sid/passport");
  return personal ? IdentifierKind::kPersonal : IdentifierKind::kShared;
}

void AddIdentifier(const PatientIdentifier& identifier, Features& features) {
  if (IsSsnSystem(identifier.system)) {
    if (auto ssn = NormalizeSsn(identifier.value)) {
      AddOnce(*std::move(ssn), kIdentifiersComparedMax, features.ssns);
    }
    return;
  }
  NormalizedIdentifier result;
  result.system = SystemWithoutUrn(identifier.system);
  result.value = FoldCompact(identifier.value);
  result.kind = KindOf(result.system);
  if (result.system.empty() || IsIdentifierNonValue(result.value)) return;
  AddOnce(std::move(result), kIdentifiersComparedMax, features.identifiers);
}

void AddNames(const Demographics& demographics, Features& features) {
  for (const HumanName& name : demographics.names) {
    NormalizedName normalized = NormalizeName(name);
    if (features.generation == Generation::kNone) features.generation = normalized.generation;
    if (features.names.empty()) {
      features.newborn = normalized.newborn;
      features.identity_unknown = normalized.unknown;
    }
    AddOnce(std::move(normalized), kNamesComparedMax, features.names);
  }
}

void AddContacts(const Demographics& demographics, Features& features) {
  for (const std::string& phone : demographics.phones) {
    if (auto number = NormalizePhone(phone)) {
      AddOnce(*std::move(number), kPhonesComparedMax, features.phones);
    }
  }
  for (const std::string& email : demographics.emails) {
    if (auto folded = NormalizeEmail(email)) {
      AddOnce(*std::move(folded), kPhonesComparedMax, features.emails);
    }
  }
  for (const PostalAddress& address : demographics.addresses) {
    AddOnce(NormalizeAddress(address), kAddressesComparedMax, features.addresses);
  }
}

AdministrativeSex ComparableSex(AdministrativeSex sex) {
  const bool comparable = sex == AdministrativeSex::kFemale || sex == AdministrativeSex::kMale;
  return comparable ? sex : AdministrativeSex::kUnspecified;
}

}  // namespace

Features Normalize(const Demographics& demographics) {
  Features features;
  AddNames(demographics, features);
  AddContacts(demographics, features);
  for (const PatientIdentifier& identifier : demographics.identifiers) {
    AddIdentifier(identifier, features);
  }
  if (demographics.birth_date && !IsBirthDateNonValue(*demographics.birth_date)) {
    features.birth_date = demographics.birth_date;
  }
  features.sex = ComparableSex(demographics.sex);
  features.mother_maiden = FoldCompact(demographics.mother_maiden_name);
  if (IsNameNonValue(features.mother_maiden)) features.mother_maiden.clear();
  features.multiple_birth = demographics.multiple_birth || demographics.birth_order > 1;
  features.birth_order = demographics.birth_order;
  features.identity_unknown = features.identity_unknown || demographics.identity_unknown;
  return features;
}

Features NormalizeRecord(const LocalPatient& patient, const Demographics& demographics) {
  Features features = Normalize(demographics);
  features.identifiers.push_back({SystemWithoutUrn(patient.assigning_authority),
                                  FoldCompact(patient.id.value()), IdentifierKind::kRecordKey});
  return features;
}

}  // namespace hie::mpi
