#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/civil_date.h"

namespace hie {

// Administrative sex (HL7 table 0001).
enum class AdministrativeSex { kUnspecified, kFemale, kMale, kOther, kUnknown };

// One name, as received.
struct HumanName {
  std::string use;  // FHIR name-use; may be empty.
  std::string family;
  std::vector<std::string> given;
  std::string suffix;
  friend bool operator==(const HumanName&, const HumanName&) = default;
};

// One postal address, as received.
struct PostalAddress {
  std::vector<std::string> lines;
  std::string city;
  std::string state;
  std::string postal_code;
  std::string country = "";
  friend bool operator==(const PostalAddress&, const PostalAddress&) = default;
};

// An identifier that is not the record's key.
struct PatientIdentifier {
  std::string system;
  std::string value;
  friend bool operator==(const PatientIdentifier&, const PatientIdentifier&) = default;
};

// What a member says about a person, as received.  PHI in every field: it does not print.
struct Demographics {
  std::vector<HumanName> names;  // The official one first.
  std::optional<CivilDate> birth_date;
  AdministrativeSex sex = AdministrativeSex::kUnspecified;
  std::vector<PostalAddress> addresses;
  std::vector<std::string> phones;
  std::vector<std::string> emails;
  std::vector<PatientIdentifier> identifiers;
  std::string mother_maiden_name;
  bool multiple_birth = false;
  uint32_t birth_order = 0;  // 1..; 0 not said.
  bool deceased = false;
  std::optional<CivilDate> deceased_date;
  bool protected_record = false;
  bool identity_unknown = false;  // The source does not know who this is, or gives an alias.
  friend bool operator==(const Demographics&, const Demographics&) = default;
};

}  // namespace hie
