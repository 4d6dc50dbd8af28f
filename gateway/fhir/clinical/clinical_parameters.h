#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/fhir/clinical/clinical_statement.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/reading.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {

// One search parameter of a clinical resource and the elements that it looks at, as dotted paths.
struct ClinicalParameter {
  absl::string_view name;
  ParameterType type = ParameterType::kToken;
  std::vector<absl::string_view> paths;
};

// A clinical resource type that can be searched, with the classes that its resources may have.
struct ClinicalType {
  absl::string_view resource;
  std::vector<common::v1::ClinicalClass> classes;
  std::vector<ClinicalParameter> parameters;
};

// The types that are served, each once.
const std::vector<ClinicalType>& ClinicalTypes();

// What tells whether a statement fulfils a search.
using StatementFilter = std::function<bool(const ClinicalStatement&)>;

// Reads the parameters of a search of `type` (R4, the search parameters of the resource; evaluated
// on the resource as the member sent it).  _id is the id here.  What is entered in error or refuted
// never fulfils a search for active statements (PRACTICE 3), whatever else it says.
//
// 400: a malformed date, or a modifier.
Reading<StatementFilter> ReadStatementFilter(const SearchQuery& query, const ClinicalType& type);

}  // namespace hie::fhir
