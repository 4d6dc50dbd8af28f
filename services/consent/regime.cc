#include "services/consent/regime.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/consent/evaluate.h"

namespace hie::consent {
namespace {

using Place = ChoiceChain::Place;

std::optional<Sensitivity> RulingSensitivity(Regime regime) {
  switch (regime) {
    case Regime::kPart2:
      return Sensitivity::kPart2;
    case Regime::kPsyNotes:
      return Sensitivity::kPsyThpn;
    case Regime::kHiv:
      return Sensitivity::kHiv;
    case Regime::kGeneral:
    case Regime::kResearch:
      break;
  }
  return std::nullopt;
}

Outcome Unseal(Outcome outcome) {
  return outcome == Outcome::kDenySealed ? Outcome::kDenyOverridable : outcome;
}

// What a possible link may contribute.
Outcome OnlyOverridableDenial(Outcome outcome) {
  return IsDenial(outcome) ? Outcome::kDenyOverridable : Outcome::kNone;
}

// The item as one regime sees it.
struct View {
  Regime regime;
  const Facts& facts;
  const Policy& policy;
};

// A region-wide "yes" speaks for the purposes that the policy names; a "no" for all.
Outcome HeardBase(const Directive& directive, const View& view) {
  const Outcome base = BaseOutcome(directive);
  const bool limited = view.regime == Regime::kGeneral && base == Outcome::kPermit &&
                       view.policy.choice_purposes.count(view.facts.purpose) == 0;
  return limited ? Outcome::kNone : base;
}

OutcomeSet OpaqueSay(const Directive& directive, const View& view) {
  if (!WithinParsedBounds(directive, view.facts)) return Outcome::kNone;
  OutcomeSet rules = EvaluateRules(directive, view.facts);
  if (directive.declared_opaque) rules = rules.Map(Unseal);
  return rules.Join(Outcome::kDenyOverridable);
}

// What a directive says by its rules and, as far as the chain lets it be heard, its base.
OutcomeSet UnderstoodSay(const Speaker& speaker, bool final_run_is_heard, const View& view) {
  const Directive& directive = *speaker.directive;
  const OutcomeSet rules = EvaluateRules(directive, view.facts);
  const Outcome base = HeardBase(directive, view);
  if (view.regime != Regime::kGeneral) return WithBase(rules, base);
  switch (speaker.place) {
    case Place::kNotAChoice:
    case Place::kOvertaken:
      break;
    case Place::kInFinalRun:
      return final_run_is_heard ? WithBase(rules, base) : rules;
    case Place::kLatest:
      // Of two signed at the same moment one may be overtaken by a rule of the other.
      return WithBase(rules, final_run_is_heard ? base : Unseal(base));
    case Place::kLatestUnsealed:
      return WithBase(rules, Unseal(base));
  }
  return rules;
}

OutcomeSet Say(const Speaker& speaker, bool final_run_is_heard, const View& view) {
  if (!Rules(*speaker.directive, view.regime)) return Outcome::kNone;
  const OutcomeSet say = speaker.opaque ? OpaqueSay(*speaker.directive, view)
                                        : UnderstoodSay(speaker, final_run_is_heard, view);
  return speaker.link == Link::kCertain ? say : say.Map(OnlyOverridableDenial);
}

// The earlier denials of the final run are heard where each that may be the latest denies the item
// for certain: one of them may permit it by a rule of its own.
bool FinalRunIsHeard(const std::vector<Speaker>& speakers, const View& view) {
  return std::all_of(speakers.begin(), speakers.end(), [&view](const Speaker& each) {
    const bool latest = each.place == Place::kLatest || each.place == Place::kLatestUnsealed;
    return each.link == Link::kPossible || !latest || Say(each, false, view).MustDeny();
  });
}

// Names the parts of a directive that may say `wanted` about the item.
template <typename Predicate>
void AppendReasons(const Speaker& speaker, const View& view, Predicate wanted,
                   std::vector<std::string>& reasons) {
  const Directive& directive = *speaker.directive;
  const std::string head = absl::StrCat("directive:", directive.id, "@", directive.version, ":",
                                        RegimeWord(view.regime), ":");
  const char* tail = speaker.link == Link::kPossible ? ":possible" : "";
  bool named = false;
  for (size_t i = 0; i < directive.rules.size(); ++i) {
    if (!wanted(EvaluateRule(directive.rules[i], directive.emergency, view.facts))) continue;
    reasons.push_back(absl::StrCat(head, "rule ", i, tail));
    named = true;
  }
  if (speaker.opaque) {
    reasons.push_back(absl::StrCat(head, "opaque", tail));
  } else if (!named) {
    reasons.push_back(absl::StrCat(head, speaker.in_conflict ? "conflict" : "choice", tail));
  }
}

Default DefaultFor(const View& view) {
  const Facts& facts = view.facts;
  const auto& table = facts.action == Action::kLocate ? view.policy.locate : view.policy.retrieve;
  const auto row = table.find(view.regime);
  if (row == table.end()) return Default::kDeny;
  const auto cell = row->second.by_purpose.find(facts.purpose);
  const Default rule = cell == row->second.by_purpose.end() ? row->second.otherwise : cell->second;
  // What the place has, or may have.
  const SensitivitySet may_have = facts.set.With(SensitivitySet::All().Without(facts.known));
  const bool withheld = facts.action == Action::kLocate && view.regime == Regime::kGeneral &&
                        view.policy.locate_withheld.Intersects(may_have);
  return withheld && rule == Default::kPermit ? Default::kGrant : rule;
}

// What directives say together; of possible links as well, and without them.
struct Said {
  OutcomeSet all = Outcome::kNone;
  OutcomeSet certain = Outcome::kNone;
};

Verdict VerdictOf(const Said& said, Default rule, Tri rules) {
  if (said.all.Is(Outcome::kPermit)) return Verdict::kPermit;
  if (!said.all.MayDeny() && rule == Default::kPermit) return Verdict::kPermit;
  const bool sealed = said.certain.Is(Outcome::kDenySealed) ||
                      (rule == Default::kSealed && !said.certain.Is(Outcome::kPermit));
  // An unknown alone never seals.
  return sealed && rules == Tri::kYes ? Verdict::kDenySealed : Verdict::kDenyOverridable;
}

}  // namespace

absl::string_view RegimeWord(Regime regime) {
  switch (regime) {
    case Regime::kGeneral:
      return "general";
    case Regime::kPart2:
      return "part2";
    case Regime::kPsyNotes:
      return "psynotes";
    case Regime::kHiv:
      return "hiv";
    case Regime::kResearch:
      return "research";
  }
  return "unknown";
}

absl::string_view DefaultWord(Default rule) {
  switch (rule) {
    case Default::kDeny:
      return "deny";
    case Default::kPermit:
      return "permit";
    case Default::kGrant:
      return "grant";
    case Default::kSealed:
      return "sealed";
  }
  return "unknown";
}

Tri RegimeRules(Regime regime, const Facts& facts) {
  if (regime == Regime::kGeneral) return Tri::kYes;
  if (regime == Regime::kResearch) {
    return facts.purpose == Purpose::kResearch ? Tri::kYes : Tri::kNo;
  }
  const Sensitivity ruling = *RulingSensitivity(regime);
  if (facts.set.Has(ruling)) return Tri::kYes;
  return facts.known.Has(ruling) ? Tri::kNo : Tri::kMaybe;
}

Facts AssumeRegime(Regime regime, const Facts& facts) {
  Facts assumed = facts;
  if (const std::optional<Sensitivity> ruling = RulingSensitivity(regime)) {
    const SensitivitySet implied = CloseUpward(SensitivitySet::Of(*ruling));
    assumed.set = assumed.set.With(implied);
    assumed.known = assumed.known.With(implied);
  }
  return assumed;
}

Judgement JudgeRegime(Regime regime, Tri rules, const Facts& facts,
                      const std::vector<Speaker>& speakers, const Policy& policy) {
  const Facts assumed = AssumeRegime(regime, facts);
  const View view{regime, assumed, policy};
  const bool final_run_is_heard = regime == Regime::kGeneral && FinalRunIsHeard(speakers, view);
  Said said;
  std::vector<OutcomeSet> says;
  says.reserve(speakers.size());
  for (const Speaker& each : speakers) {
    says.push_back(Say(each, final_run_is_heard, view));
    said.all = said.all.Join(says.back());
    if (each.link == Link::kCertain) said.certain = said.certain.Join(says.back());
  }
  const Default rule = DefaultFor(view);
  Judgement judgement;
  judgement.verdict = VerdictOf(said, rule, rules);
  for (size_t i = 0; i < speakers.size(); ++i) {
    if (said.all.MayDeny() && says[i].MayDeny()) {
      judgement.denied_by_person = true;
      judgement.denied_by_opaque |= speakers[i].opaque;
      AppendReasons(
          speakers[i], view, [](OutcomeSet s) { return s.MayDeny(); }, judgement.reasons);
    } else if (said.all.Is(Outcome::kPermit) && says[i].Is(Outcome::kPermit)) {
      AppendReasons(
          speakers[i], view, [](OutcomeSet s) { return s.Is(Outcome::kPermit); },
          judgement.reasons);
    }
  }
  const bool by_default = !said.all.MayDeny() && !said.all.Is(Outcome::kPermit);
  if (by_default || (rule == Default::kSealed && !said.certain.Is(Outcome::kPermit))) {
    judgement.reasons.push_back(
        absl::StrCat("default:", policy.profile, ":", RegimeWord(regime), ":", DefaultWord(rule)));
  }
  return judgement;
}

}  // namespace hie::consent
