#pragma once

#include <string>
#include <vector>

#include "gateway/fhir/call.h"
#include "gateway/fhir/reading.h"
#include "hie/exchange/v1/exchange.pb.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// The FHIR Patient (PDQm) of a person as the caller may see them.
//
// `id` is the EID.  Identifiers are those that the exchange showed, with their assigner; another
// identifier of the demographics is shown only where no member owns its system, since a foreign
// record number names its hospital.  A person without one keeps the own URL as identifier, because
// PDQm wants at least one.  A replaced person is inactive and has link replaced-by.
json::Value PatientResource(const Call& call, const exchange::v1::PatientView& view);

// Shows on a person's resource an id that was merged away into one of theirs (A40): as an old
// identifier, and with link replaces.
void AddMergedAwayId(const common::v1::LocalPatient& id, json::Value& resource);

// What a FHIR Patient says.
struct PatientContent {
  common::v1::Demographics demographics;                   // Identifiers included, all of them.
  std::vector<common::v1::PatientIdentifier> identifiers;  // In order; OIDs without "urn:oid:".
  std::optional<bool> active;
  bool replaced = false;                      // Has link replaced-by.
  common::v1::PatientIdentifier replaced_by;  // Its identifier.
};

// What must be there.
enum class PatientUse { kFeed, kMatch };

// Reads a FHIR Patient strictly: what is there must have the form that R4 gives it.  400 names the
// element below `path` ("Patient"), never its value.  A feed's identifiers need system and value;
// a match's may lack them and are then left out.
Reading<PatientContent> ReadPatient(const json::Value& resource, PatientUse use,
                                    absl::string_view path);

}  // namespace hie::fhir
