#include "gateway/fhir/outcome.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::fhir {
namespace {

// How long a client shall wait that was turned away for load or start-up.
constexpr int kRetryAfterSeconds = 2;

absl::string_view SeverityWord(Severity severity) {
  switch (severity) {
    case Severity::kInformation:
      return "information";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      break;
  }
  return "error";
}

json::Value Details(const Issue& issue) {
  json::Value details = json::Value::Object();
  if (!issue.detail_code.empty()) {
    json::Value coding = json::Value::Object();
    if (!issue.system.empty()) coding.Set("system", json::Value::String(issue.system));
    coding.Set("code", json::Value::String(issue.detail_code));
    details.Set("coding", json::Value::Array({std::move(coding)}));
  }
  if (!issue.text.empty()) details.Set("text", json::Value::String(issue.text));
  return details;
}

json::Value IssueElement(const Issue& issue, absl::string_view diagnostics) {
  json::Value element = json::Value::Object();
  if (!issue.extensions.empty()) element.Set("extension", json::Value::Array(issue.extensions));
  element.Set("severity", json::Value::String(SeverityWord(issue.severity)));
  element.Set("code", json::Value::String(issue.code));
  if (json::Value details = Details(issue); !details.members().empty()) {
    element.Set("details", std::move(details));
  }
  if (!diagnostics.empty()) element.Set("diagnostics", json::Value::String(diagnostics));
  if (!issue.expression.empty()) {
    json::Value expressions = json::Value::Array();
    for (const std::string& expression : issue.expression) {
      expressions.Append(json::Value::String(expression));
    }
    element.Set("expression", std::move(expressions));
  }
  return element;
}

Failure Coded(int http_status, absl::string_view issue_code, absl::string_view detail_code,
              std::string text) {
  Failure failure = Fail(http_status, issue_code, std::move(text));
  failure.issues.front().system = kOutcomeSystem;
  failure.issues.front().detail_code = detail_code;
  return failure;
}

Failure RetryLater(Failure failure) {
  failure.retry_after_seconds = kRetryAfterSeconds;
  return failure;
}

Failure Unauthenticated() {
  Failure failure = Fail(401, "login", "A valid access token is needed.");
  failure.authenticate_error = "invalid_token";
  return failure;
}

Failure FromPrecondition(const absl::Status& status) {
  if (absl::StrContains(status.message(), "identity-split")) {
    return Coded(410, "deleted", "identity-split",
                 "The person's id was retired; find the person again by a local id.");
  }
  return Fail(422, "business-rule", "The request was understood and is refused by a rule.");
}

}  // namespace

Failure Fail(int http_status, absl::string_view issue_code, std::string text,
             absl::string_view expression) {
  Issue issue{.severity = Severity::kError, .code = issue_code, .text = std::move(text)};
  if (!expression.empty()) issue.expression.emplace_back(expression);
  Failure failure{.http_status = http_status, .issues = {}};
  failure.issues.push_back(std::move(issue));
  return failure;
}

Failure FailXds(int http_status, absl::string_view issue_code, absl::string_view xds_code,
                std::string text, absl::string_view expression) {
  Failure failure = Fail(http_status, issue_code, std::move(text), expression);
  failure.issues.front().system = kXdsErrorSystem;
  failure.issues.front().detail_code = xds_code;
  return failure;
}

Failure FromStatus(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Fail(400, "value", "A value of the request is not acceptable.");
    case absl::StatusCode::kUnauthenticated:
      return Unauthenticated();
    case absl::StatusCode::kPermissionDenied:
      return Fail(403, "forbidden", "The access is not permitted.");
    case absl::StatusCode::kNotFound:
      return Fail(404, "not-found", "There is no such resource.");
    case absl::StatusCode::kFailedPrecondition:
      return FromPrecondition(status);
    case absl::StatusCode::kAborted:
      // A read under which consent or identity moved: nothing was named that could be stale.
      if (absl::EndsWith(status.message(), "ask again")) {
        return RetryLater(
            Fail(503, "transient", "What was asked for changed meanwhile; ask again."));
      }
      return Fail(412, "conflict", "The resource is not in the version that was named.");
    case absl::StatusCode::kAlreadyExists:
      return Fail(409, "duplicate", "The resource exists with other content.");
    case absl::StatusCode::kResourceExhausted:
      return RetryLater(Coded(503, "throttled", "XDSRegistryBusy",
                              "The exchange is shedding load; try again later."));
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      return RetryLater(Fail(503, "transient", "The exchange cannot answer now; try again later."));
    case absl::StatusCode::kDeadlineExceeded:
      return Fail(504, "timeout", "No answer within the time allowed.");
    case absl::StatusCode::kDataLoss:
      return Fail(502, "exception", "The source's content is not what was registered.");
    case absl::StatusCode::kUnimplemented:
      return Fail(501, "not-supported", "The interaction is not offered.");
    default:
      return Fail(500, "exception", "An error of the exchange; name the request id to support.");
  }
}

json::Value OutcomeResource(const std::vector<Issue>& issues, absl::string_view request_id) {
  json::Value resource = json::Value::Object();
  resource.Set("resourceType", json::Value::String("OperationOutcome"));
  std::string diagnostics = request_id.empty() ? "" : absl::StrCat("request ", request_id);
  json::Value elements = json::Value::Array();
  for (const Issue& issue : issues) {
    elements.Append(IssueElement(issue, diagnostics));
    diagnostics.clear();
  }
  if (issues.empty()) {  // FHIR wants one at least.
    const Issue good{
        .severity = Severity::kInformation, .code = "informational", .text = "All is well."};
    elements.Append(IssueElement(good, diagnostics));
  }
  resource.Set("issue", std::move(elements));
  return resource;
}

}  // namespace hie::fhir
