#include "gateway/fhir/testing/fake_access.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::fhir::testing {

absl::StatusOr<auth::ApiCaller> FakeAccess::Authenticate(absl::string_view authorization,
                                                         absl::string_view,
                                                         absl::string_view) const {
  if (!absl::ConsumePrefix(&authorization, "Bearer ")) {
    return absl::UnauthenticatedError("token: none");
  }
  if (authorization == "bad") return absl::UnauthenticatedError("token: expired");
  auth::ApiCaller caller;
  // "good@ana": a person of the client of "good".
  const size_t at = std::min(authorization.find('@'), authorization.size());
  caller.caller.actor.user = std::string(absl::StripPrefix(authorization.substr(at), "@"));
  authorization = authorization.substr(0, at);
  caller.client_id = absl::StrCat("client-", authorization);
  caller.caller.kind = rpc::CallerKind::kMember;
  caller.caller.actor.member = MemberId("north");
  caller.caller.actor.client_key = caller.client_id;
  if (authorization != "aimless") caller.caller.actor.purpose = Purpose::kTreat;
  if (authorization != "poor") caller.scopes = {"system/*.cruds"};
  return caller;
}

}  // namespace hie::fhir::testing
