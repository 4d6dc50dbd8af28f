#include "services/directory/validate_access.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/member/api_scope.h"
#include "services/directory/member_syntax.h"
#include "services/directory/validate_member.h"
#include "services/directory/wants.h"

namespace hie::directory {
namespace {

constexpr absl::string_view kCharsets[] = {"", "UTF-8", "ISO-8859-1", "WINDOWS-1252"};
constexpr absl::string_view kWantToken = "1..64 of A-Z a-z 0-9 . _ -";

template <typename List>
bool AllNames(const List& names) {
  return names.size() <= kAliasesMax && std::all_of(names.begin(), names.end(), IsParameterName);
}

absl::Status ValidateQuirks(const FhirQuirks& quirks, const std::string& at) {
  if (quirks.page_size > kPageSizeMax) return Want(at + ".page_size", "at most 1,000");
  if (quirks.concurrency > kConcurrencyMax) return Want(at + ".concurrency", "at most 64");
  if (quirks.clock_skew_seconds > kClockSkewSecondsMax) {
    return Want(at + ".clock_skew_seconds", "at most 3,600");
  }
  if (!AllNames(quirks.unsupported_types)) {
    return Want(at + ".unsupported_types", "at most 32 names of resource types");
  }
  if (!AllNames(quirks.refused_parameters)) {
    return Want(at + ".refused_parameters", "at most 32 names of parameters");
  }
  const std::string& patient = quirks.patient_parameter;
  if (!patient.empty() && !IsParameterName(patient)) {
    return Want(at + ".patient_parameter", "a name of a parameter");
  }
  return absl::OkStatus();
}

bool IsReachable(absl::string_view address, const MemberEndpoint& endpoint) {
  return IsHttpsAddress(address) || (endpoint.allow_private_address && IsLoopbackAddress(address));
}

absl::Status ValidateSignIn(const MemberEndpoint& endpoint, const std::string& at) {
  const FhirSignIn& sign_in = endpoint.sign_in;
  if (sign_in.token_url.empty()) {
    const bool empty = sign_in.client_id.empty() && sign_in.scope.empty() && sign_in.key_id.empty();
    return empty ? absl::OkStatus() : Want(at + ".token_url", "an https address");
  }
  if (!IsReachable(sign_in.token_url, endpoint)) {
    return Want(at + ".token_url", "an https address");
  }
  if (sign_in.client_id.empty() || !IsText(sign_in.client_id)) {
    return Want(at + ".client_id", "1..256 bytes of text");
  }
  if (sign_in.scope.empty() || !IsText(sign_in.scope)) {
    return Want(at + ".scope", "1..256 bytes of text");
  }
  return IsShortId(sign_in.key_id) ? absl::OkStatus() : Want(at + ".key_id", kWantToken);
}

absl::Status ValidateFhirEndpoint(const MemberEndpoint& endpoint, const std::string& at) {
  if (!IsReachable(endpoint.address, endpoint)) {
    return Want(at + ".address", endpoint.allow_private_address
                                     ? "an https address, or an http one of the loopback"
                                     : "an https address");
  }
  HIE_RETURN_IF_ERROR(ValidateSignIn(endpoint, at + ".sign_in"));
  return ValidateQuirks(endpoint.quirks, at + ".quirks");
}

absl::Status ValidateKeySet(const ApiClient& client, const std::string& at) {
  if (client.jwks.empty() == client.jwks_url.empty()) {
    return Want(at + ".jwks", "one of jwks and jwks_url");
  }
  if (!client.jwks_url.empty()) {
    return IsHttpsAddress(client.jwks_url) ? absl::OkStatus()
                                           : Want(at + ".jwks_url", "an https address");
  }
  const auto keys = crypto::ReadJwkSet(client.jwks);
  return keys.ok() ? absl::OkStatus() : Want(at + ".jwks", keys.status().message());
}

absl::Status ValidateRights(const ApiClient& client, const std::string& at) {
  if (client.scopes.empty() || client.scopes.size() > kScopesMax) {
    return Want(at + ".scopes", "1..64");
  }
  absl::flat_hash_set<absl::string_view> scopes;
  for (size_t i = 0; i < client.scopes.size(); ++i) {
    if (!IsApiScope(client.scopes[i])) {
      return Want(At(at + ".scopes", i), "system/<type>.<cruds> or the name of a transaction");
    }
    if (!scopes.insert(client.scopes[i]).second) return Want(At(at + ".scopes", i), "each once");
  }
  absl::flat_hash_set<int> purposes;
  for (size_t i = 0; i < client.purposes.size(); ++i) {
    const Purpose purpose = client.purposes[i];
    if (purpose == Purpose::kUnspecified) return Want(At(at + ".purposes", i), "a value");
    if (!purposes.insert(static_cast<int>(purpose)).second) {
      return Want(At(at + ".purposes", i), "each once");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateClient(const ApiClient& client, const std::string& at) {
  if (!IsClientId(client.id)) return Want(at + ".id", "1..64 of a-z 0-9 . -");
  if (!IsText(client.name)) return Want(at + ".name", kWantText);
  HIE_RETURN_IF_ERROR(ValidateKeySet(client, at));
  HIE_RETURN_IF_ERROR(ValidateRights(client, at));
  if (!client.certificate_sha256.empty() && !IsSha256Hex(client.certificate_sha256)) {
    return Want(at + ".certificate_sha256", "64 lower-case hexadecimal digits");
  }
  return absl::OkStatus();
}

bool HasDomain(const Member& member, absl::string_view oid) {
  return std::any_of(member.domains.begin(), member.domains.end(),
                     [&](const PatientIdDomain& domain) { return domain.oid == oid; });
}

absl::Status ValidatePeers(const Hl7Source& source, const std::string& at) {
  if (source.peers.size() > kPeersMax) return Want(at + ".peers", "at most 32");
  for (size_t i = 0; i < source.peers.size(); ++i) {
    if (!IsSha256Hex(source.peers[i]) && !IsIpPrefix(source.peers[i])) {
      return Want(At(at + ".peers", i),
                  "a SHA-256 in lower-case hexadecimal, or a prefix as "
                  "10.0.0.0/8 whose other bits are zero");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateSource(const Member& member, const Hl7Source& source, const std::string& at) {
  if (!IsHdComponent(source.sending_application) && !source.sending_application.empty()) {
    return Want(at + ".sending_application", "MSH-3.1: text without separators");
  }
  if (!IsHdComponent(source.sending_facility)) {
    return Want(at + ".sending_facility", "MSH-4.1: text without separators");
  }
  if (!source.default_domain.empty() && !HasDomain(member, source.default_domain)) {
    return Want(at + ".default_domain", "a patient-id domain of the member");
  }
  if (std::find(std::begin(kCharsets), std::end(kCharsets), source.charset) ==
      std::end(kCharsets)) {
    return Want(at + ".charset", "UTF-8, ISO-8859-1, WINDOWS-1252 or nothing");
  }
  if (!source.time_zone.empty() && !IsZoneName(source.time_zone)) {
    return Want(at + ".time_zone", "an IANA zone name");
  }
  if (!source.processing_id.empty() && source.processing_id != "P" && source.processing_id != "T" &&
      source.processing_id != "D") {
    return Want(at + ".processing_id", "P, T, D or nothing");
  }
  return ValidatePeers(source, at);
}

}  // namespace

absl::Status ValidateEndpoints(const Member& member) {
  if (member.endpoints.size() > kEndpointsMax) return Want("endpoints", "at most 8");
  for (size_t i = 0; i < member.endpoints.size(); ++i) {
    const MemberEndpoint& endpoint = member.endpoints[i];
    const std::string at = At("endpoints", i);
    if (endpoint.kind == EndpointKind::kUnspecified) return Want(at + ".kind", "a value");
    if (endpoint.kind == EndpointKind::kFhirR4) {
      HIE_RETURN_IF_ERROR(ValidateFhirEndpoint(endpoint, at));
    } else if (!endpoint.address.empty()) {
      return Want(at + ".address", "none: this kind is not dialled");
    } else if (endpoint.allow_private_address) {
      return Want(at + ".allow_private_address", "none: this kind is not dialled");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateClients(const Member& member) {
  if (member.clients.size() > kClientsMax) return Want("clients", "at most 64");
  absl::flat_hash_set<absl::string_view> ids;
  for (size_t i = 0; i < member.clients.size(); ++i) {
    HIE_RETURN_IF_ERROR(ValidateClient(member.clients[i], At("clients", i)));
    if (!ids.insert(member.clients[i].id).second) {
      return Want(At("clients", i, ".id"), "each id once");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateSources(const Member& member) {
  if (member.hl7_sources.size() > kSourcesMax) return Want("hl7_sources", "at most 64");
  absl::flat_hash_set<std::pair<absl::string_view, absl::string_view>> seen;
  for (size_t i = 0; i < member.hl7_sources.size(); ++i) {
    const Hl7Source& source = member.hl7_sources[i];
    HIE_RETURN_IF_ERROR(ValidateSource(member, source, At("hl7_sources", i)));
    if (!seen.insert({source.sending_application, source.sending_facility}).second) {
      return Want(At("hl7_sources", i), "each application and facility once");
    }
  }
  return absl::OkStatus();
}

}  // namespace hie::directory
