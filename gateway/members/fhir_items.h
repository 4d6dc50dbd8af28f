#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/exchange/clinical_item.h"
#include "services/common/base/strong_id.h"
#include "services/common/json/value.h"
#include "services/common/patient/local_patient.h"

namespace hie::members {

// One resource as a member sent it.
struct ReceivedResource {
  std::string json;
  std::string full_url;  // Bundle.entry.fullUrl at the source; empty: none.
};

// A member's answer, parsed; nothing in it is checked against the patient asked for.
struct ParsedAnswer {
  std::vector<exchange::AnsweredPatient> patients;
  std::vector<exchange::ClinicalItem> items;
  size_t skipped = 0;      // Of types or classes that were not asked for: no fault.
  size_t unparsable = 0;   // Not JSON, or no FHIR resource.
  size_t conflicting = 0;  // A type and id that came before with other content; the first is kept.
};

// The class of a FHIR R4 resource, or nothing where the exchange serves none of it (Claim, Goal,
// Practitioner, ...).  Patient has none: it is no statement about care.
std::optional<ClinicalClass> ClassOf(const json::Value& resource);

// The reference to whom a resource is about: `subject`, else `patient`; empty: none.
absl::string_view SubjectOf(const json::Value& resource);

// The reference to the encounter in which a resource was made; empty: none.
absl::string_view EncounterOf(const json::Value& resource);

// The name that an Encounter, or a resource that says it itself, gives its facility; empty: none.
std::string FacilityOf(const json::Value& resource);

// Parses an answer.  Total on any bytes.
//
// A statement's facility is its own, else that of its encounter where the answer contains it; its
// id is a stable function of member, local patient, type and resource id (content, without one).
// `wanted` empty means every class.  Cost: about 15 ns per byte.
ParsedAnswer ParseAnswer(const MemberId& member, const LocalPatient& patient,
                         std::vector<ReceivedResource> resources,
                         const std::vector<ClinicalClass>& wanted);

}  // namespace hie::members
