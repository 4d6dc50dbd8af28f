#pragma once

#include <string>

#include "gateway/fhir/call.h"

namespace hie::fhir {

// What a paging cursor is bound to: the client, the interaction with its id, and the parameters
// that select.  Common parameters are left out: they say how an answer looks.
std::string PageBinding(const Call& call);

}  // namespace hie::fhir
