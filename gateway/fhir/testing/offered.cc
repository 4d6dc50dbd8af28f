#include "gateway/fhir/testing/offered.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::fhir::testing {

std::set<std::string> OfferedBy(const json::Value& statement) {
  std::set<std::string> out;
  const json::Value& rest = *statement.At("/rest/0");
  for (const json::Value& interaction : rest.Each("interaction")) {
    out.insert(absl::StrCat("system ", interaction.Text("code")));
  }
  for (const json::Value& operation : rest.Each("operation")) {
    out.insert(absl::StrCat("system $", operation.Text("name")));
  }
  for (const json::Value& resource : rest.Each("resource")) {
    const std::string type(resource.Text("type"));
    for (const json::Value& interaction : resource.Each("interaction")) {
      out.insert(absl::StrCat(type, " ", interaction.Text("code")));
    }
    for (const json::Value& operation : resource.Each("operation")) {
      out.insert(absl::StrCat(type, " $", operation.Text("name")));
    }
    for (const json::Value& parameter : resource.Each("searchParam")) {
      out.insert(absl::StrCat(type, " ?", parameter.Text("name")));
    }
    if (resource.Find("conditionalDelete")) out.insert(absl::StrCat(type, " conditionalDelete"));
  }
  return out;
}

std::set<std::string> ServedBy(const std::vector<Interaction>& rows) {
  std::set<std::string> out;
  for (const Interaction& row : rows) {
    const std::string who = row.resource.empty() ? "system" : row.resource;
    const bool instance = absl::EndsWith(row.path, "{id}");
    if (!row.operation.empty()) out.insert(absl::StrCat(who, " $", row.operation));
    if (row.kind == InteractionKind::kRead) out.insert(who + " read");
    if (row.kind == InteractionKind::kCreate) out.insert(who + " create");
    if (row.kind == InteractionKind::kUpdate) out.insert(who + " update");
    if (row.kind == InteractionKind::kPatch) out.insert(who + " patch");
    if (row.kind == InteractionKind::kTransaction) out.insert(who + " transaction");
    if (row.kind == InteractionKind::kDelete) {
      out.insert(who + (instance ? " delete" : " conditionalDelete"));
    }
    if (row.kind == InteractionKind::kSearch) {
      out.insert(who + (row.resource.empty() ? " search-system" : " search-type"));
      for (const auto& parameter : row.parameters) {
        out.insert(absl::StrCat(who, " ?", parameter.name));
      }
    }
  }
  return out;
}

}  // namespace hie::fhir::testing
