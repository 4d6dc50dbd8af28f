#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/auth/api_access.h"
#include "services/common/json/value.h"
#include "services/common/json/writer.h"
#include "services/common/labels/access.h"

// For whom and why a backend client asks: the claims of IHE IUA (`extensions.ihe_iua`) or of UDAP
// (`extensions.hl7-b2b`), and our break-glass declaration (`extensions.hie_break_glass`).
namespace hie::auth {

inline constexpr char kActReasonSystem[] = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
inline constexpr char kUserRoleSystem[] = "https://hie.example/fhir/CodeSystem/user-role";
inline constexpr size_t kSubjectTextBytesMax = 256;

// What a client says of its user.
struct SubjectClaims {
  std::string subject_name;
  std::string organization;
  std::string organization_id;
  std::string home_community_id;  // OID without `urn:oid:`.
  std::string person_id;          // Within the member; at most 128 bytes.
  std::string npi;
  std::vector<std::string> roles;  // Of kUserRoles, as far as its codes are known here.
  Purpose purpose = Purpose::kUnspecified;
  std::optional<BreakGlassClaims> break_glass;
};

// Reads the `extensions` of an assertion; null: none.
//
// Roles are our own words, or SNOMED CT and NUCC codes of physicians; other codes are ignored,
// since they open nothing.  INVALID_ARGUMENT: both IUA and UDAP claims, a claim of another type or
// longer than 256 bytes, more than one purpose or one that is not of v3 ActReason, a declaration
// that is neither a session nor complete.  The message names the claim and repeats nothing.
absl::StatusOr<SubjectClaims> ParseSubjectClaims(const json::Value* extensions);

// Tells whether the claims hang together.
//
// INVALID_ARGUMENT: BTG without a declaration, or a declaration without subject_name, person_id, a
// physician's role and the purpose BTG or ETREAT: glass is broken by a person, never by a system.
absl::Status CheckSubjectClaims(const SubjectClaims& claims);

// Writes the member `extensions` of an access token as IUA has it, roles in our own words.
// ParseSubjectClaims reads it back.
void WriteSubject(const SubjectClaims& claims, json::Writer& w);

}  // namespace hie::auth
