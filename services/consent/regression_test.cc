// Faults that open consent engines have shipped, each as a test of its own (the consent model's
// head names them).

#include <gtest/gtest.h>

#include <algorithm>

#include "services/consent/sample_consent.h"

namespace hie::consent {
namespace {

using sample::Certain;
using sample::kNow;
using sample::MakeDirective;
using sample::MakeItem;
using sample::MakeRequest;
using sample::MakeRule;
using sample::WithRule;

class RegressionTest : public testing::Test {
 protected:
  Decisions Run(const AccessRequest& request, const std::vector<LinkedDirective>& directives) {
    const absl::StatusOr<Policy> policy = LoadPolicy(sample::PolicyPath("us-optout"));
    EXPECT_TRUE(policy.ok()) << policy.status();
    return Decide(request, directives, *policy, nullptr, kNow);
  }

  static LinkedDirective DenyMentalHealth() {
    Match match;
    match.sensitivities = SensitivitySet::Of(Sensitivity::kMh);
    return Certain(
        WithRule(MakeDirective("d", Effect::kNone), MakeRule(Effect::kDeny, std::move(match))));
  }

  const Item sensitive_ = MakeItem("sensitive", SensitivitySet::Of(Sensitivity::kPsy));
  const Item plain_ = MakeItem("plain");
};

// One engine joined the list of decisions to the entries of a bundle by position: a dropped entry
// gave the next one its neighbour's permit.
TEST_F(RegressionTest, DecisionsAreJoinedByIdNeverByPosition) {
  const std::vector<Item> orders[] = {{plain_, sensitive_},
                                      {sensitive_, plain_},
                                      {sensitive_, plain_, sensitive_},
                                      {plain_, plain_, sensitive_}};
  for (const std::vector<Item>& items : orders) {
    const Decisions decisions = Run(MakeRequest(Purpose::kTreat, items), {DenyMentalHealth()});
    ASSERT_EQ(decisions.size(), 2U);
    EXPECT_EQ(decisions.at("plain").verdict, Verdict::kPermit);
    EXPECT_EQ(decisions.at("sensitive").verdict, Verdict::kDenyOverridable);
  }
  const Decisions dropped = Run(MakeRequest(Purpose::kTreat, {sensitive_}), {DenyMentalHealth()});
  EXPECT_EQ(dropped.at("sensitive").verdict, Verdict::kDenyOverridable);
}

// Two different items under one id: neither may profit from the other.
TEST_F(RegressionTest, ItemsThatShareAnIdGetTheStricterVerdict) {
  Item twin = sensitive_;
  twin.id = "plain";
  for (const std::vector<Item>& items : {std::vector<Item>{plain_, twin}, {twin, plain_}}) {
    const Decisions decisions = Run(MakeRequest(Purpose::kTreat, items), {DenyMentalHealth()});
    ASSERT_EQ(decisions.size(), 1U);
    EXPECT_EQ(decisions.at("plain").verdict, Verdict::kDenyOverridable);
  }
}

// One engine skipped a consent that it could not read: a broken denial vanished.  (That a stored
// row that is not readable fails the decision is in consent_role_test.cc.)
TEST_F(RegressionTest, AMalformedDirectiveIsNeverIgnored) {
  Match unreadable;
  unreadable.unreadable_sensitivity = true;
  LinkedDirective broken = Certain(
      WithRule(MakeDirective("d", Effect::kNone), MakeRule(Effect::kDeny, std::move(unreadable))));
  const AccessRequest request = MakeRequest(Purpose::kTreat, {plain_});
  EXPECT_EQ(Run(request, {broken}).at("plain").verdict, Verdict::kDenyOverridable);
  // Nor is one that would permit, as far as it was understood.
  broken.directive.rules[0].effect = Effect::kPermit;
  EXPECT_EQ(Run(request, {broken}).at("plain").verdict, Verdict::kDenyOverridable);
  broken.directive.rules.clear();
  broken.directive.declared_opaque = true;
  EXPECT_EQ(Run(request, {broken}).at("plain").verdict, Verdict::kDenyOverridable);
}

// One engine inverted its redaction predicate: it released what was labelled and withheld the rest.
TEST_F(RegressionTest, WithholdingIsNotInverted) {
  const AccessRequest request = MakeRequest(Purpose::kTreat, {plain_, sensitive_});
  const Decisions without = Run(request, {});
  EXPECT_EQ(without.at("plain").verdict, Verdict::kPermit);
  EXPECT_EQ(without.at("sensitive").verdict, Verdict::kPermit);
  const Decisions with = Run(request, {DenyMentalHealth()});
  EXPECT_EQ(with.at("plain").verdict, Verdict::kPermit);
  EXPECT_EQ(with.at("sensitive").verdict, Verdict::kDenyOverridable);
}

// One engine enforced reads by one method and not by another: here no action is left out.
TEST_F(RegressionTest, EveryActionIsDecided) {
  for (const Action action : {Action::kLocate, Action::kRetrieve}) {
    AccessRequest request = MakeRequest(Purpose::kTreat, {sensitive_});
    request.action = action;
    EXPECT_EQ(Run(request, {DenyMentalHealth()}).at("sensitive").verdict,
              Verdict::kDenyOverridable);
  }
}

}  // namespace
}  // namespace hie::consent
