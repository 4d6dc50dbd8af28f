#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/subject_claims.h"
#include "services/common/crypto/assertion_key.h"

// The JWT with which a backend client proves who it is (RFC 7523, SMART App Launch 2.x).
namespace hie::auth {

inline constexpr size_t kAssertionBytesMax = 16 << 10;
inline constexpr size_t kJwtIdBytesMax = 128;

// An assertion taken apart.  Nothing in it is believed yet.
struct ClientAssertion {
  crypto::AssertionAlgorithm algorithm = crypto::AssertionAlgorithm::kEs384;
  std::string key_id;
  std::optional<std::string> key_set_url;  // `jku`: never fetched, only compared.
  std::string signing_input;               // header "." payload, as received.
  std::string payload;                     // Decoded.
  std::string signature;
};

// Takes an assertion apart.
//
// The header has `typ` JWT, `alg` RS384 or ES384, `kid`, and may have `jku`.  `crit`, `x5u`, `x5c`,
// `jwk`, `b64`, `zip`, `enc`, `cty` are refused: nothing in an assertion may say how it is verified
// or bring a key along.  Others are ignored (RFC 7515 section 4).  UNAUTHENTICATED,
// `client assertion: ...`; the message repeats nothing.  Total on any bytes.
absl::StatusOr<ClientAssertion> ParseClientAssertion(absl::string_view assertion);

// What an assertion claims.
struct AssertionClaims {
  std::string client_id;  // `iss` and `sub`, which are equal.
  std::string audience;
  std::string id;                                // `jti`.
  absl::Time expires_at = absl::UnixEpoch();     // `exp`.
  absl::Time issued_at = absl::InfinitePast();   // `iat`; may be absent.
  absl::Time not_before = absl::InfinitePast();  // `nbf`; may be absent.
  absl::Time auth_time = absl::UnixEpoch();      // The person's last sign-in; epoch: not said.
};

// Reads the claims of a payload, those of its person apart (ReadAssertedSubject).
//
// UNAUTHENTICATED: not an object, a name twice, `iss` and `sub` that differ, an `aud` that is not
// one string (alone or in an array of one), times that are not whole seconds, a `jti` that is not
// 1..128 printable bytes.
absl::StatusOr<AssertionClaims> ParseAssertionClaims(absl::string_view payload);

// The subject of a payload that ParseAssertionClaims takes; errors as ParseSubjectClaims.
absl::StatusOr<SubjectClaims> ReadAssertedSubject(absl::string_view payload);

// What is asked of claims beyond their shape.
struct AssertionPolicy {
  std::string audience;                            // The token endpoint's URL.
  absl::Duration leeway = absl::Seconds(30);       // Between two clocks.
  absl::Duration lifetime_max = absl::Minutes(5);  // From now to exp.
};

// Tells whether claims hold at `now`.  UNAUTHENTICATED: another audience, expired, too long a life,
// issued in the future or after it expires, issued more than lifetime_max ago, not valid yet.
absl::Status CheckAssertionClaims(const AssertionClaims& claims, const AssertionPolicy& policy,
                                  absl::Time now);

// What to assert.
struct AssertionStatement {
  std::string client_id;
  std::string token_url;
  std::string id;               // `jti`: never the same twice.
  std::string extensions_json;  // The value of `extensions`; empty: none.
  absl::Time auth_time = absl::UnixEpoch();
};

// Signs an assertion that lives four minutes from `now`: for our own sign-in at members' servers,
// for hiectl and for tests.  INTERNAL: the library refused.
absl::StatusOr<std::string> SignClientAssertion(const AssertionStatement& statement,
                                                absl::string_view key_id,
                                                const crypto::AssertionPrivateKey& key,
                                                absl::Time now);

// Signs any header and payload: for tests of what must be refused.
absl::StatusOr<std::string> SignAssertionText(absl::string_view header, absl::string_view payload,
                                              const crypto::AssertionPrivateKey& key);

}  // namespace hie::auth
