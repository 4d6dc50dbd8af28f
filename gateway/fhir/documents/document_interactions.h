#pragma once

#include <vector>

#include "gateway/fhir/interaction.h"

namespace hie::fhir {

// ITI-65, ITI-66, ITI-67, ITI-68: the rows of the base, List, DocumentReference and Binary.
std::vector<Interaction> DocumentInteractions();

}  // namespace hie::fhir
