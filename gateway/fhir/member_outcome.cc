#include "gateway/fhir/member_outcome.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/federated_answer.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {
namespace {

using exchange::v1::MemberOutcome;

constexpr char kOutcomeExtension[] = "https://hie.example/fhir/StructureDefinition/member-outcome";
constexpr char kUriSystem[] = "urn:ietf:rfc:3986";

constexpr OutcomeWords kPartialUpstream = {"partial-upstream", "incomplete",
                                           "The source's own answer was partial."};
constexpr OutcomeWords kProtocolError = {"protocol-error", "exception",
                                         "The source failed to answer."};

// By number of MemberOutcomeCode.
constexpr std::array<OutcomeWords, 16> kWords = {{
    kProtocolError,
    {"ok", "informational", "The source answered in full."},
    {"timeout", "timeout", "The source did not answer in time; its documents may be missing."},
    {"unreachable", "transient", "The source could not be reached."},
    {"circuit-open", "transient",
     "The source is known to be down and was not asked; entries shown come from the exchange's "
     "index."},
    {"shed", "throttled", "The source was not asked: too many requests to it are under way."},
    {"throttled", "throttled", "The source asked to be asked again later."},
    kPartialUpstream,  // REFUSED
    {"auth-failed", "login", "The exchange could not sign in at the source."},
    {"bad-response", "structure", "The source's answer could not be read."},
    kProtocolError,
    {"too-large", "too-long", "The source's answer was cut at a limit; narrow the query."},
    {"patient-unknown", "incomplete",
     "The source does not know the patient although it is expected to."},
    {"wrong-patient", "invariant",
     "The source answered with another person's data, which was dropped."},
    kPartialUpstream,
    {"stale-index", "incomplete", "Entries shown of this source come from the exchange's index."},
}};

json::Value Part(absl::string_view url, absl::string_view name, json::Value value) {
  json::Value part = json::Value::Object();
  part.Set("url", json::Value::String(url));
  part.Set(name, std::move(value));
  return part;
}

json::Value OutcomeExtension(const Call& call, const MemberOutcome& outcome) {
  json::Value identifier = json::Value::Object();
  identifier.Set("system", json::Value::String(kUriSystem));
  identifier.Set("value", json::Value::String(CommunityOf(call, outcome.member())));
  json::Value parts = json::Value::Array();
  parts.Append(Part("member", "valueIdentifier", std::move(identifier)));
  parts.Append(Part("elapsedMs", "valueInteger", json::Value::Integer(outcome.elapsed_millis())));
  if (outcome.index_entries() > 0) {
    parts.Append(
        Part("expectedDocuments", "valueInteger", json::Value::Integer(outcome.index_entries())));
  }
  json::Value extension = json::Value::Object();
  extension.Set("url", json::Value::String(kOutcomeExtension));
  extension.Set("extension", std::move(parts));
  return extension;
}

// The source gave nothing and did not say that there is nothing.
bool GaveNothing(const MemberOutcome& outcome) {
  switch (outcome.code()) {
    case exchange::v1::MEMBER_OUTCOME_CODE_OK:
    case exchange::v1::MEMBER_OUTCOME_CODE_TOO_LARGE:
    case exchange::v1::MEMBER_OUTCOME_CODE_PATIENT_UNKNOWN:
    case exchange::v1::MEMBER_OUTCOME_CODE_PARTIAL_UPSTREAM:
    case exchange::v1::MEMBER_OUTCOME_CODE_STALE_INDEX:
      return false;
    default:
      return outcome.items() == 0;
  }
}

}  // namespace

const OutcomeWords& WordsOf(exchange::v1::MemberOutcomeCode code) {
  const auto number = static_cast<size_t>(code);
  return number < kWords.size() ? kWords[number] : kProtocolError;
}

std::string CommunityOf(const Call& call, absl::string_view member) {
  const Member* found = call.directory().FindMember(MemberId(member));
  if (found == nullptr || found->home_community.empty()) return std::string(member);
  return OidUrn(found->home_community);
}

std::vector<Issue> OutcomeIssues(const Call& call, const FederatedAnswer& answer,
                                 Severity severity) {
  std::vector<Issue> issues;
  for (const MemberOutcome& outcome : answer.outcomes) {
    if (outcome.code() == exchange::v1::MEMBER_OUTCOME_CODE_OK) continue;
    const OutcomeWords& words = WordsOf(outcome.code());
    issues.push_back(Issue{.severity = severity,
                           .code = words.issue_code,
                           .system = kMemberOutcomeSystem,
                           .detail_code = words.code,
                           .text = std::string(words.text),
                           .expression = {},
                           .extensions = {OutcomeExtension(call, outcome)}});
  }
  if (severity != Severity::kError && !answer.end.notice().empty()) {
    issues.push_back(Issue{.severity = Severity::kInformation,
                           .code = "informational",
                           .system = kOutcomeSystem,
                           .detail_code = "notice",
                           .text = answer.end.notice()});
  }
  return issues;
}

std::string CompletenessHeader(const FederatedAnswer& answer) {
  const uint32_t expected = answer.end.expected();
  const uint32_t answered = std::min(answer.end.answered(), expected);
  uint32_t index_only = 0;
  for (const MemberOutcome& outcome : answer.outcomes) {
    const bool in_full = outcome.code() == exchange::v1::MEMBER_OUTCOME_CODE_OK;
    if (!in_full && outcome.index_entries() > 0) ++index_only;
  }
  index_only = std::min(index_only, expected - answered);
  return absl::StrCat("expected=", expected, ", answered=", answered, ", index-only=", index_only,
                      ", missing=", expected - answered - index_only);
}

std::string CompletenessCode(exchange::v1::Completeness completeness) {
  switch (completeness) {
    case exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED:
      return "complete-as-permitted";
    case exchange::v1::COMPLETENESS_INDEX_ONLY:
      return "index-only";
    case exchange::v1::COMPLETENESS_NO_KNOWN_SOURCE:
      return "no-known-source";
    default:
      return "partial";
  }
}

std::optional<Failure> TotalFailure(const Call& call, const FederatedAnswer& answer) {
  const bool nothing = !answer.outcomes.empty() && answer.items.empty() && answer.index.empty() &&
                       std::all_of(answer.outcomes.begin(), answer.outcomes.end(), GaveNothing);
  if (!nothing) return std::nullopt;
  const bool timed_out =
      std::any_of(answer.outcomes.begin(), answer.outcomes.end(), [](const MemberOutcome& outcome) {
        return outcome.code() == exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT;
      });
  Failure failure;
  failure.http_status = timed_out ? 504 : 503;
  failure.retry_after_seconds = timed_out ? 0 : 2;
  failure.issues = OutcomeIssues(call, answer, Severity::kError);
  failure.headers = {{"HIE-Completeness", CompletenessHeader(answer)}};
  return failure;
}

Issue UnreadableItem() {
  Issue issue;
  issue.severity = Severity::kWarning;
  issue.code = "structure";
  issue.system = kMemberOutcomeSystem;
  issue.detail_code = "bad-response";
  issue.text = "A statement of a source could not be read and was left out.";
  return issue;
}

}  // namespace hie::fhir
