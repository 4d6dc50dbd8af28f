#include "gateway/fhir/patients/element.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {
namespace {

constexpr size_t kLogicalIdBytesMax = 64;

}  // namespace

void SetText(json::Value& object, absl::string_view name, absl::string_view text) {
  if (absl::StripAsciiWhitespace(text).empty()) return;
  object.Set(name, json::Value::String(text));
}

json::Value CodingElement(absl::string_view system, absl::string_view code,
                          absl::string_view display) {
  json::Value coding = json::Value::Object();
  SetText(coding, "system", system);
  SetText(coding, "code", code);
  SetText(coding, "display", display);
  return coding;
}

json::Value ConceptElement(absl::string_view system, absl::string_view code,
                           absl::string_view display) {
  json::Value concept_element = json::Value::Object();
  concept_element.Set("coding", json::Value::Array({CodingElement(system, code, display)}));
  return concept_element;
}

json::Value IdentifierElement(absl::string_view system, absl::string_view value) {
  json::Value identifier = json::Value::Object();
  SetText(identifier, "system", system);
  SetText(identifier, "value", value);
  return identifier;
}

json::Value ReferenceElement(absl::string_view reference) {
  json::Value element = json::Value::Object();
  SetText(element, "reference", reference);
  return element;
}

json::Value ExtensionElement(absl::string_view url, absl::string_view value_name,
                             json::Value value) {
  json::Value extension = json::Value::Object();
  extension.Set("url", json::Value::String(url));
  extension.Set(value_name, std::move(value));
  return extension;
}

json::Value MemberReference(const Member& member) {
  json::Value reference = json::Value::Object();
  reference.Set("identifier", IdentifierElement(kUriSystem, OidUrn(member.home_community)));
  SetText(reference, "display", member.name);
  return reference;
}

void AppendTo(json::Value& object, absl::string_view name, json::Value item) {
  const json::Value* present = object.Find(name);
  json::Value items = present == nullptr ? json::Value::Array() : *present;
  items.Append(std::move(item));
  object.Set(name, std::move(items));
}

std::string InstantText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time, absl::UTCTimeZone());
}

std::string WeakTag(uint64_t version) { return absl::StrCat("W/\"", version, "\""); }

bool IsLogicalId(absl::string_view text) {
  if (text.empty() || text.size() > kLogicalIdBytesMax) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '.'; });
}

}  // namespace hie::fhir
