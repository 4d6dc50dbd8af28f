#include "gateway/members/fhir_facts.h"

#include <initializer_list>
#include <optional>

#include "gateway/members/fhir_document.h"
#include "gateway/members/fhir_element.h"
#include "gateway/members/fhir_time.h"

namespace hie::members {
namespace {

constexpr absl::string_view kAbsentOrUnknown =
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";

// The elements that may hold a date or a period, best first.
struct DateElements {
  std::vector<absl::string_view> dates;
  absl::string_view period;     // Beside them; empty: none.
  absl::string_view abatement;  // Prefix of what ends the period; empty: none.
};

DateElements ElementsOf(absl::string_view type) {
  if (type == "AllergyIntolerance") {
    return {{"recordedDate", "onsetDateTime", "lastOccurrence"}, "onsetPeriod", ""};
  }
  if (type == "MedicationRequest") return {{"authoredOn"}, "", ""};
  if (type == "MedicationStatement") {
    return {{"effectiveDateTime", "dateAsserted"}, "effectivePeriod", ""};
  }
  if (type == "Condition") return {{"onsetDateTime", "recordedDate"}, "onsetPeriod", "abatement"};
  if (type == "Encounter") return {{}, "period", ""};
  if (type == "Observation" || type == "DiagnosticReport") {
    return {{"effectiveDateTime", "effectiveInstant", "issued"}, "effectivePeriod", ""};
  }
  if (type == "Immunization") return {{"occurrenceDateTime", "recorded"}, "", ""};
  if (type == "Procedure") return {{"performedDateTime"}, "performedPeriod", ""};
  if (type == "CarePlan") return {{"created"}, "period", ""};
  if (type == "DocumentReference") return {{"date"}, "", ""};
  return {};
}

void EndAtAbatement(const json::Value& resource, When& when) {
  when.period.to = absl::InfiniteFuture();
  if (const auto time = ParseFhirTime(resource.Text("abatementDateTime"))) {
    when.period.to = time->to;
  }
  if (const json::Value* period = resource.Find("abatementPeriod")) {
    when.period.to = ReadPeriod(period).to;
  }
}

bool IsTrue(const json::Value* value) {
  return value != nullptr && value->boolean().value_or(false);
}

}  // namespace

When WhenOf(const json::Value& resource) {
  const DateElements elements = ElementsOf(resource.Text("resourceType"));
  When when;
  const json::Value* period = elements.period.empty() ? nullptr : resource.Find(elements.period);
  if (period != nullptr && period->IsObject()) {
    const absl::string_view start = period->Text("start");
    when.date = std::string(start.empty() ? period->Text("end") : start);
    when.period = ReadPeriod(period);
  }
  for (const absl::string_view name : elements.dates) {
    if (!when.date.empty()) break;
    when.date = std::string(resource.Text(name));
    if (const auto time = ParseFhirTime(when.date)) when.period = *time;
  }
  if (!elements.abatement.empty()) EndAtAbatement(resource, when);
  const json::Value* service = resource.At("/context/period");  // DocumentReference.
  if (service != nullptr && service->IsObject()) when.period = ReadPeriod(service);
  return when;
}

Standing StandingOf(const json::Value& resource) {
  Standing out;
  out.clinical_status = ConceptCode(resource.Find("clinicalStatus"));
  if (out.clinical_status.empty()) out.clinical_status = std::string(resource.Text("status"));
  out.verification_status = ConceptCode(resource.Find("verificationStatus"));
  if (out.verification_status.empty() && out.clinical_status == "entered-in-error") {
    out.verification_status = out.clinical_status;
  }
  return out;
}

bool IsNegation(const json::Value& resource) {
  const absl::string_view status = resource.Text("status");
  if (status == "not-done" || status == "not-taken") return true;
  if (IsTrue(resource.Find("doNotPerform"))) return true;
  return HasCode(SubjectMatter(resource),
                 {{kSnomed, "716186003"},  // No known allergy.
                  {kSnomed, "160244002"},  // No known allergies (retired).
                  {kSnomed, "409137002"},  // No known drug allergy.
                  {kSnomed, "428607008"},  // No known environmental allergy.
                  {kSnomed, "429625007"},  // No known food allergy.
                  {kSnomed, "428197003"},  // No known insect allergy.
                  {kSnomed, "716184000"},  // No known latex allergy.
                  {kSnomed, "716220001"},  // No known animal allergy.
                  {kSnomed, "160245001"},  // No current problems or disability.
                  {kSnomed, "787481004"},  // No known medications.
                  {kAbsentOrUnknown, "no-known-allergies"},
                  {kAbsentOrUnknown, "no-known-medication-allergies"},
                  {kAbsentOrUnknown, "no-known-environmental-allergies"},
                  {kAbsentOrUnknown, "no-known-food-allergies"},
                  {kAbsentOrUnknown, "no-known-problems"},
                  {kAbsentOrUnknown, "no-known-medications"},
                  {kAbsentOrUnknown, "no-known-procedures"},
                  {kAbsentOrUnknown, "no-known-immunizations"}});
}

const json::Value* SubjectMatter(const json::Value& resource) {
  for (const absl::string_view name :
       {"code", "medicationCodeableConcept", "vaccineCode", "type", "category"}) {
    const json::Value* value = resource.Find(name);
    if (value == nullptr) continue;
    return value->IsArray() ? value->At("/0") : value;
  }
  return nullptr;
}

}  // namespace hie::members
