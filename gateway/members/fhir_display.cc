#include "gateway/members/fhir_display.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/members/fhir_element.h"

namespace hie::members {
namespace {

std::string Quantity(const json::Value& quantity) {
  const json::Value* value = quantity.Find("value");
  if (value == nullptr) return "";
  const absl::string_view unit =
      quantity.Text("unit").empty() ? quantity.Text("code") : quantity.Text("unit");
  return absl::StrCat(quantity.Text("comparator"), value->lexeme(), unit.empty() ? "" : " ", unit);
}

std::string Span(const json::Value& value, absl::string_view low, absl::string_view high,
                 absl::string_view between) {
  const json::Value* first = value.Find(low);
  const json::Value* second = value.Find(high);
  return absl::StrCat(first == nullptr ? "" : Quantity(*first), between,
                      second == nullptr ? "" : Quantity(*second));
}

std::string Number(const json::Value* value) {
  return value == nullptr ? "" : std::string(value->lexeme());
}

// value[x] of an Observation or of one of its components.
std::string ObservedValue(const json::Value& element) {
  if (const json::Value* quantity = element.Find("valueQuantity")) return Quantity(*quantity);
  if (const json::Value* code = element.Find("valueCodeableConcept")) return ConceptText(code);
  if (const json::Value* range = element.Find("valueRange")) {
    return Span(*range, "low", "high", " to ");
  }
  if (const json::Value* ratio = element.Find("valueRatio")) {
    return Span(*ratio, "numerator", "denominator", " : ");
  }
  if (const json::Value* flag = element.Find("valueBoolean")) {
    return flag->boolean().value_or(false) ? "yes" : "no";
  }
  if (const json::Value* integer = element.Find("valueInteger")) return Number(integer);
  if (const json::Value* period = element.Find("valuePeriod")) {
    return absl::StrCat(period->Text("start"), " to ", period->Text("end"));
  }
  const std::string text = FirstText(element, {"/valueString", "/valueDateTime", "/valueTime"});
  if (!text.empty()) return text;
  if (element.Find("valueSampledData") != nullptr) return "sampled data";
  if (const json::Value* absent = element.Find("dataAbsentReason")) {
    return absl::StrCat("no value: ", ConceptText(absent));
  }
  return "";
}

std::string Observation(const json::Value& resource) {
  std::vector<std::string> values;
  if (std::string value = ObservedValue(resource); !value.empty()) values.push_back(value);
  for (const json::Value& component : resource.Each("component")) {
    values.push_back(
        absl::StrCat(ConceptText(component.Find("code")), " ", ObservedValue(component)));
  }
  std::string out = ConceptText(resource.Find("code"));
  if (!values.empty()) absl::StrAppend(&out, ": ", absl::StrJoin(values, ", "));
  const json::Value* interpretation = resource.At("/interpretation/0");
  if (interpretation == nullptr) interpretation = resource.Find("interpretation");
  const std::string reading = ConceptText(interpretation);
  if (!reading.empty()) absl::StrAppend(&out, " (", reading, ")");
  return out;
}

std::string Reactions(const json::Value& resource) {
  std::vector<std::string> reactions;
  for (const json::Value& reaction : resource.Each("reaction")) {
    std::vector<std::string> signs;
    for (const json::Value& sign : reaction.Each("manifestation")) {
      signs.push_back(ConceptText(&sign));
    }
    std::string text = absl::StrJoin(signs, ", ");
    if (text.empty()) text = std::string(reaction.Text("description"));
    if (!reaction.Text("severity").empty()) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", reaction.Text("severity"));
    }
    if (!text.empty()) reactions.push_back(text);
  }
  return absl::StrJoin(reactions, "; ");
}

std::string Allergy(const json::Value& resource) {
  std::string out = ConceptText(resource.Find("code"));
  if (out.empty()) out = ConceptText(resource.At("/reaction/0/substance"));
  std::vector<std::string> notes;
  if (!resource.Text("criticality").empty()) {
    notes.push_back(absl::StrCat("criticality ", resource.Text("criticality")));
  }
  const std::string reactions = Reactions(resource);
  if (!reactions.empty()) notes.push_back(absl::StrCat("reaction: ", reactions));
  if (!notes.empty()) absl::StrAppend(&out, " (", absl::StrJoin(notes, "; "), ")");
  return out;
}

std::string Dose(const json::Value& dosage) {
  if (!dosage.Text("text").empty()) return std::string(dosage.Text("text"));
  const json::Value* quantity = dosage.At("/doseAndRate/0/doseQuantity");
  std::string out = quantity == nullptr ? "" : Quantity(*quantity);
  const json::Value* repeat = dosage.At("/timing/repeat");
  if (repeat != nullptr && repeat->Find("frequency") != nullptr) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", Number(repeat->Find("frequency")), " per ",
                    Number(repeat->Find("period")), " ", repeat->Text("periodUnit"));
  }
  const json::Value* as_needed = dosage.Find("asNeededBoolean");
  if (as_needed != nullptr && as_needed->boolean().value_or(false)) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", "as needed");
  }
  return out;
}

std::string MedicationName(const json::Value& resource, const json::Value* medication) {
  const std::string name = ConceptText(resource.Find("medicationCodeableConcept"));
  if (!name.empty()) return name;
  const json::Value* reference = resource.Find("medicationReference");
  const absl::string_view target = ReferenceTarget(reference);
  for (const json::Value& contained : resource.Each("contained")) {
    if (!target.empty() && target == absl::StrCat("#", contained.Text("id"))) {
      return ConceptText(contained.Find("code"));
    }
  }
  if (medication != nullptr) return ConceptText(medication->Find("code"));
  // An id says nothing to a clinician; a display does.
  return reference == nullptr ? "" : std::string(reference->Text("display"));
}

std::string Medication(const json::Value& resource, const json::Value* medication) {
  std::string out = MedicationName(resource, medication);
  if (out.empty()) out = "medication not named";
  const json::Value* dosage = resource.At("/dosageInstruction/0");
  if (dosage == nullptr) dosage = resource.At("/dosage/0");
  const std::string dose = dosage == nullptr ? "" : Dose(*dosage);
  if (!dose.empty()) absl::StrAppend(&out, ", ", dose);
  const json::Value* not_to_be_given = resource.Find("doNotPerform");
  if (not_to_be_given != nullptr && not_to_be_given->boolean().value_or(false)) {
    return absl::StrCat("do not give: ", out);
  }
  return resource.Text("status") == "not-taken" ? absl::StrCat("not taken: ", out) : out;
}

std::string Encounter(const json::Value& resource) {
  std::string out = ConceptText(resource.At("/type/0"));
  if (out.empty()) out = FirstText(resource, {"/class/display", "/class/code"});
  const std::string reason = ConceptText(resource.At("/reasonCode/0"));
  if (!reason.empty()) absl::StrAppend(&out, ", for ", reason);
  return out;
}

std::string Device(const json::Value& resource) {
  const std::string name = FirstText(resource, {"/deviceName/0/name"});
  const std::string type = ConceptText(resource.Find("type"));
  if (name.empty() || type.empty()) return name + type;
  return absl::StrCat(type, ": ", name);
}

std::string CarePlan(const json::Value& resource) {
  std::string out = FirstText(resource, {"/title"});
  if (out.empty()) out = ConceptText(resource.At("/category/0"));
  std::vector<std::string> activities;
  for (const json::Value& activity : resource.Each("activity")) {
    std::string text = ConceptText(activity.At("/detail/code"));
    if (!text.empty()) activities.push_back(std::move(text));
  }
  if (!activities.empty()) absl::StrAppend(&out, ": ", absl::StrJoin(activities, ", "));
  return out;
}

std::string Report(const json::Value& resource) {
  std::string out = ConceptText(resource.Find("code"));
  if (!resource.Text("conclusion").empty()) {
    absl::StrAppend(&out, ": ", resource.Text("conclusion"));
  }
  return out;
}

std::string Document(const json::Value& resource) {
  std::string out = FirstText(resource, {"/content/0/attachment/title", "/description"});
  const std::string type = ConceptText(resource.Find("type"));
  if (out.empty() || type.empty() || out == type) return out.empty() ? type : out;
  return absl::StrCat(type, ": ", out);
}

// A statement that something was not done must not read as if it had been.
std::string Done(const json::Value& resource, const json::Value* what) {
  const std::string text = ConceptText(what);
  return resource.Text("status") == "not-done" ? absl::StrCat("not done: ", text) : text;
}

std::string Describe(const json::Value& resource, const json::Value* medication) {
  const absl::string_view type = resource.Text("resourceType");
  if (type == "AllergyIntolerance") return Allergy(resource);
  if (type == "MedicationRequest" || type == "MedicationStatement") {
    return Medication(resource, medication);
  }
  if (type == "Observation") return Observation(resource);
  if (type == "Encounter") return Encounter(resource);
  if (type == "DiagnosticReport") return Report(resource);
  if (type == "Immunization") return Done(resource, resource.Find("vaccineCode"));
  if (type == "Procedure") return Done(resource, resource.Find("code"));
  if (type == "Device") return Device(resource);
  if (type == "CarePlan") return CarePlan(resource);
  if (type == "DocumentReference") return Document(resource);
  return ConceptText(resource.Find("code"));
}

}  // namespace

std::string DisplayOf(const json::Value& resource, const json::Value* medication) {
  const std::string line = OneLine(Describe(resource, medication), kDisplayBytesMax);
  if (!line.empty()) return line;
  return absl::StrCat(OneLine(resource.Text("resourceType"), 64), ", not described by its source");
}

}  // namespace hie::members
