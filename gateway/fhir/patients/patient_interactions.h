#pragma once

#include <vector>

#include "gateway/fhir/interaction.h"

namespace hie::fhir {

// ITI-78, ITI-119, ITI-83, ITI-104: the rows of Patient.
std::vector<Interaction> PatientInteractions();

}  // namespace hie::fhir
