#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/fhir/call.h"
#include "gateway/fhir/outcome.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// One match of a searchset.
struct BundleEntry {
  std::string full_url;  // Absolute.
  json::Value resource;
  bool include = false;         // search.mode include instead of match.
  std::optional<double> score;  // search.score
  std::string match_grade;      // Extension match-grade; empty: none.
};

// A searchset: `total` matches in all, the entries of this page, outcome issues as one entry.
struct SearchSet {
  std::vector<BundleEntry> entries;
  std::optional<uint64_t> total;
  std::vector<Issue> issues;  // Empty: no outcome entry.
  std::string completeness;   // Tag; empty: none.
  std::string next_page;      // Cursor; empty: the last page.
};

// The Bundle.  link[self] states what `call` really evaluated: known parameters only, GET form.
// Unknown parameters of a lenient search add their information issue.  _elements is applied.
// Where only a count was asked for no match is shown.
json::Value SearchSetBundle(const Call& call, SearchSet set);

// The failure of a cursor that FrozenPages did not open: 410 expired, else 400.
Failure PageFailure(const absl::Status& status);

// `resource` with the named elements only (_elements), the mandatory and modifying ones kept,
// tagged SUBSETTED.  Names may carry the type ("Patient.name").
json::Value Subset(const json::Value& resource, const std::vector<std::string>& elements);

}  // namespace hie::fhir
