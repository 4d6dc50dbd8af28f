#pragma once

#include <memory>
#include <vector>

#include "gateway/fhir/interaction.h"

namespace hie::fhir {

class BreakGlassSessions;

// Patient/$everything, searches of clinical resources, Consent and AuditEvent.
std::vector<Interaction> ClinicalInteractions();

// The same, with break-glass sessions that other rows share: one declaration then opens one
// session, whatever is read under it.
std::vector<Interaction> ClinicalInteractions(std::shared_ptr<BreakGlassSessions> sessions);

}  // namespace hie::fhir
