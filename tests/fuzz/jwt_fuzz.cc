// Tokens: nothing that a stranger writes is more than refused.
#include <cstdint>
#include <string>

#include "gateway/auth/access_token.h"
#include "gateway/auth/client_assertion.h"
#include "gateway/auth/jws.h"
#include "gateway/auth/user_claims.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace auth = hie::auth;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  (void)auth::ParseJws(text, "hie-user+jwt");
  (void)auth::ParseClientAssertion(text);
  (void)auth::ParseAssertionClaims(text);
  (void)auth::ReadAssertedSubject(text);
  (void)auth::ParseAccessClaims(text);
  (void)auth::ParseUserClaims(text);
  return 0;
}
