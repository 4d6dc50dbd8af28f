#pragma once

#include "gateway/fhir/xml/element_table.h"

// The tables by subject, each ordered by name.
namespace hie::fhir::xml {

absl::Span<const TypeRow> DocumentRows();
absl::Span<const TypeRow> ConformanceRows();
absl::Span<const TypeRow> ClinicalRows();
absl::Span<const TypeRow> RequestRows();
absl::Span<const TypeRow> ActorRows();
absl::Span<const TypeRow> DatatypeRows();

}  // namespace hie::fhir::xml
