#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/json/value.h"

// OperationOutcome: the one catalogue of what the FHIR door says when something is wrong.
namespace hie::fhir {

inline constexpr char kOutcomeSystem[] = "https://hie.example/fhir/CodeSystem/outcome";
inline constexpr char kXdsErrorSystem[] = "https://hie.example/fhir/CodeSystem/xds-error";
inline constexpr char kMemberOutcomeSystem[] = "https://hie.example/fhir/CodeSystem/member-outcome";
inline constexpr char kCompletenessSystem[] = "https://hie.example/fhir/CodeSystem/completeness";

enum class Severity { kInformation, kWarning, kError };

// One issue.  `text` is a fixed sentence of ours: nothing of the caller's or of a member's is in
// it.
struct Issue {
  Severity severity = Severity::kError;
  absl::string_view code;         // FHIR issue-type: "required", "not-found", ...
  absl::string_view system = "";  // Of detail_code.
  absl::string_view detail_code = "";
  std::string text;
  std::vector<std::string> expression = {};  // FHIRPath of the element, or "http.<parameter>".
  std::vector<json::Value> extensions = {};
};

// A failed answer: status and issues.
struct Failure {
  int http_status = 400;
  std::vector<Issue> issues;
  // Of a 401: the `error` of WWW-Authenticate; of 429/503 the seconds of Retry-After; empty: none.
  std::string authenticate_error = {};
  int retry_after_seconds = 0;
  // Further header fields: HIE-Completeness of a federated failure.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// Short forms of frequent failures.  `expression` may be empty.
Failure Fail(int http_status, absl::string_view issue_code, std::string text,
             absl::string_view expression = "");
Failure FailXds(int http_status, absl::string_view issue_code, absl::string_view xds_code,
                std::string text, absl::string_view expression = "");

// What a failed call of the exchange is to a FHIR client.  INVALID_ARGUMENT 400 value with the
// field's name mapped by the interaction beforehand where it matters; NOT_FOUND 404;
// PERMISSION_DENIED 403; FAILED_PRECONDITION 422 (identity-split: 410); ABORTED 412; ALREADY_EXISTS
// 409; RESOURCE_EXHAUSTED 503 throttled; UNAVAILABLE 503 transient; DEADLINE_EXCEEDED 504;
// DATA_LOSS 502; else 500.  Texts are the catalogue's.
Failure FromStatus(const absl::Status& status);

// The OperationOutcome of issues; `request_id` stands in the first issue's diagnostics.
json::Value OutcomeResource(const std::vector<Issue>& issues, absl::string_view request_id);

}  // namespace hie::fhir
