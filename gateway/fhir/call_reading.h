#pragma once

#include <optional>

#include "gateway/fhir/call.h"
#include "gateway/fhir/negotiation.h"
#include "gateway/fhir/reading.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// What a request says, read for its interaction.
struct RequestReading {
  Wishes wishes;
  SearchQuery query;
  std::optional<json::Value> body;
};

// Reads parameters and body.  `wishes` come first, since failures are written as they ask.
//
// 400 `InvalidJson`: the body is no JSON or XML of a FHIR resource; 413: it is too large or too
// deep; 415: it is of another media type; further as ReadSearch.
Reading<RequestReading> ReadRequest(const http::Request& request, const Interaction& interaction,
                                    const Wishes& wishes);

}  // namespace hie::fhir
