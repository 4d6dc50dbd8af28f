#include "gateway/auth/oauth_answer.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "services/common/json/writer.h"

namespace hie::auth {
namespace {

constexpr absl::string_view kRetryAfterSeconds = "5";

http::Response Refuse(int status, absl::string_view error, absl::string_view description) {
  json::Writer w;
  w.BeginObject().Text("error", error).Text("error_description", description).EndObject();
  return JsonAnswer(status, std::move(w).Take(), Caching::kNone);
}

}  // namespace

http::Response JsonAnswer(int status, std::string body, Caching caching) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json;charset=utf-8");
  if (caching == Caching::kFiveMinutes) {
    response.headers.Add("Cache-Control", "public, max-age=300");
  } else {
    response.headers.Add("Cache-Control", "no-store");
    response.headers.Add("Pragma", "no-cache");
  }
  response.body = std::move(body);
  return response;
}

http::Response RefusalAnswer(const absl::Status& refused) {
  const absl::string_view why = refused.message();
  switch (refused.code()) {
    case absl::StatusCode::kInvalidArgument:
      return Refuse(400, "invalid_request", why);
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return Refuse(400, "invalid_client", why);
    case absl::StatusCode::kPermissionDenied:
      return Refuse(400, "invalid_scope", why);
    case absl::StatusCode::kUnimplemented:
      return Refuse(400, "unsupported_grant_type", why);
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted: {
      http::Response response = Refuse(503, "temporarily_unavailable", "try again");
      response.headers.Add("Retry-After", kRetryAfterSeconds);
      return response;
    }
    default:
      return Refuse(500, "server_error", "");
  }
}

http::Response NotFoundAnswer() { return Refuse(404, "not_found", "nothing is here"); }

http::Response MethodAnswer(absl::string_view allow) {
  http::Response response = Refuse(405, "invalid_request", "want another method");
  response.headers.Add("Allow", allow);
  return response;
}

http::Response MediaTypeAnswer() {
  return Refuse(415, "invalid_request", "want application/x-www-form-urlencoded");
}

http::Response OtherSignInAnswer() {
  http::Response response =
      Refuse(401, "invalid_client", "want private_key_jwt: a client_assertion in the form");
  // RFC 6749 section 5.2 wants the scheme that was tried; there is no secret that fits it.
  response.headers.Add("WWW-Authenticate", "Basic realm=\"token\"");
  return response;
}

bool IsForm(absl::string_view content_type) {
  const std::vector<absl::string_view> parts = absl::StrSplit(content_type, ';');
  if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[0]),
                              "application/x-www-form-urlencoded")) {
    return false;
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[i]), "charset=utf-8"))
      return false;
  }
  return true;
}

}  // namespace hie::auth
