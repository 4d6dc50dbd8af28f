#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/json/value.h"

// FHIR R4 resources as XML (xml.html), over the same element tree as JSON.
namespace hie::fhir::xml {

// Caps of one text.
inline constexpr size_t kBytesMax = 16 << 20;
inline constexpr int kDepthMax = 64;
inline constexpr size_t kElementsMax = 1'000'000;

// Why a text was refused.
struct Problem {
  absl::Status status;  // INVALID_ARGUMENT; RESOURCE_EXHAUSTED: a cap was reached.
  std::string path;     // FHIRPath of the nearest element that the tables know; empty: none.
};

// A resource, or why there is none.
struct ReadResult {
  json::Value resource;
  std::optional<Problem> problem;
};

// Reads one resource.
//
// Strict: no DTD, no entities but the five of XML, no processing instructions, the FHIR namespace
// on every element and XHTML below `div`, no text between elements, each element known to the
// tables (element_table.h), none twice that is single, choices once.  Order is that of the tables,
// whatever the order received.  Decimals keep their digits; `div` keeps its markup.  Messages name
// elements of the specification and repeat nothing of the text.  Total on any bytes; thread-safe.
ReadResult ReadResource(absl::string_view text);

// Writes one resource, byte-stable, elements in the order of the tables.
//
// INVALID_ARGUMENT: a resource type or element that the tables do not know, or of another shape;
// the message names its path.
absl::StatusOr<std::string> WriteResource(const json::Value& resource);

}  // namespace hie::fhir::xml
