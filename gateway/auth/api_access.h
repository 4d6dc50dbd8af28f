#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/patient/local_patient.h"
#include "services/common/rpc/caller.h"

// What a bearer of an access token may do at the FHIR door (SMART App Launch 2.x Backend Services,
// IHE IUA ITI-71/72).
namespace hie::auth {

// A break-glass declaration that the client's signed assertion carried.
struct BreakGlassClaims {
  std::string session_id;  // Of a session that is open; empty: declare with what follows.
  std::string reason;      // Word of hie.consent.v1.EmergencyReason, without prefix.
  std::string encounter;
  std::string family;      // Re-entered.
  std::string birth_date;  // Re-entered, YYYY-MM-DD.
  bool attests_emergency = false;
  bool attests_consent_impracticable = false;
  bool attests_information_needed = false;
  std::string narrative;
};

// An access token that was verified, and who shows it.
struct ApiCaller {
  rpc::Caller caller;  // kMember; actor.client_key is the client id.
  std::string client_id;
  std::vector<std::string> scopes;  // As granted: SMART v2 ("system/Patient.rs") or IUA ("ITI-78").
  std::optional<BreakGlassClaims> break_glass;
  std::string subject_name;  // IUA/UDAP: for the audit; may be empty.
};

// One SMART v2 need: a resource type and one of c r u d s.
struct ScopeNeed {
  absl::string_view resource;  // "Patient", "DocumentReference", "Binary", ...
  char action;                 // 'c', 'r', 'u', 'd' or 's'.
  absl::string_view iua;       // "ITI-67"; empty: none.
};

// Tells whether granted scopes cover `need`: `system/Patient.rs`, `system/*.r`, or the IUA word.
// `user/` and `patient/` scopes, v1 words and scopes with a query cover nothing.
bool ScopesCover(const std::vector<std::string>& scopes, const ScopeNeed& need);

// Verifies access tokens.  Thread-safe; does not block; a token seen before costs no signature.
class ApiAccess {
 public:
  virtual ~ApiAccess() = default;

  // UNAUTHENTICATED (401): no token, or one that cannot be used: malformed, expired, another
  // audience, a revoked client, another certificate than it is bound to.  The message says which
  // kind and repeats nothing of the token.  UNAVAILABLE: no directory.
  virtual absl::StatusOr<ApiCaller> Authenticate(absl::string_view authorization,
                                                 absl::string_view certificate_sha256,
                                                 absl::string_view request_id) const = 0;
};

}  // namespace hie::auth
