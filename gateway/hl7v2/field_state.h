#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/hl7v2/segments/pid.h"
#include "services/common/patient/demographics.h"

namespace hie::hl7v2 {

// Telephone numbers and e-mail addresses of one field.
struct Contacts {
  std::vector<std::string> phones;
  std::vector<std::string> emails;
  friend bool operator==(const Contacts&, const Contacts&) = default;
};

// What one message says about a person, in the exchange's terms, field by field.
struct PatientChange {
  Stated<std::vector<HumanName>> names;
  Stated<CivilDate> birth_date;
  Stated<AdministrativeSex> sex;
  Stated<std::vector<PostalAddress>> addresses;
  Stated<Contacts> home;
  Stated<Contacts> work;
  Stated<std::vector<PatientIdentifier>> identifiers;  // PID-3 without the record's own key.
  Stated<std::string> ssn;
  Stated<std::string> mother_maiden_name;
  Stated<bool> multiple_birth;
  Stated<uint32_t> birth_order;
  Stated<CivilDate> deceased_date;
  Stated<bool> deceased;
  Stated<bool> identity_unknown;
};

// What all messages about one (domain, id) have said so far: the base on which a message that
// leaves fields empty is read.  Regular value; PHI: it does not print.
struct FieldState {
  std::vector<HumanName> names;
  std::optional<CivilDate> birth_date;
  AdministrativeSex sex = AdministrativeSex::kUnspecified;
  std::vector<PostalAddress> addresses;
  Contacts home;
  Contacts work;
  std::vector<PatientIdentifier> identifiers;
  std::string ssn;
  std::string mother_maiden_name;
  bool multiple_birth = false;
  uint32_t birth_order = 0;
  std::optional<CivilDate> deceased_date;
  bool deceased = false;
  bool identity_unknown = false;
  friend bool operator==(const FieldState&, const FieldState&) = default;
};

// Repetitions beyond these are not taken.
inline constexpr size_t kNamesMax = 16;
inline constexpr size_t kRepeatedMax = 32;

// Reads PID into the exchange's terms.  `identifiers` are those of PID-3 besides the key;
// `takes_ssn` admits PID-19.  Names that stand for nobody (UNKNOWN, DOE^JOHN) and PID-32 AL say
// that the identity is unknown.
enum class SsnUse { kIgnored, kTaken };
PatientChange ChangeOf(const PatientSegment& segment, std::vector<PatientIdentifier> identifiers,
                       SsnUse ssn);

// Empty fields stay as they are, `""` deletes, the rest replaces (chapter 2.10.1).
FieldState Apply(FieldState state, const PatientChange& change);

// The record as the index takes it.
Demographics ToDemographics(const FieldState& state);

// The change is about another person than the state: birth date differs, and family or given name.
// Then nothing of the state may be carried over.  A state of unknown identity contradicts nothing.
bool Contradicts(const FieldState& state, const PatientChange& change);

}  // namespace hie::hl7v2
