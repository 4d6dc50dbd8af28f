#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/patient/demographics.h"
#include "services/hiectl/region/household.h"

namespace hie::region {

// Systems of the identifiers that generated records carry.
inline constexpr absl::string_view kSsnSystem = "http://hl7.org/fhir/sid/us-ssn";
inline constexpr absl::string_view kInsuranceSystem = "urn:oid:2.999.5.1";

// What a source leaves out and how it writes.  Rates are per mille of its records.
struct SourceHabits {
  absl::string_view id;
  absl::string_view mrn_prefix;
  int visits;  // Share of all registrations, relative to the others.
  int ssn_full;
  int ssn_last_four;
  int ssn_placeholder;  // 999-99-9999 and the like instead of none.
  int middle;           // The middle name or initial is asked at all.
  int middle_initial;   // Of those: the initial alone.
  int suffix;           // A suffix is written where there is one.
  int birth_date_missing;
  int address_missing;
  int phone_missing;
  int phone_placeholder;
  int email;
  int mother_maiden;
  int insurance;
  int former_name;  // A former name is kept where there is one.
  int typing;       // Slips per name field, birth date, SSN (half of it), phone.
  int nickname;
  bool upper_case;
  bool middle_in_given;  // "MARY J" as the given name.
  bool pads_birth_date;  // An unknown birth date is written as 1900-01-01.
  bool scanned;          // Slips are a scanner's.
  bool accents;          // Writes José, not Jose.
  bool children_only;
};

// The sources of the region.  The first six are the hospitals of the demonstration.
absl::Span<const SourceHabits> Sources();

// Writes down `person` as the source's clerk does in `year`: what held then, what the source asks
// for, in its manner, with slips.  A child in its first year may be BABY BOY or BABY GIRL.
Demographics WriteDown(const Person& person, const SourceHabits& source, int year, Dice& dice);

// Whether the record is that of a newborn without a name.
bool IsBabyName(const HumanName& name);

}  // namespace hie::region
