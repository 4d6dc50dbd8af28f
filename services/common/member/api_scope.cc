#include "services/common/member/api_scope.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie {
namespace {

constexpr absl::string_view kActions = "cruds";
constexpr absl::string_view kAnyResource = "*";

constexpr absl::string_view kResources[] = {
    "AllergyIntolerance",
    "AuditEvent",
    "Binary",
    "Condition",
    "Consent",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Endpoint",
    "Immunization",
    "List",
    "Location",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "Procedure",
    "Provenance",
    "Subscription",
};

// Patient identity, documents, consent, audit (INTERFACES 0 and 3.5).
constexpr absl::string_view kTransactions[] = {
    "ITI-65", "ITI-66",  "ITI-67",  "ITI-68",  "ITI-78",  "ITI-81",  "ITI-83",
    "ITI-93", "ITI-104", "ITI-105", "ITI-106", "ITI-108", "ITI-119",
};

bool Contains(absl::Span<const absl::string_view> words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// One or more of c r u d s, each once, in this order.
bool IsActions(absl::string_view actions) {
  size_t at = 0;
  for (const char action : actions) {
    const size_t found = kActions.find(action, at);
    if (found == absl::string_view::npos) return false;
    at = found + 1;
  }
  return !actions.empty();
}

std::string CommonActions(absl::string_view a, absl::string_view b) {
  std::string common;
  for (const char action : a) {
    if (b.find(action) != absl::string_view::npos) common.push_back(action);
  }
  return common;
}

// The scope that is within both; empty where there is none.
std::string Intersect(const SystemScope& a, const SystemScope& b) {
  const bool fits =
      a.resource == b.resource || a.resource == kAnyResource || b.resource == kAnyResource;
  const std::string actions = CommonActions(a.actions, b.actions);
  if (!fits || actions.empty()) return "";
  return absl::StrCat("system/", a.resource == kAnyResource ? b.resource : a.resource, ".",
                      actions);
}

void AddOnce(std::string scope, std::vector<std::string>& scopes) {
  if (scope.empty() || std::find(scopes.begin(), scopes.end(), scope) != scopes.end()) return;
  scopes.push_back(std::move(scope));
}

}  // namespace

std::optional<SystemScope> ParseSystemScope(absl::string_view scope) {
  if (!absl::ConsumePrefix(&scope, "system/")) return std::nullopt;
  const size_t dot = scope.find('.');
  if (dot == absl::string_view::npos) return std::nullopt;
  const absl::string_view resource = scope.substr(0, dot);
  const absl::string_view actions = scope.substr(dot + 1);
  if (resource != kAnyResource && !Contains(kResources, resource)) return std::nullopt;
  if (!IsActions(actions)) return std::nullopt;
  return SystemScope{std::string(resource), std::string(actions)};
}

absl::Span<const absl::string_view> ScopeResources() { return kResources; }

bool IsTransactionScope(absl::string_view scope) { return Contains(kTransactions, scope); }

bool IsApiScope(absl::string_view scope) {
  return IsTransactionScope(scope) || ParseSystemScope(scope).has_value();
}

std::vector<std::string> IntersectScopes(const std::vector<std::string>& asked,
                                         const std::vector<std::string>& registered) {
  std::vector<std::string> granted;
  for (const std::string& wanted : asked) {
    const std::optional<SystemScope> scope = ParseSystemScope(wanted);
    for (const std::string& held : registered) {
      if (!scope) {
        if (held == wanted && IsTransactionScope(wanted)) AddOnce(wanted, granted);
        continue;
      }
      if (const std::optional<SystemScope> own = ParseSystemScope(held)) {
        AddOnce(Intersect(*scope, *own), granted);
      }
    }
  }
  return granted;
}

}  // namespace hie
