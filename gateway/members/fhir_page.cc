#include "gateway/members/fhir_page.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/json/reader.h"

namespace hie::members {
namespace {

using exchange::MemberAnswerStatus;

struct TypeOfClass {
  ClinicalClass clinical_class;
  absl::string_view type;
};

constexpr TypeOfClass kTypes[] = {
    {ClinicalClass::kEncounter, "Encounter"},
    {ClinicalClass::kAllergy, "AllergyIntolerance"},
    {ClinicalClass::kMedication, "MedicationRequest"},
    {ClinicalClass::kMedication, "MedicationStatement"},
    {ClinicalClass::kCondition, "Condition"},
    {ClinicalClass::kCodeStatus, "Condition"},
    {ClinicalClass::kObservation, "Observation"},
    {ClinicalClass::kBloodGroup, "Observation"},
    {ClinicalClass::kCodeStatus, "Observation"},
    {ClinicalClass::kDiagnosticReport, "DiagnosticReport"},
    {ClinicalClass::kImmunization, "Immunization"},
    {ClinicalClass::kProcedure, "Procedure"},
    {ClinicalClass::kImplant, "Device"},
    {ClinicalClass::kCarePlan, "CarePlan"},
    {ClinicalClass::kDocument, "DocumentReference"},
};

// An OperationOutcome that says more than advice: the server could not give all.
bool TellsOfAGap(const json::Value& outcome) {
  const auto issues = outcome.Each("issue");
  return std::any_of(issues.begin(), issues.end(), [](const json::Value& issue) {
    return issue.Text("severity") != "information" && issue.Text("code") != "not-found";
  });
}

bool HoldsIdentifier(const json::Value& patient, const LocalPatient& wanted) {
  const std::string urn = absl::StrCat("urn:oid:", wanted.assigning_authority);
  const auto identifiers = patient.Each("identifier");
  return std::any_of(identifiers.begin(), identifiers.end(), [&](const json::Value& identifier) {
    // An id that is no longer in use may have been given to somebody else since.
    if (identifier.Text("use") == "old") return false;
    const absl::string_view system = identifier.Text("system");
    return (system == urn || system == wanted.assigning_authority) &&
           identifier.Text("value") == wanted.id.value();
  });
}

}  // namespace

absl::StatusOr<FhirPage> ReadFhirPage(absl::string_view body) {
  HIE_ASSIGN_OR_RETURN(const json::Value bundle, json::Read(body));
  if (bundle.Text("resourceType") != "Bundle" || bundle.Text("type") != "searchset") {
    return absl::InvalidArgumentError("answer: want a searchset Bundle");
  }
  FhirPage page;
  for (const json::Value& link : bundle.Each("link")) {
    if (link.Text("relation") == "next") page.next = std::string(link.Text("url"));
  }
  for (const json::Value& entry : bundle.Each("entry")) {
    const json::Value* resource = entry.Find("resource");
    if (resource == nullptr || !resource->IsObject()) continue;
    if (resource->Text("resourceType") == "OperationOutcome") {
      page.partial = page.partial || TellsOfAGap(*resource);
      continue;
    }
    page.resources.push_back(
        {std::string(body.substr(resource->source_begin(),
                                 resource->source_end() - resource->source_begin())),
         std::string(entry.Text("fullUrl"))});
  }
  return page;
}

absl::StatusOr<ReceivedResource> OnePatient(const FhirPage& page, const LocalPatient& patient) {
  std::optional<ReceivedResource> found;
  for (const ReceivedResource& resource : page.resources) {
    const absl::StatusOr<json::Value> value = json::Read(resource.json);
    if (!value.ok() || value->Text("resourceType") != "Patient") continue;
    if (!HoldsIdentifier(*value, patient)) continue;
    if (found) return absl::FailedPreconditionError("patient: more than one holds this id");
    found = resource;
  }
  if (!found) return absl::NotFoundError("patient: unknown to the member");
  // Another one may stand on the pages that follow.
  if (!page.next.empty()) {
    return absl::FailedPreconditionError("patient: not shown to be the only one");
  }
  return *std::move(found);
}

std::string ResourceId(const ReceivedResource& resource) {
  const absl::StatusOr<json::Value> value = json::Read(resource.json);
  return value.ok() ? std::string(value->Text("id")) : "";
}

std::vector<std::string> TypesOf(const std::vector<ClinicalClass>& wanted) {
  std::vector<std::string> types;
  for (const TypeOfClass& row : kTypes) {
    const bool asked = wanted.empty() || row.clinical_class == ClinicalClass::kEncounter ||
                       std::find(wanted.begin(), wanted.end(), row.clinical_class) != wanted.end();
    if (asked && std::find(types.begin(), types.end(), row.type) == types.end()) {
      types.emplace_back(row.type);
    }
  }
  return types;
}

MemberAnswerStatus StatusOfHttp(int status) {
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  constexpr int kTooMany = 429;
  constexpr int kUnavailable = 503;
  switch (status) {
    case kUnauthorized:
      return MemberAnswerStatus::kAuthFailed;
    case kForbidden:
      return MemberAnswerStatus::kRefused;
    case kTooMany:
    case kUnavailable:
      return MemberAnswerStatus::kThrottled;
    default:
      return MemberAnswerStatus::kFailed;
  }
}

}  // namespace hie::members
