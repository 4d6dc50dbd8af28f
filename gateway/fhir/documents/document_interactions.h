#pragma once

#include <memory>
#include <vector>

#include "gateway/fhir/interaction.h"

namespace hie::fhir {

class BreakGlassSessions;

// ITI-65, ITI-66, ITI-67, ITI-68: the rows of the base, List, DocumentReference and Binary.
std::vector<Interaction> DocumentInteractions();

// The same, with break-glass sessions that other rows share: one declaration then opens one
// session, whatever is read under it.
std::vector<Interaction> DocumentInteractions(std::shared_ptr<BreakGlassSessions> sessions);

}  // namespace hie::fhir
