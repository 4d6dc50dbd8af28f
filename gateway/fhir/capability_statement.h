#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/fhir/interaction.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// What stands in the statement beside the interactions.
struct CapabilityFrame {
  std::string base_url;
  std::string token_url;
  std::string software_version;
  absl::Time date;  // When the door was opened.
};

// The CapabilityStatement of a router table (R4 capabilitystatement.html): nothing that no row
// serves, and every row.  The form of a search that is posted is the same search.
json::Value CapabilityStatement(const std::vector<Interaction>& rows, const CapabilityFrame& frame);

// SMART App Launch 2.x discovery of the same table: scopes are those that the rows need.
json::Value SmartConfiguration(const std::vector<Interaction>& rows, const CapabilityFrame& frame);

}  // namespace hie::fhir
