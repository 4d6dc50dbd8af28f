#include "gateway/fhir/bundle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/url_form.h"
#include "gateway/fhir/xml/element_table.h"

namespace hie::fhir {
namespace {

constexpr char kMatchGrade[] = "http://hl7.org/fhir/StructureDefinition/match-grade";
constexpr char kObservationValue[] = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";

json::Value Text(absl::string_view text) { return json::Value::String(text); }

json::Value Coding(absl::string_view system, absl::string_view code) {
  json::Value coding = json::Value::Object();
  coding.Set("system", Text(system));
  coding.Set("code", Text(code));
  return coding;
}

// Path of the search below the base: a POST search is stated in its GET form.
std::string SearchPath(const Call& call) {
  absl::string_view path = call.interaction().path;
  absl::ConsumeSuffix(&path, "/_search");
  return absl::StrReplaceAll(path, {{"{id}", EncodeQueryValue(call.id())}});
}

std::string TermText(const SearchTerm& term) {
  return absl::StrCat(EncodeQueryValue(term.name), term.modifier.empty() ? "" : ":",
                      EncodeQueryValue(term.modifier), "=", EncodeQueryValue(term.text));
}

// What was evaluated, as a GET; `next` is the cursor of another page, empty for this one.
std::string LinkUrl(const Call& call, absl::string_view next) {
  std::vector<std::string> parts;
  for (const SearchTerm& term : call.query().terms) {
    const bool of_the_form = term.name == "_format" || term.name == "_pretty";
    if (of_the_form || (term.name == "_page" && !next.empty())) continue;
    parts.push_back(TermText(term));
  }
  if (!next.empty()) parts.push_back(absl::StrCat("_page=", next));
  return absl::StrCat(call.services().base_url, SearchPath(call), parts.empty() ? "" : "?",
                      absl::StrJoin(parts, "&"));
}

json::Value Link(absl::string_view relation, const std::string& url) {
  json::Value link = json::Value::Object();
  link.Set("relation", Text(relation));
  link.Set("url", Text(url));
  return link;
}

json::Value SearchElement(const BundleEntry& entry) {
  json::Value search = json::Value::Object();
  if (!entry.match_grade.empty()) {
    json::Value extension = json::Value::Object();
    extension.Set("url", Text(kMatchGrade));
    extension.Set("valueCode", Text(entry.match_grade));
    search.Set("extension", json::Value::Array({std::move(extension)}));
  }
  search.Set("mode", Text(entry.include ? "include" : "match"));
  if (entry.score) {
    search.Set("score", json::Value::Number(absl::StrFormat("%.4f", *entry.score)));
  }
  return search;
}

json::Value EntryElement(const Call& call, BundleEntry entry) {
  json::Value element = json::Value::Object();
  json::Value search = SearchElement(entry);
  element.Set("fullUrl", Text(entry.full_url));
  const std::vector<std::string>& elements = call.query().elements;
  element.Set("resource",
              elements.empty() ? std::move(entry.resource) : Subset(entry.resource, elements));
  element.Set("search", std::move(search));
  return element;
}

json::Value OutcomeEntry(const std::vector<Issue>& issues) {
  json::Value search = json::Value::Object();
  search.Set("mode", Text("outcome"));
  json::Value element = json::Value::Object();
  element.Set("resource", OutcomeResource(issues, ""));
  element.Set("search", std::move(search));
  return element;
}

// The information issue of a lenient search.  Names that are no plain words are not repeated.
Issue UnknownParameters(const std::vector<std::string>& names) {
  Issue issue{.severity = Severity::kInformation,
              .code = "not-supported",
              .system = kOutcomeSystem,
              .detail_code = "UnknownParameter",
              .text = "A search parameter was not understood and was ignored."};
  for (const std::string& name : names) {
    const bool plain =
        name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
          return absl::ascii_isalnum(c) || absl::StrContains(absl::string_view("._-"), c);
        });
    std::string expression = plain ? absl::StrCat("http.", name) : "http";
    if (std::find(issue.expression.begin(), issue.expression.end(), expression) ==
        issue.expression.end()) {
      issue.expression.push_back(std::move(expression));
    }
  }
  return issue;
}

bool Named(const std::vector<std::string>& elements, absl::string_view type,
           absl::string_view name) {
  return std::any_of(elements.begin(), elements.end(), [&](absl::string_view wanted) {
    if (absl::ConsumePrefix(&wanted, type)) absl::ConsumePrefix(&wanted, ".");
    absl::ConsumeSuffix(&wanted, "[x]");
    return wanted == name;
  });
}

}  // namespace

json::Value SearchSetBundle(const Call& call, SearchSet set) {
  json::Value bundle = json::Value::Object();
  bundle.Set("resourceType", Text("Bundle"));
  if (!set.completeness.empty()) {
    json::Value meta = json::Value::Object();
    meta.Set("tag", json::Value::Array({Coding(kCompletenessSystem, set.completeness)}));
    bundle.Set("meta", std::move(meta));
  }
  bundle.Set("type", Text("searchset"));
  const bool count_only = call.query().count_only;
  if (set.total && (call.query().total_wanted || count_only)) {
    bundle.Set("total", json::Value::Integer(static_cast<int64_t>(*set.total)));
  }
  json::Value links = json::Value::Array({Link("self", LinkUrl(call, ""))});
  // Never an empty page in front of another one.
  if (!set.next_page.empty() && !count_only) {
    links.Append(Link("next", LinkUrl(call, set.next_page)));
  }
  bundle.Set("link", std::move(links));
  json::Value entries = json::Value::Array();
  for (BundleEntry& entry : set.entries) {
    if (!count_only) entries.Append(EntryElement(call, std::move(entry)));
  }
  if (!call.query().unknown.empty()) {
    set.issues.push_back(UnknownParameters(call.query().unknown));
  }
  if (!set.issues.empty()) entries.Append(OutcomeEntry(set.issues));
  if (!entries.items().empty()) bundle.Set("entry", std::move(entries));
  return bundle;
}

Failure PageFailure(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kNotFound) {
    return Fail(410, "expired", "The page has expired; search again.", "http._page");
  }
  return Fail(400, "value", "The page is none of this search.", "http._page");
}

json::Value Subset(const json::Value& resource, const std::vector<std::string>& elements) {
  const absl::string_view type = resource.Text("resourceType");
  const xml::TypeRow* table = xml::FindType(type);
  json::Value subset = json::Value::Object();
  for (const json::Member& member : resource.members()) {
    absl::string_view name = member.name;
    absl::ConsumePrefix(&name, "_");
    const xml::ElementMatch match =
        table == nullptr ? xml::ElementMatch() : xml::FindElement(*table, name);
    const bool always = name == "resourceType" || name == "id" || name == "meta" ||
                        (match.row != nullptr && (match.row->required || match.row->modifier));
    const absl::string_view base = match.row == nullptr ? name : match.row->name;
    if (always || Named(elements, type, base)) subset.Set(member.name, member.value);
  }
  json::Value meta = subset.Find("meta") == nullptr ? json::Value::Object() : *subset.Find("meta");
  json::Value tags = meta.Find("tag") == nullptr ? json::Value::Array() : *meta.Find("tag");
  tags.Append(Coding(kObservationValue, "SUBSETTED"));
  meta.Set("tag", std::move(tags));
  subset.Set("meta", std::move(meta));
  return subset;
}

}  // namespace hie::fhir
