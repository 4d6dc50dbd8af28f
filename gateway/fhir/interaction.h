#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/auth/api_access.h"
#include "gateway/http/exchange.h"

namespace hie::fhir {

class Call;

// What an interaction is to FHIR (RESTful API, http.html).
enum class InteractionKind {
  kRead,
  kSearch,
  kCreate,
  kUpdate,  // Conditional update included.
  kPatch,
  kDelete,  // Conditional delete included.
  kTransaction,
  kResourceOperation,  // Type or instance level, "$name".
  kSystemOperation,
  kCapabilities,
  kDiscovery,  // /.well-known/...
};

// FHIR types of search parameters.
enum class ParameterType { kToken, kString, kDate, kReference, kUri, kNumber, kSpecial };

// One search parameter that an interaction understands.  What is not in the table is unknown:
// ignored and named when lenient, 400 when strict.
struct SearchParameter {
  absl::string_view name;
  ParameterType type = ParameterType::kToken;
  absl::string_view definition = "";  // Canonical, where not of the base specification.
};

// Who may call it.
enum class Access {
  kPublic,          // No token: metadata and discovery.
  kAdministration,  // A token with the scope; no patient data leaves (feeds, directives).
  kPatientData,     // A token with the scope and a purpose of use.
};

// One row of the router table, and with it one statement of the CapabilityStatement.
struct Interaction {
  InteractionKind kind = InteractionKind::kRead;
  http::Method method = http::Method::kGet;
  // Below the base: "/Patient", "/Patient/{id}", "/Patient/$match", "/Patient/{id}/$everything",
  // "/Patient/_search", "" for the base itself.  Conditional forms share the path.
  std::string path;
  std::string resource;                   // "Patient"; empty: of the system.
  std::string operation = {};             // Without '$'.
  std::string operation_definition = {};  // Canonical.
  std::string profile = {};  // Canonical of an IHE CapabilityStatement it serves; may be empty.
  std::vector<SearchParameter> parameters = {};
  Access access = Access::kPatientData;
  std::vector<auth::ScopeNeed> scopes = {};  // Each must be covered.
  // Called on a listener's thread; must not block; answers `call` now or later, once.
  std::function<void(std::shared_ptr<Call>)> run;
};

// Search parameters that every search takes.
inline constexpr absl::string_view kCommonParameters[] = {
    "_count", "_sort", "_total", "_summary", "_elements", "_format", "_page", "_pretty"};

}  // namespace hie::fhir
