#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/civil_date.h"
#include "services/common/patient/demographics.h"

namespace hie::agent {

// What the header of a CDA R2 document says about it.
struct CdaHeader {
  std::string unique_id;  // "urn:oid:<root>" or "<root>^<extension>".
  std::string type_code;  // LOINC; empty: none.
  std::string title;
  std::string effective_time;   // As received (HL7 TS).
  std::string confidentiality;  // Code, empty: none.
  std::string custodian;        // Name of the organisation.
  std::string author;
  std::string replaces;                        // unique_id of the parent document replaced.
  std::vector<PatientIdentifier> patient_ids;  // Of the first recordTarget.
  std::vector<HumanName> names;
  std::optional<CivilDate> birth_date;
};

// Reads the header of a CDA document.  No DTD, no entities of its own.
//
// INVALID_ARGUMENT: not XML, not a ClinicalDocument, or without id or recordTarget; the message
// repeats nothing of the document.
absl::StatusOr<CdaHeader> ReadCdaHeader(absl::string_view document);

// Returns the moment of an HL7 timestamp (YYYY[MM[DD[hhmm[ss[.f]]]]][+zzzz]) in FHIR's form;
// empty where it is none.
std::string FhirTimeOfHl7(absl::string_view timestamp);

}  // namespace hie::agent
