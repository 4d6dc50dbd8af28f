#include "services/consent/evaluate.h"

#include <algorithm>

namespace hie::consent {
namespace {

Outcome Denial(Emergency emergency) {
  return emergency == Emergency::kForbidOverride ? Outcome::kDenySealed : Outcome::kDenyOverridable;
}

Outcome EffectOutcome(Effect effect, Emergency emergency) {
  switch (effect) {
    case Effect::kPermit:
      return Outcome::kPermit;
    case Effect::kDeny:
      return Denial(emergency);
    case Effect::kNone:
      break;
  }
  return Outcome::kNone;
}

bool HasUnreadable(const RuleNode& node) {
  return node.match.unreadable_sensitivity ||
         std::any_of(node.exceptions.begin(), node.exceptions.end(), HasUnreadable);
}

}  // namespace

bool InForce(const Directive& directive, absl::Time now) {
  return directive.status == DirectiveStatus::kActive && directive.valid_from <= now &&
         now < directive.valid_to;
}

bool IsOpaque(const Directive& directive) {
  return directive.declared_opaque ||
         std::any_of(directive.rules.begin(), directive.rules.end(), HasUnreadable);
}

bool Rules(const Directive& directive, Regime regime) {
  return std::find(directive.instruments.begin(), directive.instruments.end(), regime) !=
         directive.instruments.end();
}

OutcomeSet EvaluateRule(const RuleNode& rule, Emergency inherited, const Facts& facts) {
  const Tri matches = Matches(rule.match, facts);
  if (matches == Tri::kNo) return Outcome::kNone;
  const Emergency emergency = rule.emergency == Emergency::kInherit ? inherited : rule.emergency;
  // What the exceptions come to, as far as it is the opposite of this rule's effect.
  OutcomeSet opposite = Outcome::kNone;
  for (const RuleNode& exception : rule.exceptions) {
    const OutcomeSet outcome = EvaluateRule(exception, emergency, facts).Map([&](Outcome each) {
      const bool is_opposite =
          rule.effect == Effect::kPermit ? IsDenial(each) : each == Outcome::kPermit;
      return is_opposite ? each : Outcome::kNone;
    });
    opposite = opposite.Join(outcome);
  }
  const Outcome own = EffectOutcome(rule.effect, emergency);
  const OutcomeSet applied =
      opposite.Map([own](Outcome each) { return each == Outcome::kNone ? own : each; });
  return matches == Tri::kYes ? applied : applied.Or(Outcome::kNone);
}

OutcomeSet EvaluateRules(const Directive& directive, const Facts& facts) {
  OutcomeSet all = Outcome::kNone;
  for (const RuleNode& rule : directive.rules) {
    all = all.Join(EvaluateRule(rule, directive.emergency, facts));
  }
  return all;
}

Outcome BaseOutcome(const Directive& directive) {
  return EffectOutcome(directive.base, directive.emergency);
}

OutcomeSet WithBase(OutcomeSet rules, Outcome base) {
  return rules.Map([base](Outcome each) { return each == Outcome::kNone ? base : each; });
}

bool WithinParsedBounds(const Directive& directive, const Facts& facts) {
  if (directive.base != Effect::kNone || directive.rules.empty()) return true;
  return std::any_of(
      directive.rules.begin(), directive.rules.end(),
      [&facts](const RuleNode& rule) { return Matches(rule.match, facts) != Tri::kNo; });
}

}  // namespace hie::consent
