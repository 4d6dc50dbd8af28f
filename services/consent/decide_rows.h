#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "services/consent/decide.h"
#include "services/consent/sample_consent.h"

// Golden rows of the decision, and the words that they are written in.
namespace hie::consent::rows {

using sample::As;
using sample::Certain;
using sample::Forbidding;
using sample::kNow;
using sample::MakeDirective;
using sample::MakeItem;
using sample::MakeRequest;
using sample::MakeRule;
using sample::MakeSession;
using sample::Possible;
using sample::WithRule;

constexpr Verdict kP = Verdict::kPermit;
constexpr Verdict kO = Verdict::kDenyOverridable;
constexpr Verdict kS = Verdict::kDenySealed;
constexpr Effect kPermit = Effect::kPermit;
constexpr Effect kDeny = Effect::kDeny;

// One golden row: who wishes what, who asks for what, and what comes of it.
struct Row {
  const char* name;
  std::vector<LinkedDirective> directives;
  Purpose purpose;
  Item item;
  std::optional<SessionState> session;
  Verdict verdict;
  std::string reason;  // One that must be among the reasons; empty: any.
  Action action = Action::kRetrieve;
  std::vector<std::string> obligations = {};
  const char* policy = "us-optout";
};

inline void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

inline SensitivitySet One(Sensitivity sensitivity) { return SensitivitySet::Of(sensitivity); }

inline Item Unknown(Sensitivity sensitivity) {
  Item item = MakeItem("i");
  item.labels.known = SensitivitySet::All().Without(One(sensitivity));
  return item;
}

inline Item OfClass(ClinicalClass clinical_class, SensitivitySet sensitivity = SensitivitySet()) {
  Item item = MakeItem("i", sensitivity);
  item.clinical_class = clinical_class;
  return item;
}

inline Item Undated() {
  Item item = MakeItem("i");
  item.service = ServicePeriod();
  return item;
}

inline Match Custodian(const char* member) {
  Match match;
  match.custodians = {member};
  return match;
}

inline Match Sensitive(Sensitivity sensitivity) {
  Match match;
  match.sensitivities = One(sensitivity);
  return match;
}

inline Match For(Purpose purpose) {
  Match match;
  match.purposes = {purpose};
  return match;
}

inline Match During(ServicePeriod period) {
  Match match;
  match.period = period;
  return match;
}

inline Match Unreadable() {
  Match match;
  match.unreadable_sensitivity = true;
  return match;
}

inline Directive NoBase(const std::string& id) { return MakeDirective(id, Effect::kNone); }

inline Directive Deny(Match match, Emergency emergency = Emergency::kInherit) {
  return WithRule(NoBase("d"), MakeRule(kDeny, std::move(match), emergency));
}

inline Directive Permit(Match match, Regime instrument = Regime::kGeneral) {
  return As(WithRule(NoBase("d"), MakeRule(kPermit, std::move(match))), instrument);
}

// A denial of everything but what the exception permits.
inline Directive DenyExcept(Match exception) {
  RuleNode rule = MakeRule(kDeny, Match());
  rule.exceptions = {MakeRule(kPermit, std::move(exception))};
  return WithRule(NoBase("d"), rule);
}

inline Directive Unsigned(Directive directive) {
  directive.signed_at = std::nullopt;
  return directive;
}

inline Directive Opaque(Directive directive) {
  directive.declared_opaque = true;
  return directive;
}

inline Directive Until(Directive directive, absl::Time to) {
  directive.valid_to = to;
  return directive;
}

// Decides the row's item and compares.
inline void CheckRow(const Row& row) {
  const absl::StatusOr<Policy> policy = LoadPolicy(sample::PolicyPath(row.policy));
  ASSERT_TRUE(policy.ok()) << policy.status();
  AccessRequest request = MakeRequest(row.purpose, {row.item});
  request.action = row.action;
  std::optional<Session> session;
  if (row.session) session = MakeSession(*row.session);
  const Decisions decisions =
      Decide(request, row.directives, *policy, session ? &*session : nullptr, kNow);
  ASSERT_EQ(decisions.size(), 1U);
  const Decision& decision = decisions.at(row.item.id);
  EXPECT_EQ(static_cast<int>(decision.verdict), static_cast<int>(row.verdict))
      << testing::PrintToString(decision.reasons);
  EXPECT_EQ(decision.obligations, row.obligations);
  if (!row.reason.empty()) {
    EXPECT_EQ(std::count(decision.reasons.begin(), decision.reasons.end(), row.reason), 1)
        << testing::PrintToString(decision.reasons);
  }
}

constexpr auto kT1 = SessionState::kActiveTier1;
constexpr auto kT2 = SessionState::kActiveTier2;
inline const auto kNone = std::optional<SessionState>();
inline const Item kPlain = MakeItem("i");

inline std::string NameOf(const testing::TestParamInfo<Row>& row) { return row.param.name; }

}  // namespace hie::consent::rows
