#include "gateway/fhir/documents/document_filter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/members/fhir_document.h"
#include "gateway/members/fhir_time.h"

namespace hie::fhir {
namespace {

constexpr char kMhdParameters[] = "https://profiles.ihe.net/ITI/MHD/SearchParameter/";
constexpr absl::string_view kRequired = "Parameters patient, code and status are required.";

// How a parameter looks at a resource.
enum class Look { kConcept, kCoding, kIdentifier, kDate, kPeriod, kName, kReference, kCode, kId };

struct ParameterRule {
  absl::string_view name;
  Look look;
  std::vector<absl::string_view> paths;  // "/context/event": arrays on the way are entered.
};

const std::vector<ParameterRule>& DocumentRules() {
  static const std::vector<ParameterRule> rules = {
      {"_id", Look::kId, {"/id"}},
      {"_lastUpdated", Look::kDate, {"/meta/lastUpdated"}},
      {"status", Look::kCode, {"/status"}},
      {"author.given", Look::kName, {"/author", "given"}},
      {"author.family", Look::kName, {"/author", "family"}},
      {"category", Look::kConcept, {"/category"}},
      {"type", Look::kConcept, {"/type"}},
      {"event", Look::kConcept, {"/context/event"}},
      {"facility", Look::kConcept, {"/context/facilityType"}},
      {"setting", Look::kConcept, {"/context/practiceSetting"}},
      {"format", Look::kCoding, {"/content/format"}},
      {"security-label", Look::kConcept, {"/securityLabel"}},
      {"creation", Look::kDate, {"/content/attachment/creation"}},
      {"date", Look::kDate, {"/date"}},
      {"period", Look::kPeriod, {"/context/period"}},
      {"identifier", Look::kIdentifier, {"/masterIdentifier", "/identifier"}},
      {"related", Look::kReference, {"/context/related", "/context/encounter"}},
      {"contenttype", Look::kCode, {"/content/attachment/contentType"}},
      {"relatesto", Look::kReference, {"/relatesTo/target"}},
      {"custodian", Look::kReference, {"/custodian"}},
  };
  return rules;
}

const std::vector<ParameterRule>& ListRules() {
  static const std::vector<ParameterRule> rules = {
      {"_id", Look::kId, {"/id"}},
      {"_lastUpdated", Look::kDate, {"/meta/lastUpdated"}},
      {"status", Look::kCode, {"/status"}},
      {"code", Look::kConcept, {"/code"}},
      {"date", Look::kDate, {"/date"}},
      {"designationType", Look::kConcept, {"/extension/valueCodeableConcept"}},
      {"identifier", Look::kIdentifier, {"/identifier"}},
      {"source.given", Look::kName, {"/source", "given"}},
      {"source.family", Look::kName, {"/source", "family"}},
      {"sourceId", Look::kIdentifier, {"/extension/valueIdentifier"}},
  };
  return rules;
}

// Every element at a path; arrays are entered.
void Collect(const json::Value& value, absl::string_view path,
             std::vector<const json::Value*>& out) {
  if (value.IsArray()) {
    for (const json::Value& item : value.items()) Collect(item, path, out);
    return;
  }
  if (!absl::ConsumePrefix(&path, "/")) {
    out.push_back(&value);
    return;
  }
  const size_t end = path.find('/');
  const json::Value* below = value.Find(path.substr(0, end));
  if (below == nullptr) return;
  Collect(*below, end == absl::string_view::npos ? "" : path.substr(end), out);
}

std::vector<const json::Value*> Elements(const json::Value& resource,
                                         const std::vector<absl::string_view>& paths) {
  std::vector<const json::Value*> out;
  for (const absl::string_view path : paths) {
    if (absl::StartsWith(path, "/")) Collect(resource, path, out);
  }
  return out;
}

// One value of a parameter, read.
using Test = std::function<bool(const json::Value& resource)>;

Test ConceptTest(const ParameterRule& rule, const std::string& value) {
  return [&rule, token = ReadToken(value)](const json::Value& resource) {
    for (const json::Value* element : Elements(resource, rule.paths)) {
      if (rule.look == Look::kCoding &&
          TokenMatches(token, element->Text("system"), element->Text("code"))) {
        return true;
      }
      for (const json::Value& coding : element->Each("coding")) {
        if (TokenMatches(token, coding.Text("system"), coding.Text("code"))) return true;
      }
    }
    return false;
  };
}

// `system` of an OID may be written as one; a bare OID as a value is the URN's.
Test IdentifierTest(const ParameterRule& rule, const std::string& value) {
  return [&rule, token = ReadToken(value)](const json::Value& resource) {
    for (const json::Value* element : Elements(resource, rule.paths)) {
      if (TokenMatches(token, element->Text("system"), element->Text("value"))) return true;
    }
    return false;
  };
}

Test CodeTest(const ParameterRule& rule, const std::string& value) {
  return [&rule, code = ReadToken(value).code](const json::Value& resource) {
    for (const json::Value* element : Elements(resource, rule.paths)) {
      if (element->text() == code) return true;
    }
    return false;
  };
}

Test DateTest(const ParameterRule& rule, const DateTerm& term) {
  return [&rule, term](const json::Value& resource) {
    for (const json::Value* element : Elements(resource, rule.paths)) {
      ServicePeriod period;
      if (rule.look == Look::kPeriod) {
        period = members::ReadPeriod(element);
        // The end of a period includes the moment that it names.
        if (const auto end = members::ParseFhirTime(element->Text("end"))) period.to = end->to;
      } else {
        const auto time = members::ParseFhirTime(element->text());
        if (!time) continue;
        period = *time;
      }
      const bool matches = rule.look == Look::kPeriod ? PeriodMatches(term, period.from, period.to)
                                                      : DateMatches(term, period.from, period.to);
      if (matches) return true;
    }
    return false;
  };
}

bool NameMatches(const SearchTerm& term, const std::string& wanted, const json::Value& name,
                 absl::string_view part) {
  if (part == "family") return StringMatches(term.modifier, wanted, name.Text("family"));
  for (const json::Value& given : name.Each("given")) {
    if (StringMatches(term.modifier, wanted, given.text())) return true;
  }
  return false;
}

// Authors and sources are contained; one that is only named in words is searched by its words.
Test NameTest(const ParameterRule& rule, const SearchTerm& term, const std::string& value) {
  return [&rule, term, wanted = value](const json::Value& resource) {
    for (const json::Value* element : Elements(resource, rule.paths)) {
      const absl::string_view reference = element->Text("reference");
      bool named = false;
      for (const json::Value& contained : resource.Each("contained")) {
        if (reference.empty() || absl::StrCat("#", contained.Text("id")) != reference) continue;
        for (const json::Value& name : contained.Each("name")) {
          named = true;
          if (NameMatches(term, wanted, name, rule.paths[1])) return true;
        }
      }
      if (named) continue;
      for (absl::string_view rest = element->Text("display"); !rest.empty();) {
        if (StringMatches(term.modifier, wanted, rest)) return true;
        const size_t space = rest.find(' ');
        rest = space == absl::string_view::npos ? "" : rest.substr(space + 1);
      }
    }
    return false;
  };
}

absl::string_view ReferenceType(absl::string_view parameter) {
  return parameter == "relatesto" ? "DocumentReference" : "Organization";
}

// References by our own id, by the URL or words that the source wrote, or by identifier.
Test ReferenceTest(const ParameterRule& rule, const SearchTerm& term, const std::string& value,
                   absl::string_view base_url) {
  const bool by_identifier = term.modifier == "identifier";
  const auto own = ReadReference(value, ReferenceType(rule.name), base_url);
  return [&rule, by_identifier, token = ReadToken(value), value, own](const json::Value& resource) {
    for (const json::Value* element : Elements(resource, rule.paths)) {
      const json::Value* identifier = element->Find("identifier");
      if (by_identifier) {
        if (identifier != nullptr &&
            TokenMatches(token, identifier->Text("system"), identifier->Text("value"))) {
          return true;
        }
        continue;
      }
      const absl::string_view reference = element->Text("reference");
      if (!reference.empty() && reference == value) return true;
      if (element->Text("display") == value) return true;
      if (own && absl::EndsWith(reference, absl::StrCat("/", *own))) return true;
      if (identifier != nullptr && identifier->Text("value") == value) return true;
    }
    return false;
  };
}

Failure BadValue(absl::string_view parameter) {
  return FailXds(400, "value", "XDSRegistryMetadataError", "A search parameter is malformed.",
                 absl::StrCat("http.", parameter));
}

Reading<Test> ReadValue(const ParameterRule& rule, const SearchTerm& term, const std::string& value,
                        absl::string_view base_url) {
  switch (rule.look) {
    case Look::kConcept:
    case Look::kCoding:
      return ConceptTest(rule, value);
    case Look::kIdentifier:
      return IdentifierTest(rule, value);
    case Look::kCode:
      if (rule.name == "status" && ReadToken(value).has_system) return BadValue(term.name);
      return CodeTest(rule, value);
    case Look::kId:
      return CodeTest(rule, value);
    case Look::kDate:
    case Look::kPeriod: {
      const absl::StatusOr<DateTerm> date = ReadDate(value);
      if (!date.ok()) return BadValue(term.name);
      return DateTest(rule, *date);
    }
    case Look::kName:
      return NameTest(rule, term, Unescape(value));
    case Look::kReference:
      return ReferenceTest(rule, term, Unescape(value), base_url);
  }
  return BadValue(term.name);
}

Reading<ResourceFilter> ReadFilter(const SearchQuery& query,
                                   const std::vector<ParameterRule>& rules,
                                   absl::string_view base_url) {
  std::vector<std::vector<Test>> all;
  for (const SearchTerm& term : query.terms) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const auto& r) { return r.name == term.name; });
    if (rule == rules.end()) continue;
    std::vector<Test> any;
    for (const std::string& value : term.values) {
      Reading<Test> test = ReadValue(*rule, term, value, base_url);
      if (!test.ok()) return *std::move(test.failure);
      any.push_back(std::move(test.value));
    }
    all.push_back(std::move(any));
  }
  return ResourceFilter([all = std::move(all)](const json::Value& resource) {
    return std::all_of(all.begin(), all.end(), [&](const std::vector<Test>& any) {
      return std::any_of(any.begin(), any.end(), [&](const Test& test) { return test(resource); });
    });
  });
}

std::optional<Failure> Require(const SearchQuery& query,
                               std::initializer_list<absl::string_view> names) {
  for (const absl::string_view name : names) {
    if (query.First(name) == nullptr) {
      return FailXds(400, "required", "XDSStoredQueryMissingParam", std::string(kRequired),
                     absl::StrCat("http.", name));
    }
  }
  return std::nullopt;
}

const std::string& MhdParameter(const char* name) {
  static const std::string creation = absl::StrCat(kMhdParameters, "DocumentReference-Creation");
  static const std::string designation = absl::StrCat(kMhdParameters, "List-DesignationType");
  static const std::string source = absl::StrCat(kMhdParameters, "List-SourceId");
  return name[0] == 'c' ? creation : name[0] == 'd' ? designation : source;
}

}  // namespace

const std::vector<SearchParameter>& DocumentParameters() {
  static const std::vector<SearchParameter> parameters = {
      {"patient", ParameterType::kReference},
      {"patient.identifier", ParameterType::kToken},
      {"status", ParameterType::kToken},
      {"author.given", ParameterType::kString},
      {"author.family", ParameterType::kString},
      {"category", ParameterType::kToken},
      {"type", ParameterType::kToken},
      {"event", ParameterType::kToken},
      {"facility", ParameterType::kToken},
      {"setting", ParameterType::kToken},
      {"format", ParameterType::kToken},
      {"security-label", ParameterType::kToken},
      {"creation", ParameterType::kDate, MhdParameter("creation")},
      {"date", ParameterType::kDate},
      {"period", ParameterType::kDate},
      {"identifier", ParameterType::kToken},
      {"related", ParameterType::kReference},
      {"targetCommunityIdList", ParameterType::kUri},
      {"_id", ParameterType::kToken},
      {"_lastUpdated", ParameterType::kDate},
      {"contenttype", ParameterType::kToken},
      {"relatesto", ParameterType::kReference},
      {"custodian", ParameterType::kReference},
      {"HIE-latest", ParameterType::kSpecial},
  };
  return parameters;
}

const std::vector<SearchParameter>& ListParameters() {
  static const std::vector<SearchParameter> parameters = {
      {"patient", ParameterType::kReference},
      {"patient.identifier", ParameterType::kToken},
      {"code", ParameterType::kToken},
      {"status", ParameterType::kToken},
      {"date", ParameterType::kDate},
      {"designationType", ParameterType::kToken, MhdParameter("designationType")},
      {"identifier", ParameterType::kToken},
      {"source.given", ParameterType::kString},
      {"source.family", ParameterType::kString},
      {"sourceId", ParameterType::kToken, MhdParameter("sourceId")},
      {"targetCommunityIdList", ParameterType::kUri},
      {"_id", ParameterType::kToken},
      {"_lastUpdated", ParameterType::kDate},
  };
  return parameters;
}

Reading<ResourceFilter> ReadDocumentFilter(const SearchQuery& query, absl::string_view base_url) {
  if (auto failure = Require(query, {"status"})) return *std::move(failure);
  return ReadFilter(query, DocumentRules(), base_url);
}

Reading<ResourceFilter> ReadListFilter(const SearchQuery& query, absl::string_view base_url) {
  if (auto failure = Require(query, {"code", "status"})) return *std::move(failure);
  return ReadFilter(query, ListRules(), base_url);
}

std::vector<std::string> WantedStatuses(const SearchQuery& query) {
  std::vector<std::string> statuses;
  for (const SearchTerm* term : query.All("status")) {
    for (const std::string& value : term->values) statuses.push_back(ReadToken(value).code);
  }
  return statuses;
}

}  // namespace hie::fhir
