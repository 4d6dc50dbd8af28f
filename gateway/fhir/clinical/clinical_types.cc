#include "gateway/fhir/clinical/clinical_parameters.h"

namespace hie::fhir {
namespace {

using common::v1::ClinicalClass;

constexpr ParameterType kToken = ParameterType::kToken;
constexpr ParameterType kDate = ParameterType::kDate;

// What every one of them has.
std::vector<ClinicalParameter> With(std::vector<ClinicalParameter> parameters) {
  parameters.push_back({"_lastUpdated", kDate, {"meta.lastUpdated"}});
  parameters.push_back({"identifier", kToken, {"identifier"}});
  return parameters;
}

ClinicalType Allergy() {
  return {"AllergyIntolerance",
          {common::v1::CLINICAL_CLASS_ALLERGY},
          With({{"clinical-status", kToken, {"clinicalStatus"}},
                {"verification-status", kToken, {"verificationStatus"}},
                {"code", kToken, {"code", "reaction.substance"}},
                {"category", kToken, {"category"}},
                {"criticality", kToken, {"criticality"}},
                {"type", kToken, {"type"}},
                {"severity", kToken, {"reaction.severity"}},
                {"manifestation", kToken, {"reaction.manifestation"}},
                {"date", kDate, {"recordedDate"}},
                {"last-date", kDate, {"lastOccurrence"}},
                {"onset", kDate, {"reaction.onset"}}})};
}

ClinicalType MedicationRequest() {
  return {"MedicationRequest",
          {common::v1::CLINICAL_CLASS_MEDICATION},
          With({{"status", kToken, {"status"}},
                {"intent", kToken, {"intent"}},
                {"priority", kToken, {"priority"}},
                {"code", kToken, {"medicationCodeableConcept"}},
                {"category", kToken, {"category"}},
                {"authoredon", kDate, {"authoredOn"}},
                {"date", kDate, {"dosageInstruction.timing.event"}}})};
}

ClinicalType MedicationStatement() {
  return {"MedicationStatement",
          {common::v1::CLINICAL_CLASS_MEDICATION},
          With({{"status", kToken, {"status"}},
                {"code", kToken, {"medicationCodeableConcept"}},
                {"category", kToken, {"category"}},
                {"effective", kDate, {"effectiveDateTime", "effectivePeriod"}}})};
}

ClinicalType Condition() {
  return {"Condition",
          {common::v1::CLINICAL_CLASS_CONDITION, common::v1::CLINICAL_CLASS_CODE_STATUS},
          With({{"clinical-status", kToken, {"clinicalStatus"}},
                {"verification-status", kToken, {"verificationStatus"}},
                {"code", kToken, {"code"}},
                {"category", kToken, {"category"}},
                {"severity", kToken, {"severity"}},
                {"body-site", kToken, {"bodySite"}},
                {"onset-date", kDate, {"onsetDateTime", "onsetPeriod"}},
                {"abatement-date", kDate, {"abatementDateTime", "abatementPeriod"}},
                {"recorded-date", kDate, {"recordedDate"}}})};
}

ClinicalType Encounter() {
  return {"Encounter",
          {common::v1::CLINICAL_CLASS_ENCOUNTER},
          With({{"status", kToken, {"status"}},
                {"class", kToken, {"class"}},
                {"type", kToken, {"type"}},
                {"reason-code", kToken, {"reasonCode"}},
                {"date", kDate, {"period"}}})};
}

ClinicalType Observation() {
  return {"Observation",
          {common::v1::CLINICAL_CLASS_OBSERVATION, common::v1::CLINICAL_CLASS_BLOOD_GROUP,
           common::v1::CLINICAL_CLASS_CODE_STATUS},
          With({{"status", kToken, {"status"}},
                {"category", kToken, {"category"}},
                {"code", kToken, {"code"}},
                {"combo-code", kToken, {"code", "component.code"}},
                {"component-code", kToken, {"component.code"}},
                {"value-concept", kToken, {"valueCodeableConcept"}},
                {"date",
                 kDate,
                 {"effectiveDateTime", "effectivePeriod", "effectiveInstant",
                  "effectiveTiming.event"}}})};
}

ClinicalType DiagnosticReport() {
  return {"DiagnosticReport",
          {common::v1::CLINICAL_CLASS_DIAGNOSTIC_REPORT},
          With({{"status", kToken, {"status"}},
                {"category", kToken, {"category"}},
                {"code", kToken, {"code"}},
                {"conclusion", kToken, {"conclusionCode"}},
                {"date", kDate, {"effectiveDateTime", "effectivePeriod"}},
                {"issued", kDate, {"issued"}}})};
}

ClinicalType Immunization() {
  return {"Immunization",
          {common::v1::CLINICAL_CLASS_IMMUNIZATION},
          With({{"status", kToken, {"status"}},
                {"status-reason", kToken, {"statusReason"}},
                {"vaccine-code", kToken, {"vaccineCode"}},
                {"date", kDate, {"occurrenceDateTime"}}})};
}

ClinicalType Procedure() {
  return {"Procedure",
          {common::v1::CLINICAL_CLASS_PROCEDURE},
          With({{"status", kToken, {"status"}},
                {"category", kToken, {"category"}},
                {"code", kToken, {"code"}},
                {"date", kDate, {"performedDateTime", "performedPeriod"}}})};
}

}  // namespace

const std::vector<ClinicalType>& ClinicalTypes() {
  static const auto* const kTypes = new std::vector<ClinicalType>{
      Allergy(),     MedicationRequest(), MedicationStatement(), Condition(), Encounter(),
      Observation(), DiagnosticReport(),  Immunization(),        Procedure()};
  return *kTypes;
}

}  // namespace hie::fhir
