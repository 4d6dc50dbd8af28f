#include "gateway/fhir/patients/feed_failures.h"

#include <array>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"

namespace hie::fhir {
namespace {

Failure Coded(int http_status, absl::string_view issue_code, absl::string_view detail_code,
              std::string text, absl::string_view expression = "") {
  Failure failure = Fail(http_status, issue_code, std::move(text), expression);
  failure.issues.front().system = kOutcomeSystem;
  failure.issues.front().detail_code = detail_code;
  return failure;
}

constexpr absl::string_view kSurvivor = "Patient.link.where(type='replaced-by').other";

// Fields of the exchange, and the elements that they are read from.
constexpr std::array<std::pair<absl::string_view, absl::string_view>, 9> kElements = {{
    {"names", "Patient.name"},
    {"birth_date", "Patient.birthDate"},
    {"birth_order", "Patient.multipleBirth"},
    {"sex", "Patient.gender"},
    {"addresses", "Patient.address"},
    {"phones", "Patient.telecom"},
    {"emails", "Patient.telecom"},
    {"deceased", "Patient.deceased"},
    {"mother_maiden_name", "Patient.extension"},
}};

absl::string_view ElementOf(absl::string_view problem) {
  for (const auto& [field, element] : kElements) {
    if (absl::StrContains(problem, field)) return element;
  }
  return "Patient.identifier";
}

}  // namespace

Failure NotYourDomain() {
  return Fail(403, "forbidden", "The identifier is not of a domain of your organisation.",
              "http.identifier");
}

Failure InactiveWithoutLink() {
  return Coded(422, "not-supported", "InactiveWithoutLink",
               "An inactive patient must say what replaces it; to remove it, delete it.",
               "Patient.active");
}

Failure MergedAway() {
  return Coded(409, "conflict", "MergedAway",
               "The identifier was merged away; say active true to take the merge back.",
               "Patient.identifier");
}

Failure StaleUpdate() {
  return Coded(409, "conflict", "StaleUpdate",
               "A newer version is held; this one was not applied.");
}

Issue HeldIssue() {
  Issue issue;
  issue.severity = Severity::kWarning;
  issue.code = "business-rule";
  issue.system = kOutcomeSystem;
  issue.detail_code = "IdentityHold";
  issue.text =
      "The patient contradicts what this identifier said before; it is kept, and released to "
      "nobody until a steward decides.";
  return issue;
}

Failure MergeFailure(mpi::v1::MergeOutcome outcome) {
  switch (outcome) {
    case mpi::v1::MERGE_OUTCOME_SAME_ID:
      return Coded(409, "conflict", "MergeSameIdentifier",
                   "An identifier cannot be merged into itself.", kSurvivor);
    case mpi::v1::MERGE_OUTCOME_SUBSUMED_UNKNOWN:
      return Coded(404, "not-found", "MergeSubsumedUnknown",
                   "The identifier to be merged away is unknown.", "Patient.identifier");
    case mpi::v1::MERGE_OUTCOME_SURVIVOR_UNKNOWN:
      return Coded(422, "not-found", "MergeSurvivorUnknown",
                   "The surviving identifier is unknown; register it first.", kSurvivor);
    case mpi::v1::MERGE_OUTCOME_MERGED_ELSEWHERE:
      return Coded(409, "conflict", "MergedElsewhere",
                   "The identifier has been merged into another one before.", kSurvivor);
    case mpi::v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED:
      return Coded(409, "conflict", "MergeCycle",
                   "The surviving identifier has itself been merged away.");
    case mpi::v1::MERGE_OUTCOME_DOMAINS_DIFFER:
      return Coded(400, "value", "MergeDomainsDiffer",
                   "Both identifiers must be of the same domain.", kSurvivor);
    default:
      return Fail(500, "exception", "The merge was not made.");
  }
}

Failure RegistrationFailure(const exchange::v1::RegisteredPatient& registered) {
  const auto code = static_cast<absl::StatusCode>(registered.problem_code());
  if (code == absl::StatusCode::kInvalidArgument || registered.problem_code() == 0) {
    return Fail(400, "value", "An element has not the form or length that it must have.",
                ElementOf(registered.problem()));
  }
  if (code == absl::StatusCode::kAborted) {
    return Fail(412, "conflict", "The version in If-Match is not the one that is held.");
  }
  return FromStatus(absl::Status(code, registered.problem()));
}

}  // namespace hie::fhir
