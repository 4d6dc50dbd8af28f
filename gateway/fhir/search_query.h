#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/outcome.h"

// FHIR search parameters (R4 search.html), read and evaluated.  Pure.
namespace hie::fhir {

// Caps of one search.
inline constexpr size_t kTermsMax = 200;
inline constexpr size_t kValuesMax = 64;  // Of one parameter, separated by commas.
inline constexpr int kCountDefault = 50;
inline constexpr int kCountMax = 500;

// One parameter as received: "birthdate", modifier "", values {"ge1960"}; commas split, escapes
// (\, \| \$ \\) undone within each value only where the type's reader does it.
struct SearchTerm {
  std::string name;                 // Without modifier; "patient.identifier" chains stay whole.
  std::string modifier;             // "exact", "contains", "identifier", ...; empty: none.
  std::string text;                 // The whole value, decoded, unescaped.
  std::vector<std::string> values;  // Split at commas, escapes kept.
};

// Every parameter of one request, in order.
struct SearchQuery {
  std::vector<SearchTerm> terms;
  int count = kCountDefault;                       // _count
  bool count_only = false;                         // _summary=count or _count=0
  bool total_wanted = true;                        // _total
  std::string page;                                // _page; empty: the first.
  std::vector<std::string> elements;               // _elements
  std::vector<std::pair<std::string, bool>> sort;  // _sort: name, descending.
  std::vector<std::string> unknown;  // Names that the table does not have; lenient handling.

  // Terms of that name, whatever their modifier.
  std::vector<const SearchTerm*> All(absl::string_view name) const;
  // The only or first one; null: none.
  const SearchTerm* First(absl::string_view name) const;
};

// A value with its escapes (\, \| \$ \\) undone.
std::string Unescape(absl::string_view value);

// token: system|code.  `has_system` tells "|code" (no system) from "code" (any).
struct Token {
  bool has_system = false;
  std::string system;
  std::string code;  // Empty for "system|": any code of it.
};
Token ReadToken(absl::string_view value);
bool TokenMatches(const Token& token, absl::string_view system, absl::string_view code);

// date: a prefix and the half-open range that its precision implies.
enum class DatePrefix { kEq, kNe, kLt, kGt, kLe, kGe, kSa, kEb };
struct DateTerm {
  DatePrefix prefix = DatePrefix::kEq;
  absl::Time from;  // UTC where the value has no zone.
  absl::Time to;
};
// INVALID_ARGUMENT: not a FHIR date, dateTime or instant with an optional prefix.
absl::StatusOr<DateTerm> ReadDate(absl::string_view value);
// Tells whether a date or period [from, to) that a resource has fulfils the term.
bool DateMatches(const DateTerm& term, absl::Time from, absl::Time to);
// The same for parameters that IHE evaluates as overlap (DocumentReference.period).
bool PeriodMatches(const DateTerm& term, absl::Time from, absl::Time to);

// string: starts with, case and accents ignored (ICU fold); ":exact", ":contains".  `wanted` as
// received, with its escapes.
bool StringMatches(absl::string_view modifier, absl::string_view wanted, absl::string_view value);

// reference: "Patient/123", "123", or absolute within `base_url`.  Nothing: another type or server.
std::optional<std::string> ReadReference(absl::string_view value, absl::string_view type,
                                         absl::string_view base_url);

// An identifier's system for a domain OID and back: "urn:oid:2.999.1" <-> "2.999.1".  A system that
// is no OID URN gives nothing.
std::string OidUrn(absl::string_view oid);
std::optional<std::string> OidOf(absl::string_view system);

}  // namespace hie::fhir
