#include "gateway/fhir/xml/element_table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/xml/element_rows.h"

namespace hie::fhir::xml {
namespace {

const TypeRow* FindIn(absl::Span<const TypeRow> rows, absl::string_view name) {
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), name,
                       [](const TypeRow& row, absl::string_view n) { return row.name < n; });
  return found != rows.end() && found->name == name ? &*found : nullptr;
}

// "Quantity" of "valueQuantity" for row "value": the name behind the stem, its first letter in
// either case.
bool IsTypeSuffix(absl::string_view suffix, absl::string_view type) {
  return suffix.size() == type.size() && suffix.front() == absl::ascii_toupper(type.front()) &&
         suffix.substr(1) == type.substr(1);
}

}  // namespace

const TypeRow* FindType(absl::string_view name) {
  for (const auto rows : {DatatypeRows(), DocumentRows(), ClinicalRows(), ActorRows(),
                          ConformanceRows(), RequestRows()}) {
    if (const TypeRow* row = FindIn(rows, name)) return row;
  }
  return nullptr;
}

ElementMatch FindElement(const TypeRow& type, absl::string_view name) {
  for (const ElementRow& row : type.elements) {
    if (!row.choice) {
      if (row.name == name) return {&row, row.types};
      continue;
    }
    if (name.size() <= row.name.size() || !absl::StartsWith(name, row.name)) continue;
    for (const absl::string_view choice : absl::StrSplit(row.types, '|')) {
      if (IsTypeSuffix(name.substr(row.name.size()), choice)) return {&row, choice};
    }
  }
  return {};
}

PrimitiveKind PrimitiveKindOf(absl::string_view type) {
  if (type.empty() || !absl::ascii_islower(type.front())) return PrimitiveKind::kNone;
  if (type == "xhtml") return PrimitiveKind::kXhtml;
  if (type == "boolean") return PrimitiveKind::kBoolean;
  if (type == "decimal" || type == "integer" || type == "positiveInt" || type == "unsignedInt") {
    return PrimitiveKind::kNumber;
  }
  return PrimitiveKind::kString;
}

}  // namespace hie::fhir::xml
