#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/auth/smart_token_service.h"
#include "services/common/member/api_scope.h"

namespace hie::auth {
namespace {

json::Value Words(std::initializer_list<absl::string_view> words) {
  json::Value list = json::Value::Array();
  for (const absl::string_view word : words) list.Append(json::Value::String(word));
  return list;
}

// What may be done with a type; others are read and searched.
absl::string_view ActionsOf(absl::string_view resource) {
  if (resource == "Patient") return "cruds";
  if (resource == "DocumentReference" || resource == "List") return "crs";
  if (resource == "Binary") return "cr";
  if (resource == "Consent") return "crus";
  return "rs";
}

json::Value Scopes() {
  json::Value list = json::Value::Array();
  for (const absl::string_view resource : ScopeResources()) {
    list.Append(json::Value::String(absl::StrCat("system/", resource, ".", ActionsOf(resource))));
  }
  return list;
}

}  // namespace

json::Value SmartConfiguration(absl::string_view token_url) {
  absl::string_view issuer = token_url;
  absl::ConsumeSuffix(&issuer, kTokenPath);
  json::Value configuration = json::Value::Object();
  configuration.Set("issuer", json::Value::String(issuer));
  configuration.Set("token_endpoint", json::Value::String(token_url));
  configuration.Set("jwks_uri", json::Value::String(absl::StrCat(issuer, kJwksPath)));
  configuration.Set("grant_types_supported", Words({"client_credentials"}));
  configuration.Set("token_endpoint_auth_methods_supported", Words({"private_key_jwt"}));
  configuration.Set("token_endpoint_auth_signing_alg_values_supported", Words({"RS384", "ES384"}));
  configuration.Set("scopes_supported", Scopes());
  configuration.Set("capabilities", Words({"client-confidential-asymmetric", "permission-v2"}));
  return configuration;
}

}  // namespace hie::auth
