#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/clinical/clinical_parameters.h"
#include "gateway/fhir/clinical/clinical_rows.h"
#include "gateway/fhir/clinical/statement_answer.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kProvenanceTarget = "Provenance:target";

// The order that was asked for; negations and what was withdrawn stay behind (PRACTICE 3).
void Sort(const std::vector<std::pair<std::string, bool>>& keys,
          std::vector<ClinicalStatement>& statements) {
  SortForDisplay(ByClass::kNo, statements);
  if (keys.empty()) return;
  const auto group = [](const ClinicalStatement& statement) {
    if (statement.standing == exchange::Standing::kNegative) return 1;
    return statement.standing == exchange::Standing::kWithdrawn ? 2 : 0;
  };
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    const bool by_id = key->first == "_id";
    std::stable_sort(statements.begin(), statements.end(),
                     [&](const ClinicalStatement& a, const ClinicalStatement& b) {
                       const std::string& left = by_id ? a.id : a.item.date();
                       const std::string& right = by_id ? b.id : b.item.date();
                       return key->second ? right < left : left < right;
                     });
  }
  std::stable_sort(statements.begin(), statements.end(),
                   [&group](const ClinicalStatement& a, const ClinicalStatement& b) {
                     return group(a) < group(b);
                   });
}

// _sort=date and _id can be kept; anything else is refused when strict and named when lenient.
std::optional<Failure> ReadSort(const Call& call, StatementSearch& search) {
  std::vector<std::pair<std::string, bool>> keys;
  for (const auto& key : call.query().sort) {
    if (key.first == "date" || key.first == "_id") {
      keys.push_back(key);
      continue;
    }
    if (call.strict()) {
      return Fail(400, "not-supported", "This order is not offered.", "http._sort");
    }
    Issue issue;
    issue.severity = Severity::kInformation;
    issue.code = "not-supported";
    issue.text = "An order that was asked for is not offered and was ignored.";
    issue.expression = {"http._sort"};
    search.issues.push_back(std::move(issue));
  }
  search.sort = [keys = std::move(keys)](std::vector<ClinicalStatement>& statements) {
    Sort(keys, statements);
  };
  return std::nullopt;
}

std::optional<Failure> ReadReverseInclude(const Call& call, StatementSearch& search) {
  for (const SearchTerm* term : call.query().All("_revinclude")) {
    if (term->text != kProvenanceTarget) {
      return Fail(400, "not-supported", "Only Provenance:target can be included.",
                  "http._revinclude");
    }
    search.provenance = true;
  }
  return std::nullopt;
}

void SearchStatements(const std::shared_ptr<Call>& call, const ClinicalType& type,
                      const Sessions& sessions) {
  Reading<NamedPatient> patient = RequirePatientParameter(*call);
  if (!patient.ok()) return call->Fail(*std::move(patient.failure));
  Reading<StatementFilter> filter = ReadStatementFilter(call->query(), type);
  if (!filter.ok()) return call->Fail(*std::move(filter.failure));
  StatementSearch search;
  if (auto failure = ReadSort(*call, search)) return call->Fail(*std::move(failure));
  if (auto failure = ReadReverseInclude(*call, search)) return call->Fail(*std::move(failure));
  search.patient = std::move(patient.value);
  search.classes = type.classes;
  search.matches = std::move(filter.value);
  search.page_size = static_cast<size_t>(std::max(call->query().count, 1));
  search.unknown = [call, whose = search.patient] { AnswerUnknownPatient(*call, whose); };
  AnswerStatements(call, sessions, std::move(search));
}

Interaction Row(const ClinicalType& type, http::Method method, const Sessions& sessions) {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.method = method;
  row.path = absl::StrCat("/", type.resource, method == http::Method::kPost ? "/_search" : "");
  row.resource = std::string(type.resource);
  row.parameters = {{"_id", ParameterType::kToken},
                    {"patient", ParameterType::kReference},
                    {"patient.identifier", ParameterType::kToken},
                    {"_revinclude", ParameterType::kSpecial}};
  for (const ClinicalParameter& parameter : type.parameters) {
    row.parameters.push_back({parameter.name, parameter.type});
  }
  row.access = Access::kPatientData;
  row.scopes = {{type.resource, 's', "PCC-44"}};
  row.run = [&type, sessions](std::shared_ptr<Call> call) {
    SearchStatements(call, type, sessions);
  };
  return row;
}

}  // namespace

std::vector<Interaction> ClinicalSearchRows(const Sessions& sessions) {
  std::vector<Interaction> rows;
  for (const ClinicalType& type : ClinicalTypes()) {
    rows.push_back(Row(type, http::Method::kGet, sessions));
    rows.push_back(Row(type, http::Method::kPost, sessions));
  }
  return rows;
}

}  // namespace hie::fhir
