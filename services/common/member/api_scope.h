#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Words of scope that a backend client may hold: SMART v2 `system/` scopes and IHE IUA's names of
// transactions.
namespace hie {

// `system/<resource>.<actions>`: a resource type or `*`, and some of c r u d s in this order.
struct SystemScope {
  std::string resource;
  std::string actions;
};

// Reads a SMART v2 `system/` scope.  Nothing for everything else: `user/` and `patient/` scopes,
// v1 words (read, write, *), actions out of order or twice, scopes with a query, resource types
// that the exchange does not serve.
std::optional<SystemScope> ParseSystemScope(absl::string_view scope);

// Resource types that a scope may name, in alphabetical order; `*` is not among them.
absl::Span<const absl::string_view> ScopeResources();

// Tells whether `scope` names a transaction that the exchange serves: ITI-65, ITI-78, ...
bool IsTransactionScope(absl::string_view scope);

// Tells whether the directory may register `scope`.
bool IsApiScope(absl::string_view scope);

// What of `asked` is within `registered`, in the order asked.
//
// Never more than either: a wildcard that was asked shrinks to what is registered under it, and
// actions to those in both.  Words that are not known are left out.  Nothing twice.
std::vector<std::string> IntersectScopes(const std::vector<std::string>& asked,
                                         const std::vector<std::string>& registered);

}  // namespace hie
