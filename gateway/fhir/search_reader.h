#pragma once

#include "absl/strings/string_view.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/reading.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {

// What becomes of parameters that an interaction does not know (Prefer: handling).
enum class Handling { kLenient, kStrict };

// Reads the parameters of a request: those of the URL, then those of the form body.
//
// An empty value is no parameter.  Only modifiers that change nothing unknown are let through:
// `exact` and `contains` of strings, `identifier` and resource types of references; any other is
// refused, since to ignore it would widen the answer.  A typed chain "patient:Patient.identifier"
// is "patient.identifier".  Parameters that are not in the interaction's table are named in
// `unknown` when lenient; they are refused when strict, and always where the parameters select what
// is changed (conditional update and delete).
//
// 400 for those, for malformed encodings and values of the common parameters, and beyond the caps.
Reading<SearchQuery> ReadSearch(absl::string_view url_query, absl::string_view form,
                                const Interaction& interaction, Handling handling);

}  // namespace hie::fhir
