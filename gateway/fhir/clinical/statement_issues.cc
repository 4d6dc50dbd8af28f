#include "gateway/fhir/clinical/statement_issues.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/exchange/clinical_view.h"
#include "gateway/fhir/member_outcome.h"

namespace hie::fhir {
namespace {

constexpr char kObligationSystem[] = "https://hie.example/fhir/CodeSystem/obligation";
constexpr char kNoInformation[] = "no-information";
// 42 CFR 2.32(a)(2): the short form of the notice.
constexpr char kRedisclosureNotice[] =
    "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

Issue Information(absl::string_view system, absl::string_view code, std::string text) {
  Issue issue;
  issue.severity = Severity::kInformation;
  issue.code = "informational";
  issue.system = system;
  issue.detail_code = code;
  issue.text = std::move(text);
  return issue;
}

// An empty list is a member's silence, never "none".
void AddSilence(const exchange::v1::MemberOutcome& outcome,
                const std::vector<common::v1::ClinicalClass>& classes, std::vector<Issue>& issues) {
  const std::string& name =
      outcome.member_name().empty() ? outcome.member() : outcome.member_name();
  for (const int number : outcome.empty_classes()) {
    const auto clinical_class = static_cast<common::v1::ClinicalClass>(number);
    const bool asked = classes.empty() ||
                       std::find(classes.begin(), classes.end(), clinical_class) != classes.end();
    if (!asked) continue;
    const absl::string_view word = exchange::ClassWord(static_cast<ClinicalClass>(number));
    issues.push_back(
        Information(kMemberOutcomeSystem, kNoInformation,
                    absl::StrCat("No ", word, " information received from ", name, ".")));
  }
}

bool HasObligation(const FederatedAnswer& answer, absl::string_view wanted) {
  return std::any_of(answer.items.begin(), answer.items.end(), [wanted](const auto& item) {
    return std::find(item.obligations().begin(), item.obligations().end(), wanted) !=
           item.obligations().end();
  });
}

}  // namespace

std::vector<Issue> StatementIssues(const Call& call, const FederatedAnswer& answer,
                                   const std::vector<common::v1::ClinicalClass>& classes,
                                   size_t unreadable) {
  std::vector<Issue> issues = OutcomeIssues(call, answer, Severity::kWarning);
  for (const exchange::v1::MemberOutcome& outcome : answer.outcomes) {
    AddSilence(outcome, classes, issues);
  }
  if (HasObligation(answer, "redisclosure-notice")) {
    issues.push_back(Information(kObligationSystem, "redisclosure-notice", kRedisclosureNotice));
  }
  if (unreadable > 0) issues.push_back(UnreadableItem());
  return issues;
}

}  // namespace hie::fhir
