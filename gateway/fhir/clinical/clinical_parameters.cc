#include "gateway/fhir/clinical/clinical_parameters.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/members/fhir_time.h"

namespace hie::fhir {
namespace {

using Elements = std::vector<const json::Value*>;

// What stands at a dotted path; lists on the way are opened.
void Collect(const json::Value& value, absl::Span<const absl::string_view> path, Elements& out) {
  if (value.IsArray()) {
    for (const json::Value& item : value.items()) Collect(item, path, out);
    return;
  }
  if (path.empty()) {
    out.push_back(&value);
    return;
  }
  if (const json::Value* child = value.Find(path.front())) {
    Collect(*child, path.subspan(1), out);
  }
}

Elements At(const json::Value& resource, const std::vector<absl::string_view>& paths) {
  Elements elements;
  for (const absl::string_view path : paths) {
    const std::vector<absl::string_view> steps = absl::StrSplit(path, '.');
    Collect(resource, steps, elements);
  }
  return elements;
}

// A code element has its system by its binding: only the code is compared.
bool CodeMatches(const Token& token, absl::string_view code) {
  return !token.code.empty() && token.code == code;
}

bool ElementMatches(const Token& token, const json::Value& element) {
  if (element.IsString()) return CodeMatches(token, element.text());
  if (const std::optional<bool> boolean = element.boolean()) {
    return CodeMatches(token, *boolean ? "true" : "false");
  }
  for (const json::Value& coding : element.Each("coding")) {
    if (TokenMatches(token, coding.Text("system"), coding.Text("code"))) return true;
  }
  // A Coding has a code, an Identifier a value.
  const absl::string_view code =
      element.Text("code").empty() ? element.Text("value") : element.Text("code");
  return !code.empty() && TokenMatches(token, element.Text("system"), code);
}

// The code that the exchange read off the item: also where it stands in a contained resource.
bool ItemCodeMatches(const Token& token, const exchange::v1::ClinicalItem& item) {
  const size_t bar = item.code().rfind('|');
  if (item.code().empty()) return false;
  if (bar == std::string::npos) return TokenMatches(token, "", item.code());
  return TokenMatches(token, item.code().substr(0, bar), item.code().substr(bar + 1));
}

bool IsActiveCode(absl::string_view code) {
  return code == "active" || code == "recurrence" || code == "relapse";
}

StatementFilter TokenFilter(const ClinicalParameter& parameter, const SearchTerm& term) {
  std::vector<Token> tokens;
  for (const std::string& value : term.values) tokens.push_back(ReadToken(value));
  const bool of_status = parameter.name == "clinical-status" || parameter.name == "status";
  const bool of_code = parameter.name == "code" || parameter.name == "vaccine-code";
  return [=, paths = parameter.paths](const ClinicalStatement& statement) {
    const Elements elements = At(statement.received, paths);
    const bool withdrawn = statement.standing == exchange::Standing::kWithdrawn;
    return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
      if (of_status && withdrawn && IsActiveCode(token.code)) return false;
      if (of_code && ItemCodeMatches(token, statement.item)) return true;
      return std::any_of(elements.begin(), elements.end(), [&token](const json::Value* element) {
        return ElementMatches(token, *element);
      });
    });
  };
}

// [from, to) of a date, dateTime, instant or Period; nothing where it is none of them.
std::optional<ServicePeriod> PeriodOf(const json::Value& element) {
  if (element.IsString()) return members::ParseFhirTime(element.text());
  const auto start = members::ParseFhirTime(element.Text("start"));
  const auto end = members::ParseFhirTime(element.Text("end"));
  if (!start && !end) return std::nullopt;
  ServicePeriod period;
  if (start) period.from = start->from;
  if (end) period.to = end->to;
  return period;
}

Reading<StatementFilter> DateFilter(const ClinicalParameter& parameter, const SearchTerm& term) {
  std::vector<DateTerm> dates;
  for (const std::string& value : term.values) {
    const absl::StatusOr<DateTerm> date = ReadDate(Unescape(value));
    if (!date.ok()) {
      return Fail(400, "value", "A FHIR date with an optional prefix is wanted.",
                  absl::StrCat("http.", term.name));
    }
    dates.push_back(*date);
  }
  return StatementFilter([dates, paths = parameter.paths](const ClinicalStatement& statement) {
    for (const json::Value* element : At(statement.received, paths)) {
      const std::optional<ServicePeriod> period = PeriodOf(*element);
      if (!period) continue;
      for (const DateTerm& date : dates) {
        if (DateMatches(date, period->from, period->to)) return true;
      }
    }
    return false;
  });
}

StatementFilter IdFilter(const SearchTerm& term) {
  return [values = term.values](const ClinicalStatement& statement) {
    return std::any_of(values.begin(), values.end(), [&statement](const std::string& value) {
      return ReadToken(value).code == statement.id;
    });
  };
}

Reading<StatementFilter> FilterOf(const ClinicalParameter& parameter, const SearchTerm& term) {
  if (!term.modifier.empty()) {
    return Fail(400, "not-supported", "The modifier is not known.",
                absl::StrCat("http.", term.name));
  }
  if (parameter.type == ParameterType::kDate) return DateFilter(parameter, term);
  return TokenFilter(parameter, term);
}

}  // namespace

Reading<StatementFilter> ReadStatementFilter(const SearchQuery& query, const ClinicalType& type) {
  std::vector<StatementFilter> filters;
  for (const SearchTerm& term : query.terms) {
    if (term.name == "_id") filters.push_back(IdFilter(term));
    for (const ClinicalParameter& parameter : type.parameters) {
      if (parameter.name != term.name) continue;
      Reading<StatementFilter> filter = FilterOf(parameter, term);
      if (!filter.ok()) return *std::move(filter.failure);
      filters.push_back(std::move(filter.value));
    }
  }
  return StatementFilter([filters = std::move(filters),
                          resource = std::string(type.resource)](const ClinicalStatement& each) {
    return each.received.Text("resourceType") == resource &&
           std::all_of(filters.begin(), filters.end(),
                       [&each](const StatementFilter& filter) { return filter(each); });
  });
}

}  // namespace hie::fhir
