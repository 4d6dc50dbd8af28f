#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/base/strong_id.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"

namespace hie {

// Where a member stands.  Values equal hie.directory.v1.MemberState.
enum class MemberState {
  kUnspecified = 0,
  kTest = 1,       // Connection tests only.
  kShadow = 2,     // Matches and reports; contributes nothing.
  kLive = 3,       // Takes part.
  kSuspended = 4,  // Takes no part until reinstated.
};

// Whether an id may be given to another patient.  Values equal hie.directory.v1.IdReuse.
enum class IdReuse { kUnspecified = 0, kNever = 1, kPossible = 2 };

// What a key is for.  Values equal hie.directory.v1.KeyUse.
enum class KeyUse { kUnspecified = 0, kTokenSigning = 1, kClientCertificate = 2 };

// How a member is reached.  Values equal hie.directory.v1.EndpointKind.
enum class EndpointKind { kUnspecified = 0, kAgent = 1, kFhirR4 = 2, kRegistryOnly = 3 };

// A ward, clinic or programme within a facility.
struct MemberUnit {
  std::string id;  // Within the facility.
  std::string name;
  bool part2 = false;                // A Part 2 programme.
  SensitivitySet place_sensitivity;  // What presence here implies; as registered, not closed.
  std::vector<RegimeAttestation> attestations;  // That differ from the facility's.
};

// A site of a member.
struct MemberFacility {
  std::string id;  // Unique in the exchange.
  std::string name;
  std::vector<MemberUnit> units;
  std::vector<RegimeAttestation> attestations;
  SensitivitySet place_sensitivity;
  std::vector<std::string> aliases;  // As the member's own records call it.
};

// A patient-id domain of a member.
struct PatientIdDomain {
  std::string oid;  // Unique in the exchange.
  std::vector<std::string> namespace_aliases;
  bool strip_leading_zeros = false;
  bool fold_case = false;
  IdReuse reuse = IdReuse::kUnspecified;
  std::string time_zone;  // IANA; may be empty.
  std::string facility;   // Empty: the whole member.
};

// A member's key.
struct MemberKey {
  std::string id;
  KeyUse use = KeyUse::kUnspecified;
  std::string public_key;  // SPKI PEM; of certificates the SPKI's SHA-256 in lower-case hex.
  bool revoked = false;
};

// A backend client of a member (SMART Backend Services).  See hie.directory.v1.ApiClient.
struct ApiClient {
  std::string id;  // Unique in the exchange.
  std::string name;
  std::string jwks;      // JWK Set; empty where jwks_url is set.
  std::string jwks_url;  // https; empty where jwks is set.
  std::vector<std::string> scopes;
  std::vector<Purpose> purposes;
  std::string certificate_sha256;  // SPKI, lower-case hex; empty: none needed.
  bool revoked = false;
};

// How acknowledgements treat what a message means.  Values equal hie.directory.v1.AckMode.
enum class AckMode { kTolerant = 0, kStrict = 1 };

// A source of HL7 v2 messages.  See hie.directory.v1.Hl7Source.
struct Hl7Source {
  std::string sending_application;  // Empty: any of the facility.
  std::string sending_facility;
  std::string default_domain;  // OID; empty: ids without an authority are exceptions.
  std::string charset;         // Empty: by content.
  std::string time_zone;       // IANA; empty: the domain's.
  AckMode ack_mode = AckMode::kTolerant;
  bool authority_holds_type = false;
  std::string processing_id;  // Empty: P.
  std::vector<std::string> peers;
  bool takes_ssn = false;
};

// What is peculiar to a member's FHIR server.  See hie.directory.v1.FhirQuirks.
struct FhirQuirks {
  uint32_t page_size = 0;
  uint32_t concurrency = 0;
  std::vector<std::string> unsupported_types;
  std::string patient_parameter;
  bool resolves_patient_first = false;
  uint32_t clock_skew_seconds = 0;
  std::vector<std::string> refused_parameters;
};

// How the exchange signs in at a member's FHIR server.
struct FhirSignIn {
  std::string token_url;  // Empty: no token is taken.
  std::string client_id;
  std::string scope;
  std::string key_id;
};

// Where a member is reached.
struct MemberEndpoint {
  EndpointKind kind = EndpointKind::kUnspecified;
  std::string address;
  FhirSignIn sign_in = {};
  FhirQuirks quirks = {};
  bool allow_private_address = false;
};

// A member of the exchange, as the directory holds it.  Regular value.
struct Member {
  MemberId id;
  std::string name;
  std::string home_community;  // OID.
  MemberState state = MemberState::kUnspecified;
  std::vector<MemberFacility> facilities;
  std::vector<PatientIdDomain> domains;
  std::vector<MemberEndpoint> endpoints;
  std::vector<MemberKey> keys;
  std::vector<std::string> roles;  // That its users may hold.
  bool is_operator = false;
  uint64_t version = 0;
  std::vector<ApiClient> clients;
  std::vector<Hl7Source> hl7_sources;
};

// User roles, in the words of tokens and of the directory.  gateway/auth says what each may do.
inline constexpr absl::string_view kUserRoles[] = {
    "physician",       "ed_physician", "registrar",        "steward",
    "privacy_officer", "hie_admin",    "patient_advocate",
};

// Tells whether `name` is one of kUserRoles.
constexpr bool IsUserRole(absl::string_view name) {
  for (const absl::string_view role : kUserRoles) {
    if (role == name) return true;
  }
  return false;
}

// Returns TEST, SHADOW, LIVE, SUSPENDED or UNSPECIFIED.
constexpr absl::string_view MemberStateName(MemberState state) {
  switch (state) {
    case MemberState::kUnspecified:
      break;
    case MemberState::kTest:
      return "TEST";
    case MemberState::kShadow:
      return "SHADOW";
    case MemberState::kLive:
      return "LIVE";
    case MemberState::kSuspended:
      return "SUSPENDED";
  }
  return "UNSPECIFIED";
}

// Returns `id` as the domain's rules write it: surrounding spaces removed, letters in upper case
// where case carries no meaning, leading zeros removed where they carry none ("000" is "0").
//
// Idempotent.  ASCII only: other letters stay as they are.
std::string NormaliseLocalId(const PatientIdDomain& domain, absl::string_view id);

}  // namespace hie
