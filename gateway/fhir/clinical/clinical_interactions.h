#pragma once

#include <vector>

#include "gateway/fhir/interaction.h"

namespace hie::fhir {

// Patient/$everything, searches of clinical resources, Consent and AuditEvent.
std::vector<Interaction> ClinicalInteractions();

}  // namespace hie::fhir
