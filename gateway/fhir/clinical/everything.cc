#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/clinical/clinical_parameters.h"
#include "gateway/fhir/clinical/clinical_rows.h"
#include "gateway/fhir/clinical/statement_answer.h"
#include "gateway/fhir/patients/patient_resource.h"
#include "gateway/fhir/patients/person_lookup.h"
#include "gateway/members/fhir_time.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kPatientType = "Patient";
constexpr absl::string_view kDocumentType = "DocumentReference";

// The parameters of Patient/$everything, from the URL or from a Parameters resource.
struct EverythingRequest {
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();
  absl::Time since = absl::InfinitePast();
  std::vector<std::string> types;
  size_t count = kCountDefault;
};

// name and text of each parameter, wherever it stands.
std::vector<std::pair<std::string, std::string>> Parameters(const Call& call) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const SearchTerm& term : call.query().terms) {
    for (const std::string& value : term.values) parameters.emplace_back(term.name, value);
  }
  if (call.body() == nullptr) return parameters;
  for (const json::Value& parameter : call.body()->Each("parameter")) {
    for (const json::Member& member : parameter.members()) {
      if (!absl::StartsWith(member.name, "value")) continue;
      const absl::string_view text =
          member.value.IsString() ? member.value.text() : member.value.lexeme();
      parameters.emplace_back(std::string(parameter.Text("name")), std::string(text));
    }
  }
  return parameters;
}

Failure BadParameter(const std::string& name) {
  return Fail(400, "value", "A value of the form that R4 gives it is wanted.",
              absl::StrCat("http.", name));
}

// The types whose scopes the row demands; nothing else is asked for or returned.
bool IsServed(absl::string_view type) {
  if (type == kPatientType) return true;
  return std::any_of(ClinicalTypes().begin(), ClinicalTypes().end(),
                     [type](const ClinicalType& each) { return each.resource == type; });
}

std::optional<Failure> Take(const std::string& name, const std::string& text,
                            EverythingRequest& request) {
  if (name == "start" || name == "end" || name == "_since") {
    const std::optional<ServicePeriod> period = members::ParseFhirTime(text);
    if (!period) return BadParameter(name);
    if (name == "start") request.start = period->from;
    if (name == "end") request.end = period->to;
    if (name == "_since") request.since = period->from;
  }
  if (name == "_count") {
    int count = 0;
    if (!absl::SimpleAtoi(text, &count) || count < 1) return BadParameter(name);
    request.count = static_cast<size_t>(std::min(count, kCountMax));
  }
  if (name != "_type") return std::nullopt;
  for (const absl::string_view type : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    request.types.emplace_back(type);
  }
  return std::nullopt;
}

Reading<EverythingRequest> ReadEverything(const Call& call) {
  EverythingRequest request;
  for (const auto& [name, text] : Parameters(call)) {
    if (auto failure = Take(name, text, request)) return *std::move(failure);
  }
  return request;
}

bool Wanted(const EverythingRequest& request, absl::string_view type) {
  return request.types.empty() ||
         std::find(request.types.begin(), request.types.end(), type) != request.types.end();
}

// Within the dates of care that were asked for.  What has no date may be of any, and is shown.
bool InPeriod(const EverythingRequest& request, const ClinicalStatement& statement) {
  const std::optional<ServicePeriod> period = members::ParseFhirTime(statement.item.date());
  return !period || (period->from < request.end && period->to > request.start);
}

bool IsNewer(const EverythingRequest& request, const ClinicalStatement& statement) {
  const json::Value* updated = statement.received.At("/meta/lastUpdated");
  if (updated == nullptr) return true;
  const std::optional<ServicePeriod> when = members::ParseFhirTime(updated->text());
  return !when || when->to > request.since;
}

// The classes that the members are asked for: those of the types that are offered, each once.
std::vector<common::v1::ClinicalClass> ClassesOf(const EverythingRequest& request) {
  std::vector<common::v1::ClinicalClass> classes;
  for (const ClinicalType& type : ClinicalTypes()) {
    if (!Wanted(request, type.resource)) continue;
    for (const common::v1::ClinicalClass each : type.classes) {
      if (std::find(classes.begin(), classes.end(), each) == classes.end()) classes.push_back(each);
    }
  }
  return classes;
}

// What the answer leaves out, said instead of passed over.
void AddIssues(const EverythingRequest& request, std::vector<Issue>& issues) {
  const auto add = [&issues](std::string text) {
    Issue issue;
    issue.severity = Severity::kInformation;
    issue.code = "informational";
    issue.text = std::move(text);
    issues.push_back(std::move(issue));
  };
  if (Wanted(request, kDocumentType)) {
    add("Documents are not part of this answer; search DocumentReference for them.");
  }
  if (request.types.empty()) {
    add("Implants and care plans are not part of this answer.");
  }
  for (const std::string& type : request.types) {
    if (type == kDocumentType || IsServed(type)) continue;
    add("A type that was asked for is not served.");
    return;
  }
}

BundleEntry PatientEntry(const Call& call, const exchange::v1::PatientView& person) {
  BundleEntry entry;
  entry.full_url = call.Url(absl::StrCat("Patient/", person.eid()));
  entry.resource = PatientResource(call, person);
  return entry;
}

// Only the person was asked for: no member needs to be.
void AnswerPersonOnly(Call& call, const exchange::v1::PatientView& person,
                      std::vector<Issue> issues) {
  SearchSet set;
  set.entries.push_back(PatientEntry(call, person));
  set.issues = std::move(issues);
  call.Respond({.http_status = 200, .resource = SearchSetBundle(call, std::move(set))});
}

void AnswerPerson(const std::shared_ptr<Call>& call, const EverythingRequest& request,
                  const exchange::v1::PatientView& person, const Sessions& sessions) {
  StatementSearch search;
  search.patient = PatientByEid(person.eid());
  search.classes = ClassesOf(request);
  AddIssues(request, search.issues);
  if (search.classes.empty()) {
    if (Wanted(request, kPatientType)) return AnswerPersonOnly(*call, person, search.issues);
    SearchSet none;
    none.issues = std::move(search.issues);
    return call->Respond({.http_status = 200, .resource = SearchSetBundle(*call, std::move(none))});
  }
  if (Wanted(request, kPatientType)) search.leading.push_back(PatientEntry(*call, person));
  search.matches = [request](const ClinicalStatement& statement) {
    const absl::string_view type = statement.received.Text("resourceType");
    return IsServed(type) && Wanted(request, type) &&
           statement.item.clinical_class() != common::v1::CLINICAL_CLASS_DOCUMENT &&
           InPeriod(request, statement) && IsNewer(request, statement);
  };
  search.sort = [](std::vector<ClinicalStatement>& statements) {
    SortForDisplay(ByClass::kYes, statements);
  };
  search.page_size = request.count;
  search.total = false;
  search.unknown = [call] { call->Fail(absl::NotFoundError("patient: unknown")); };
  AnswerStatements(call, sessions, std::move(search));
}

void Everything(const std::shared_ptr<Call>& call, const Sessions& sessions) {
  Reading<EverythingRequest> request = ReadEverything(*call);
  if (!request.ok()) return call->Fail(*std::move(request.failure));
  FindCurrentPerson(call, call->id(),
                    [call, sessions, request = std::move(request.value)](
                        absl::StatusOr<exchange::v1::PatientView> person) {
                      if (!person.ok()) return call->Fail(person.status());
                      AnswerPerson(call, request, *person, sessions);
                    });
}

Interaction Row(http::Method method, const Sessions& sessions) {
  Interaction row;
  row.kind = InteractionKind::kResourceOperation;
  row.method = method;
  row.path = "/Patient/{id}/$everything";
  row.resource = "Patient";
  row.operation = "everything";
  row.operation_definition = "http://hl7.org/fhir/OperationDefinition/Patient-everything";
  row.parameters = {{"start", ParameterType::kDate},
                    {"end", ParameterType::kDate},
                    {"_since", ParameterType::kDate},
                    {"_type", ParameterType::kToken}};
  row.access = Access::kPatientData;
  row.scopes = {{"Patient", 'r', "PCC-44"}};
  // Every type that may come must be allowed.
  for (const ClinicalType& type : ClinicalTypes()) {
    row.scopes.push_back({type.resource, 's', "PCC-44"});
  }
  row.run = [sessions](std::shared_ptr<Call> call) { Everything(call, sessions); };
  return row;
}

}  // namespace

std::vector<Interaction> EverythingRows(const Sessions& sessions) {
  return {Row(http::Method::kGet, sessions), Row(http::Method::kPost, sessions)};
}

}  // namespace hie::fhir
