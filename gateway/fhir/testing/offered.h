#pragma once

#include <set>
#include <string>
#include <vector>

#include "gateway/fhir/interaction.h"
#include "services/common/json/value.h"

namespace hie::fhir::testing {

// What a CapabilityStatement says that a server does: "Patient read", "Patient ?family",
// "Patient $match", "system transaction".
std::set<std::string> OfferedBy(const json::Value& statement);

// The same of a router table, written a second time and simply: the oracle.
std::set<std::string> ServedBy(const std::vector<Interaction>& rows);

}  // namespace hie::fhir::testing
