#pragma once

#include <string>
#include <vector>

#include "services/common/base/phi.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/patient/demographics.h"

namespace hie::exchange {

// One clinical statement as a member sent it, parsed; nothing in it is trusted yet.
//
// PHI throughout.  `id` is a stable function of member, local patient, resource type and resource
// id, so the same statement has the same id in every query.
struct ClinicalItem {
  std::string id;
  std::string resource_type;      // FHIR.
  std::string resource_id;        // As received.
  std::string subject_reference;  // As received: "Patient/123", "urn:uuid:..."; empty: none given.
  std::string facility;           // Facility the member names for it; may be empty.
  std::string unit;               // Unit, may be empty.
  ClinicalClass clinical_class = ClinicalClass::kUnspecified;
  std::string display;              // What it says, in one line.
  std::string code;                 // First coding, "system|code"; empty none.
  std::string date;                 // As received; empty unknown.
  std::string clinical_status;      // As received.
  std::string verification_status;  // As received.
  bool negation = false;            // "No known allergies" and the like.
  ServicePeriod period;
  SourceLabels source_labels;
  // For documents: the version chain and content identity; empty where not a document.
  std::string master_identifier;
  std::string content_sha256;  // Lower-case hex.
  std::string resource;        // FHIR R4 JSON, byte for byte as received.
};

// The Patient that a member returned with its items.
struct AnsweredPatient {
  std::vector<std::string> references;  // Every way its items may refer to it.
  std::vector<PatientIdentifier> identifiers;
  Demographics demographics;
};

}  // namespace hie::exchange
