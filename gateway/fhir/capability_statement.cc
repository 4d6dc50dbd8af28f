#include "gateway/fhir/capability_statement.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::fhir {
namespace {

constexpr char kSecurityService[] =
    "http://terminology.hl7.org/CodeSystem/restful-security-service";
constexpr char kOauthUris[] =
    "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
constexpr char kOwnOperations[] = "https://hie.example/fhir/OperationDefinition/";

json::Value Text(absl::string_view text) { return json::Value::String(text); }

json::Value Texts(std::initializer_list<absl::string_view> texts) {
  json::Value array = json::Value::Array();
  for (const absl::string_view text : texts) array.Append(Text(text));
  return array;
}

absl::string_view TypeWord(ParameterType type) {
  switch (type) {
    case ParameterType::kToken:
      return "token";
    case ParameterType::kString:
      return "string";
    case ParameterType::kDate:
      return "date";
    case ParameterType::kReference:
      return "reference";
    case ParameterType::kUri:
      return "uri";
    case ParameterType::kNumber:
      return "number";
    case ParameterType::kSpecial:
      break;
  }
  return "special";
}

// The code of a row among a resource's or the system's interactions; empty: it is none.
absl::string_view InteractionCode(const Interaction& row) {
  const bool of_instance = absl::EndsWith(row.path, "/{id}");
  switch (row.kind) {
    case InteractionKind::kRead:
      return "read";
    case InteractionKind::kSearch:
      return row.resource.empty() ? "search-system" : "search-type";
    case InteractionKind::kCreate:
      return "create";
    case InteractionKind::kUpdate:
      return "update";
    case InteractionKind::kPatch:
      return "patch";
    case InteractionKind::kDelete:
      return of_instance ? "delete" : "";  // Conditional: told by conditionalDelete.
    case InteractionKind::kTransaction:
      return "transaction";
    default:
      return "";
  }
}

// What is said of one resource, or of the system.
class Statement {
 public:
  void Add(const Interaction& row) {
    const absl::string_view code = InteractionCode(row);
    if (!code.empty() && codes_.insert(code).second) {
      json::Value element = json::Value::Object();
      element.Set("code", Text(code));
      interactions_.Append(std::move(element));
    }
    const bool conditional = !absl::EndsWith(row.path, "/{id}");
    if (row.kind == InteractionKind::kUpdate && conditional) conditional_update_ = true;
    if (row.kind == InteractionKind::kDelete && conditional) conditional_delete_ = true;
    if (row.kind == InteractionKind::kSearch) AddParameters(row);
    if (!row.operation.empty()) AddOperation(row);
  }

  // Adds its elements in the order of the specification.
  void Put(json::Value& element) && {
    if (!interactions_.items().empty()) element.Set("interaction", std::move(interactions_));
    if (conditional_update_) element.Set("conditionalUpdate", json::Value::Boolean(true));
    if (conditional_delete_) element.Set("conditionalDelete", Text("single"));
    if (!parameters_.items().empty()) element.Set("searchParam", std::move(parameters_));
    if (!operations_.items().empty()) element.Set("operation", std::move(operations_));
  }

 private:
  void AddParameters(const Interaction& row) {
    for (const SearchParameter& parameter : row.parameters) {
      if (!parameter_names_.insert(parameter.name).second) continue;
      json::Value element = json::Value::Object();
      element.Set("name", Text(parameter.name));
      if (!parameter.definition.empty()) element.Set("definition", Text(parameter.definition));
      element.Set("type", Text(TypeWord(parameter.type)));
      parameters_.Append(std::move(element));
    }
  }

  void AddOperation(const Interaction& row) {
    if (!operation_names_.insert(row.operation).second) return;
    json::Value element = json::Value::Object();
    element.Set("name", Text(row.operation));
    element.Set("definition",
                Text(row.operation_definition.empty() ? absl::StrCat(kOwnOperations, row.operation)
                                                      : row.operation_definition));
    operations_.Append(std::move(element));
  }

  std::set<absl::string_view> codes_, parameter_names_, operation_names_;
  json::Value interactions_ = json::Value::Array();
  json::Value parameters_ = json::Value::Array();
  json::Value operations_ = json::Value::Array();
  bool conditional_update_ = false;
  bool conditional_delete_ = false;
};

json::Value Security(const std::string& token_url) {
  json::Value token = json::Value::Object();
  token.Set("url", Text("token"));
  token.Set("valueUri", Text(token_url));
  json::Value uris = json::Value::Object();
  uris.Set("url", Text(kOauthUris));
  uris.Set("extension", json::Value::Array({std::move(token)}));
  json::Value coding = json::Value::Object();
  coding.Set("system", Text(kSecurityService));
  coding.Set("code", Text("SMART-on-FHIR"));
  json::Value service = json::Value::Object();
  service.Set("coding", json::Value::Array({std::move(coding)}));
  json::Value security = json::Value::Object();
  security.Set("extension", json::Value::Array({std::move(uris)}));
  security.Set("service", json::Value::Array({std::move(service)}));
  return security;
}

json::Value Rest(const std::vector<Interaction>& rows, const CapabilityFrame& frame) {
  std::vector<std::string> types;  // In the order of the table.
  std::map<std::string, Statement> statements;
  for (const Interaction& row : rows) {
    if (!row.resource.empty() && statements.find(row.resource) == statements.end()) {
      types.push_back(row.resource);
    }
    statements[row.resource].Add(row);
  }
  json::Value resources = json::Value::Array();
  for (const std::string& type : types) {
    json::Value resource = json::Value::Object();
    resource.Set("type", Text(type));
    std::move(statements[type]).Put(resource);
    resources.Append(std::move(resource));
  }
  json::Value rest = json::Value::Object();
  rest.Set("mode", Text("server"));
  rest.Set("security", Security(frame.token_url));
  if (!types.empty()) rest.Set("resource", std::move(resources));
  std::move(statements[""]).Put(rest);
  return rest;
}

json::Value Instantiates(const std::vector<Interaction>& rows) {
  std::set<absl::string_view> seen;
  json::Value profiles = json::Value::Array();
  for (const Interaction& row : rows) {
    if (!row.profile.empty() && seen.insert(row.profile).second) profiles.Append(Text(row.profile));
  }
  return profiles;
}

// "system/Patient.rs" of all needs together; letters in the order of the specification.
json::Value Scopes(const std::vector<Interaction>& rows) {
  std::map<std::string, std::set<char>> letters;
  std::set<std::string> iua;
  for (const Interaction& row : rows) {
    for (const auth::ScopeNeed& need : row.scopes) {
      letters[std::string(need.resource)].insert(need.action);
      if (!need.iua.empty()) iua.insert(std::string(need.iua));
    }
  }
  json::Value scopes = json::Value::Array();
  for (const auto& [resource, actions] : letters) {
    std::string scope = absl::StrCat("system/", resource, ".");
    for (const char letter : absl::string_view("cruds")) {
      if (actions.count(letter) > 0) scope += letter;
    }
    scopes.Append(Text(scope));
  }
  for (const std::string& word : iua) scopes.Append(Text(word));
  return scopes;
}

}  // namespace

json::Value CapabilityStatement(const std::vector<Interaction>& rows,
                                const CapabilityFrame& frame) {
  json::Value statement = json::Value::Object();
  statement.Set("resourceType", Text("CapabilityStatement"));
  statement.Set("status", Text("active"));
  statement.Set("date",
                Text(absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", frame.date, absl::UTCTimeZone())));
  statement.Set("kind", Text("instance"));
  if (json::Value profiles = Instantiates(rows); !profiles.items().empty()) {
    statement.Set("instantiates", std::move(profiles));
  }
  json::Value software = json::Value::Object();
  software.Set("name", Text("hie-gateway"));
  software.Set("version", Text(frame.software_version));
  statement.Set("software", std::move(software));
  json::Value implementation = json::Value::Object();
  implementation.Set("description", Text("Regional exchange gateway"));
  implementation.Set("url", Text(frame.base_url));
  statement.Set("implementation", std::move(implementation));
  statement.Set("fhirVersion", Text("4.0.1"));
  statement.Set("format", Texts({"json", "xml"}));
  statement.Set("rest", json::Value::Array({Rest(rows, frame)}));
  return statement;
}

json::Value SmartConfiguration(const std::vector<Interaction>& rows, const CapabilityFrame& frame) {
  absl::string_view oauth = frame.token_url;
  absl::ConsumeSuffix(&oauth, "/token");
  absl::string_view issuer = oauth;
  absl::ConsumeSuffix(&issuer, "/oauth2");
  json::Value configuration = json::Value::Object();
  configuration.Set("issuer", Text(issuer));
  configuration.Set("token_endpoint", Text(frame.token_url));
  configuration.Set("jwks_uri", Text(absl::StrCat(oauth, "/jwks")));
  configuration.Set("grant_types_supported", Texts({"client_credentials"}));
  configuration.Set("token_endpoint_auth_methods_supported", Texts({"private_key_jwt"}));
  configuration.Set("token_endpoint_auth_signing_alg_values_supported", Texts({"RS384", "ES384"}));
  configuration.Set("scopes_supported", Scopes(rows));
  configuration.Set("capabilities", Texts({"client-confidential-asymmetric", "permission-v2"}));
  return configuration;
}

}  // namespace hie::fhir
