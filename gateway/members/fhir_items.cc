#include "gateway/members/fhir_items.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/members/fhir_display.h"
#include "gateway/members/fhir_document.h"
#include "gateway/members/fhir_element.h"
#include "gateway/members/fhir_facts.h"
#include "gateway/members/fhir_patient.h"
#include "services/common/crypto/hash.h"
#include "services/common/json/reader.h"

namespace hie::members {
namespace {

constexpr size_t kItemIdBytes = 16;

ClinicalClass ClassOfObservation(const json::Value& resource) {
  const json::Value* code = resource.Find("code");
  if (HasCode(code, {{kLoinc, "882-1"}, {kLoinc, "883-9"}, {kLoinc, "10331-7"}})) {
    return ClinicalClass::kBloodGroup;
  }
  // Resuscitation orders and advance directives, as the PACIO guide codes them.
  if (HasCode(code, {{kLoinc, "100822-6"},
                     {kLoinc, "42348-3"},
                     {kLoinc, "75320-2"},
                     {kLoinc, "81329-5"},
                     {kLoinc, "81351-9"},
                     {kLoinc, "81352-7"}})) {
    return ClinicalClass::kCodeStatus;
  }
  return ClinicalClass::kObservation;
}

ClinicalClass ClassOfCondition(const json::Value& resource) {
  const bool code_status = HasCode(resource.Find("code"), {{kSnomed, "304253006"},    // Not for
                                                           {kSnomed, "304252001"}});  // resusc.
  return code_status ? ClinicalClass::kCodeStatus : ClinicalClass::kCondition;
}

// One received resource, read.
struct Read {
  ReceivedResource received;
  json::Value value;
};

using Referenced = absl::flat_hash_map<std::string, const json::Value*>;

// Every way to refer to the resources of `type`.
Referenced IndexByReference(const std::vector<Read>& resources, absl::string_view type) {
  Referenced index;
  for (const Read& read : resources) {
    if (read.value.Text("resourceType") != type) continue;
    for (std::string& reference : ReferencesTo(read.value, read.received.full_url)) {
      index.emplace(std::move(reference), &read.value);
    }
  }
  return index;
}

const json::Value* Lookup(const Referenced& index, absl::string_view reference) {
  const auto found = index.find(reference);
  return found == index.end() ? nullptr : found->second;
}

// What items of one answer refer to.
struct Context {
  const MemberId& member;
  const LocalPatient& patient;
  const Referenced encounters;
  const Referenced medications;
};

// Length before each part, so that no two lists of parts read alike.
std::string StableId(std::initializer_list<absl::string_view> parts) {
  std::string text;
  for (const absl::string_view part : parts) absl::StrAppend(&text, part.size(), ":", part);
  return absl::BytesToHexString(crypto::Sha256(text).substr(0, kItemIdBytes));
}

std::string ItemId(const Context& context, const Read& read) {
  const absl::string_view id = read.value.Text("id");
  return StableId({context.member.value(), context.patient.assigning_authority,
                   context.patient.id.value(), absl::StrCat(context.patient.incarnation),
                   read.value.Text("resourceType"), id.empty() ? "content" : "id",
                   id.empty() ? absl::string_view(read.received.json) : id});
}

std::string UnitOf(const json::Value& resource) {
  std::string unit = ExtensionText(resource, kUnitExtension);
  if (unit.empty()) unit = ReferenceName(resource.At("/location/0/location"));
  return unit;
}

void SetPlace(const Context& context, const json::Value& resource, exchange::ClinicalItem& item) {
  item.facility = FacilityOf(resource);
  item.unit = UnitOf(resource);
  const json::Value* encounter = Lookup(context.encounters, EncounterOf(resource));
  if (encounter == nullptr) return;
  if (item.facility.empty()) item.facility = FacilityOf(*encounter);
  if (item.unit.empty()) item.unit = UnitOf(*encounter);
}

void SetDocument(const Context& context, const json::Value& resource,
                 exchange::ClinicalItem& item) {
  const DocumentFacts document = ReadDocument(resource, context.patient);
  item.master_identifier = document.unique_id;
  item.content_sha256 = absl::BytesToHexString(document.sha256);
}

exchange::ClinicalItem ReadItem(const Context& context, ClinicalClass clinical_class, Read& read) {
  const json::Value& resource = read.value;
  exchange::ClinicalItem item;
  item.id = ItemId(context, read);
  item.resource_type = std::string(resource.Text("resourceType"));
  item.resource_id = std::string(resource.Text("id"));
  item.subject_reference = std::string(SubjectOf(resource));
  item.clinical_class = clinical_class;
  const json::Value* medication =
      Lookup(context.medications, ReferenceTarget(resource.Find("medicationReference")));
  item.display = DisplayOf(resource, medication);
  item.code = FirstCoding(SubjectMatter(resource));
  if (item.code.empty() && medication != nullptr) item.code = FirstCoding(medication->Find("code"));
  When when = WhenOf(resource);
  item.date = std::move(when.date);
  item.period = when.period;
  Standing standing = StandingOf(resource);
  item.clinical_status = std::move(standing.clinical_status);
  item.verification_status = std::move(standing.verification_status);
  item.negation = IsNegation(resource);
  item.source_labels.security_codes = SecurityCodes(resource);
  SetPlace(context, resource, item);
  if (clinical_class == ClinicalClass::kDocument) SetDocument(context, resource, item);
  item.resource = std::move(read.received.json);
  return item;
}

bool IsWanted(ClinicalClass clinical_class, const std::vector<ClinicalClass>& wanted) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), clinical_class) != wanted.end();
}

// Reads what is JSON and a resource, once per type and id.
std::vector<Read> ReadAll(std::vector<ReceivedResource> resources, ParsedAnswer& out) {
  std::vector<Read> reads;
  reads.reserve(resources.size());
  absl::flat_hash_map<std::string, size_t> seen;
  for (ReceivedResource& resource : resources) {
    absl::StatusOr<json::Value> value = json::Read(resource.json);
    if (!value.ok() || value->Text("resourceType").empty()) {
      ++out.unparsable;
      continue;
    }
    const absl::string_view id = value->Text("id");
    const std::string key = StableId({value->Text("resourceType"), id.empty() ? "content" : "id",
                                      id.empty() ? absl::string_view(resource.json) : id});
    const auto [earlier, is_new] = seen.emplace(key, reads.size());
    if (!is_new) {
      if (reads[earlier->second].received.json != resource.json) ++out.conflicting;
      continue;
    }
    reads.push_back(Read{std::move(resource), *std::move(value)});
  }
  return reads;
}

}  // namespace

std::optional<ClinicalClass> ClassOf(const json::Value& resource) {
  const absl::string_view type = resource.Text("resourceType");
  if (type == "AllergyIntolerance") return ClinicalClass::kAllergy;
  if (type == "MedicationRequest") return ClinicalClass::kMedication;
  if (type == "MedicationStatement") return ClinicalClass::kMedication;
  if (type == "Condition") return ClassOfCondition(resource);
  if (type == "Encounter") return ClinicalClass::kEncounter;
  if (type == "Observation") return ClassOfObservation(resource);
  if (type == "DiagnosticReport") return ClinicalClass::kDiagnosticReport;
  if (type == "Immunization") return ClinicalClass::kImmunization;
  if (type == "Procedure") return ClinicalClass::kProcedure;
  if (type == "Device") return ClinicalClass::kImplant;
  if (type == "CarePlan") return ClinicalClass::kCarePlan;
  if (type == "DocumentReference") return ClinicalClass::kDocument;
  return std::nullopt;
}

absl::string_view SubjectOf(const json::Value& resource) {
  const absl::string_view subject = ReferenceTarget(resource.Find("subject"));
  return subject.empty() ? ReferenceTarget(resource.Find("patient")) : subject;
}

absl::string_view EncounterOf(const json::Value& resource) {
  for (const absl::string_view pointer : {"/encounter", "/context/encounter/0", "/context"}) {
    const absl::string_view reference = ReferenceTarget(resource.At(pointer));
    if (!reference.empty()) return reference;
  }
  return "";
}

std::string FacilityOf(const json::Value& resource) {
  std::string facility = ExtensionText(resource, kFacilityExtension);
  if (facility.empty()) facility = ReferenceName(resource.Find("serviceProvider"));
  if (facility.empty()) facility = ReferenceName(resource.Find("custodian"));
  return facility;
}

ParsedAnswer ParseAnswer(const MemberId& member, const LocalPatient& patient,
                         std::vector<ReceivedResource> resources,
                         const std::vector<ClinicalClass>& wanted) {
  ParsedAnswer out;
  std::vector<Read> reads = ReadAll(std::move(resources), out);
  const Context context{member, patient, IndexByReference(reads, "Encounter"),
                        IndexByReference(reads, "Medication")};
  for (Read& read : reads) {
    if (read.value.Text("resourceType") == "Patient") {
      out.patients.push_back(ReadAnsweredPatient(read.value, read.received.full_url));
      continue;
    }
    const std::optional<ClinicalClass> clinical_class = ClassOf(read.value);
    if (!clinical_class || !IsWanted(*clinical_class, wanted)) {
      ++out.skipped;
      continue;
    }
    out.items.push_back(ReadItem(context, *clinical_class, read));
  }
  return out;
}

}  // namespace hie::members
