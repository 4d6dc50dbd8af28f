#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// A first look at XML text, before a parser builds anything of it.
namespace hie::fhir::xml {

inline constexpr char kXhtmlNamespace[] = "http://www.w3.org/1999/xhtml";

// Refuses what FHIR does not use and attackers do: document types, CDATA, processing instructions,
// entities but the five of XML and character references, bytes that are not UTF-8, an encoding
// declaration of anything else, and texts beyond the caps.
//
// INVALID_ARGUMENT, RESOURCE_EXHAUSTED.  One pass, no allocation.
absl::Status CheckMarkup(absl::string_view text);

// Where the element whose start tag is at `begin` ends (the byte behind it); nothing: it does not.
// `text` has passed CheckMarkup.
std::optional<size_t> ElementEnd(absl::string_view text, size_t begin);

// Tells whether `div` is exactly one well-formed XHTML `div` element, as Narrative.div must be.
bool IsXhtmlDiv(absl::string_view div);

}  // namespace hie::fhir::xml
