#include "services/hiectl/region/fhir_bundle.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/json/writer.h"

namespace hie::region {
namespace {

constexpr char kConditionClinical[] = "http://terminology.hl7.org/CodeSystem/condition-clinical";
constexpr char kConditionVerification[] =
    "http://terminology.hl7.org/CodeSystem/condition-ver-status";
constexpr char kAllergyClinical[] =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
constexpr char kAllergyVerification[] =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
constexpr char kActCode[] = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
constexpr char kUcum[] = "http://unitsofmeasure.org";

std::string PatientId(const Chart& chart) { return absl::AsciiStrToLower(chart.registration.mrn); }

absl::string_view ResourceType(ClinicalClass clinical_class) {
  switch (clinical_class) {
    case ClinicalClass::kAllergy:
      return "AllergyIntolerance";
    case ClinicalClass::kMedication:
      return "MedicationRequest";
    case ClinicalClass::kCondition:
      return "Condition";
    case ClinicalClass::kEncounter:
      return "Encounter";
    case ClinicalClass::kImmunization:
      return "Immunization";
    case ClinicalClass::kProcedure:
      return "Procedure";
    case ClinicalClass::kDocument:
      return "DocumentReference";
    default:
      return "Observation";
  }
}

void Coding(json::Writer& w, absl::string_view system, absl::string_view code,
            absl::string_view display) {
  w.BeginObject().Text("system", system).Text("code", code).Text("display", display).EndObject();
}

void Concept(json::Writer& w, absl::string_view name, absl::string_view system,
             absl::string_view code, absl::string_view display) {
  if (code.empty()) return;
  w.Key(name).BeginObject().Key("coding").BeginArray();
  Coding(w, system, code, display);
  w.EndArray().Text("text", display).EndObject();
}

void Reference(json::Writer& w, absl::string_view name, absl::string_view type,
               absl::string_view id) {
  w.Key(name).BeginObject().Text("reference", absl::StrCat(type, "/", id)).EndObject();
}

void SecurityLabels(json::Writer& w, const ChartEntry& entry) {
  if (entry.sensitivity.empty()) return;
  w.Key("meta").BeginObject().Key("security").BeginArray();
  for (const std::string& code : entry.sensitivity) Coding(w, kActCode, code, "");
  w.EndArray().EndObject();
}

void WriteName(json::Writer& w, const HumanName& name) {
  w.BeginObject().Text("use", name.use).Text("family", name.family);
  if (!name.given.empty()) {
    w.Key("given").BeginArray();
    for (const std::string& given : name.given) w.String(given);
    w.EndArray();
  }
  if (!name.suffix.empty()) w.Key("suffix").BeginArray().String(name.suffix).EndArray();
  w.EndObject();
}

void WriteTelecom(json::Writer& w, const Demographics& d) {
  if (d.phones.empty() && d.emails.empty()) return;
  w.Key("telecom").BeginArray();
  for (const std::string& phone : d.phones) {
    w.BeginObject().Text("system", "phone").Text("value", phone).EndObject();
  }
  for (const std::string& email : d.emails) {
    w.BeginObject().Text("system", "email").Text("value", email).EndObject();
  }
  w.EndArray();
}

void WriteAddresses(json::Writer& w, const Demographics& d) {
  w.Key("address").BeginArray();
  for (const PostalAddress& address : d.addresses) {
    w.BeginObject().Key("line").BeginArray();
    for (const std::string& line : address.lines) w.String(line);
    w.EndArray().Text("city", address.city).Text("state", address.state);
    w.Text("postalCode", address.postal_code).EndObject();
  }
  w.EndArray();
}

void WritePatient(json::Writer& w, const Chart& chart, const Hospital& hospital) {
  const Demographics& d = chart.registration.demographics;
  w.BeginObject().Text("resourceType", "Patient").Text("id", PatientId(chart));
  if (!d.mother_maiden_name.empty()) {
    w.Key("extension").BeginArray().BeginObject();
    w.Text("url", "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName");
    w.Text("valueString", d.mother_maiden_name).EndObject().EndArray();
  }
  w.Key("identifier").BeginArray();
  w.BeginObject().Text("system", absl::StrCat("urn:oid:", hospital.domain));
  w.Text("value", chart.registration.mrn).EndObject();
  for (const PatientIdentifier& identifier : d.identifiers) {
    w.BeginObject().Text("system", identifier.system).Text("value", identifier.value).EndObject();
  }
  w.EndArray().Key("name").BeginArray();
  for (const HumanName& name : d.names) WriteName(w, name);
  w.EndArray();
  WriteTelecom(w, d);
  w.Text("gender", d.sex == AdministrativeSex::kFemale ? "female" : "male");
  if (d.birth_date) w.Text("birthDate", d.birth_date->ToString());
  WriteAddresses(w, d);
  if (d.birth_order != 0) w.Key("multipleBirthInteger").Integer(d.birth_order);
  w.EndObject();
}

void WriteStatuses(json::Writer& w, const ChartEntry& entry) {
  const bool allergy = entry.clinical_class == ClinicalClass::kAllergy;
  if (allergy || entry.clinical_class == ClinicalClass::kCondition) {
    Concept(w, "clinicalStatus", allergy ? kAllergyClinical : kConditionClinical,
            entry.clinical_status, "");
    Concept(w, "verificationStatus", allergy ? kAllergyVerification : kConditionVerification,
            entry.verification_status, "");
    return;
  }
  w.Text("status", entry.clinical_status);
}

void WriteWhat(json::Writer& w, const ChartEntry& entry) {
  switch (entry.clinical_class) {
    case ClinicalClass::kEncounter:
      w.Key("class");
      Coding(w, entry.system, entry.code, entry.display);
      return;
    case ClinicalClass::kMedication:
      w.Text("intent", "order");
      Concept(w, "medicationCodeableConcept", entry.system, entry.code, entry.display);
      return;
    case ClinicalClass::kImmunization:
      Concept(w, "vaccineCode", entry.system, entry.code, entry.display);
      return;
    case ClinicalClass::kDocument:
      Concept(w, "type", entry.system, entry.code, entry.display);
      return;
    default:
      Concept(w, "code", entry.system, entry.code, entry.display);
  }
}

void WriteWhen(json::Writer& w, const ChartEntry& entry) {
  const std::string date = entry.date.ToString();
  switch (entry.clinical_class) {
    case ClinicalClass::kAllergy:
    case ClinicalClass::kCondition:
      w.Text("recordedDate", date);
      return;
    case ClinicalClass::kMedication:
      w.Text("authoredOn", date);
      return;
    case ClinicalClass::kEncounter:
      w.Key("period").BeginObject().Text("start", date).Text("end", date).EndObject();
      return;
    case ClinicalClass::kImmunization:
      w.Text("occurrenceDateTime", date);
      return;
    case ClinicalClass::kProcedure:
      w.Text("performedDateTime", date);
      return;
    case ClinicalClass::kDocument:
      w.Text("date", absl::StrCat(date, "T12:00:00Z"));
      return;
    default:
      w.Text("effectiveDateTime", date);
  }
}

void WriteDocument(json::Writer& w, const ChartEntry& entry, const Hospital& hospital) {
  w.Key("masterIdentifier").BeginObject().Text("system", "urn:ietf:rfc:3986");
  w.Text("value", absl::StrCat("urn:hie:", hospital.id, ":", entry.id)).EndObject();
  w.Key("content").BeginArray().BeginObject().Key("attachment").BeginObject();
  w.Text("contentType", "text/plain").Text("url", ContentPath(entry));
  w.Text("title", entry.display).EndObject().EndObject().EndArray();
}

void WriteEntry(json::Writer& w, const ChartEntry& entry, const Chart& chart,
                const Hospital& hospital, absl::string_view encounter) {
  w.BeginObject().Text("resourceType", ResourceType(entry.clinical_class)).Text("id", entry.id);
  SecurityLabels(w, entry);
  if (entry.clinical_class == ClinicalClass::kDocument) WriteDocument(w, entry, hospital);
  WriteStatuses(w, entry);
  WriteWhat(w, entry);
  const bool patient_element = entry.clinical_class == ClinicalClass::kAllergy ||
                               entry.clinical_class == ClinicalClass::kImmunization;
  Reference(w, patient_element ? "patient" : "subject", "Patient", PatientId(chart));
  if (entry.clinical_class == ClinicalClass::kEncounter) {
    w.Key("serviceProvider").BeginObject().Text("display", hospital.facility_name).EndObject();
  } else if (entry.clinical_class == ClinicalClass::kDocument) {
    w.Key("context").BeginObject().Key("encounter").BeginArray().BeginObject();
    w.Text("reference", absl::StrCat("Encounter/", encounter)).EndObject().EndArray().EndObject();
  } else {
    Reference(w, "encounter", "Encounter", encounter);
  }
  WriteWhen(w, entry);
  if (!entry.value.empty()) {
    w.Key("valueQuantity").BeginObject().Key("value").Number(entry.value);
    w.Text("unit", entry.unit).Text("system", kUcum).Text("code", entry.unit).EndObject();
  }
  w.EndObject();
}

}  // namespace

std::string ToFhirBundle(const Chart& chart, const Hospital& hospital) {
  std::string encounter;
  for (const ChartEntry& entry : chart.entries) {
    if (entry.clinical_class == ClinicalClass::kEncounter && encounter.empty())
      encounter = entry.id;
  }
  const std::string base = absl::StrCat("https://", hospital.id, ".example/fhir/");
  json::Writer w;
  w.BeginObject().Text("resourceType", "Bundle").Text("type", "collection");
  w.Key("entry").BeginArray();
  w.BeginObject().Text("fullUrl", absl::StrCat(base, "Patient/", PatientId(chart)));
  w.Key("resource");
  WritePatient(w, chart, hospital);
  w.EndObject();
  for (const ChartEntry& entry : chart.entries) {
    const absl::string_view type = ResourceType(entry.clinical_class);
    w.BeginObject().Text("fullUrl", absl::StrCat(base, type, "/", entry.id)).Key("resource");
    WriteEntry(w, entry, chart, hospital, encounter);
    w.EndObject();
  }
  w.EndArray().EndObject();
  return std::move(w).Take();
}

std::string ContentPath(const ChartEntry& entry) {
  return absl::StrCat("documents/", absl::AsciiStrToLower(entry.id), ".txt");
}

}  // namespace hie::region
