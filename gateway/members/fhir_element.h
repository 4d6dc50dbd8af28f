#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/json/value.h"

// Readings of FHIR R4 data types.  Total: an element that is absent or of another shape reads as
// empty, since one odd element must not hide a record.  All take null for an absent element.
namespace hie::members {

// One code of one system.
struct Code {
  absl::string_view system;
  absl::string_view code;
};

inline constexpr absl::string_view kSnomed = "http://snomed.info/sct";
inline constexpr absl::string_view kLoinc = "http://loinc.org";

// Our own elements for sources whose statements name no encounter: valueString.
inline constexpr absl::string_view kFacilityExtension =
    "https://hie.example/fhir/StructureDefinition/facility";
inline constexpr absl::string_view kUnitExtension =
    "https://hie.example/fhir/StructureDefinition/unit";

// What people call a CodeableConcept: its text, else the first display, else the first code.
std::string ConceptText(const json::Value* value);

// The first coding with a code, as "system|code"; empty: none.
std::string FirstCoding(const json::Value* value);

// The code of the first coding, or the text itself where the source wrote a plain string.
std::string ConceptCode(const json::Value* value);

// Any coding of the concept is one of `codes`.
bool HasCode(const json::Value* value, std::initializer_list<Code> codes);

// Reference.reference as received.
absl::string_view ReferenceTarget(const json::Value* reference);

// How a source names the target of a reference: its display, else its identifier's value, else
// the id at the end of the reference ("Organization/7" -> "7", "urn:uuid:x" -> "x").
std::string ReferenceName(const json::Value* reference);

// The value of the first extension with `url`, where it is a string, code or date.
std::string ExtensionText(const json::Value& element, absl::string_view url);

// The first string among these elements (of JSON pointers).
std::string FirstText(const json::Value& element,
                      std::initializer_list<absl::string_view> pointers);

// meta.security and securityLabel codes of a resource and of what it contains, as received.
std::vector<std::string> SecurityCodes(const json::Value& resource);

// `text` in one line: runs of white space and control characters become one space; cut at
// `bytes_max` between characters, with "..." then.
std::string OneLine(absl::string_view text, size_t bytes_max);

}  // namespace hie::members
