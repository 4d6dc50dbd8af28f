#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"

// The token endpoint's answers (RFC 6749 section 5): JSON, never stored, repeating nothing of the
// request.
namespace hie::auth {

enum class Caching { kNone, kFiveMinutes };

http::Response JsonAnswer(int status, std::string body, Caching caching);

// How a refusal is told:
//   INVALID_ARGUMENT                 400 invalid_request
//   UNAUTHENTICATED, ALREADY_EXISTS  400 invalid_client (the client did not use HTTP's own sign-in)
//   FAILED_PRECONDITION              400 invalid_client
//   PERMISSION_DENIED                400 invalid_scope
//   UNIMPLEMENTED                    400 unsupported_grant_type
//   UNAVAILABLE, RESOURCE_EXHAUSTED  503 temporarily_unavailable, Retry-After
//   else                             500 server_error, without words
http::Response RefusalAnswer(const absl::Status& refused);

http::Response NotFoundAnswer();                       // 404
http::Response MethodAnswer(absl::string_view allow);  // 405
http::Response MediaTypeAnswer();                      // 415
http::Response OtherSignInAnswer();                    // 401: HTTP Basic and the like.

// Tells whether a content type is application/x-www-form-urlencoded, in UTF-8 where it says so.
bool IsForm(absl::string_view content_type);

}  // namespace hie::auth
