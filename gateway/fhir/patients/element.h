#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/json/value.h"
#include "services/common/member/member.h"

// FHIR R4 data types, built.  Blank texts are left out: FHIR has no empty elements.
namespace hie::fhir {

inline constexpr char kUriSystem[] = "urn:ietf:rfc:3986";  // Of an identifier that is a URI.

// Sets a string member; nothing where `text` is blank.
void SetText(json::Value& object, absl::string_view name, absl::string_view text);
// {system, code, display}
json::Value CodingElement(absl::string_view system, absl::string_view code,
                          absl::string_view display = "");
// {coding: [{system, code, display}]}
json::Value ConceptElement(absl::string_view system, absl::string_view code,
                           absl::string_view display = "");
// {system, value}
json::Value IdentifierElement(absl::string_view system, absl::string_view value);
// {reference}
json::Value ReferenceElement(absl::string_view reference);
// {url, <value name>: value}
json::Value ExtensionElement(absl::string_view url, absl::string_view value_name,
                             json::Value value);

// A member, named by its home community: {identifier, display}.
json::Value MemberReference(const Member& member);

// Appends to the array member `name`, which is made where it is absent.
void AppendTo(json::Value& object, absl::string_view name, json::Value item);

// "2026-01-10T08:15:02.120Z", UTC, milliseconds.
std::string InstantText(absl::Time time);
// RFC 9110 section 5.6.7: "Sat, 10 Jan 2026 08:15:02 GMT".
std::string HttpDate(absl::Time time);
// W/"4"
std::string WeakTag(uint64_t version);

// Tells whether `text` may be a logical id: [A-Za-z0-9-.]{1,64}.
bool IsLogicalId(absl::string_view text);

}  // namespace hie::fhir
