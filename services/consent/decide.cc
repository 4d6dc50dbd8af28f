#include "services/consent/decide.h"

#include <algorithm>
#include <utility>

#include "services/consent/regime.h"
#include "services/consent/speakers.h"

namespace hie::consent {
namespace {

// What stays the same for all items of a request.
struct Case {
  const AccessRequest& request;
  const Policy& policy;
  std::vector<Speaker> speakers;
  const Session* session;  // Null: none that covers the request.
  Purpose purpose;         // The one that counts.
  absl::Time now;

  bool emergency_without_session() const {
    return request.actor.purpose == Purpose::kBtg && session == nullptr;
  }
};

bool IsEmergency(Purpose purpose) {
  return purpose == Purpose::kEtreat || purpose == Purpose::kBtg;
}

Facts FactsOf(const Case& the_case, const Item& item) {
  Facts facts;
  facts.actor = &the_case.request.actor;
  facts.purpose = the_case.purpose;
  facts.action = the_case.request.action;
  facts.item = &item;
  facts.set = CloseUpward(item.labels.sensitivity);
  facts.known = facts.set;
  // A bit beyond the vocabulary may mean any sensitivity that is not set.
  if (!item.labels.sensitivity.Without(SensitivitySet::All()).empty()) return facts;
  // Where a narrower label may be hidden, the wider ones that it implies may be too.
  const SensitivitySet hidden = SensitivitySet::All().Without(item.labels.known.With(facts.set));
  facts.known = SensitivitySet::All().Without(CloseUpward(hidden)).With(facts.set);
  return facts;
}

// What all regimes say together.
struct Total {
  Decision decision;
  bool denied_by_person = false;
  bool denied_by_opaque = false;
};

void AppendAll(std::vector<std::string>& to, const std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Total JudgeAllRegimes(const Case& the_case, const Facts& facts) {
  Total total;
  total.decision.verdict = Verdict::kPermit;
  std::vector<std::string> permits;
  for (const Regime regime : kRegimes) {
    const Tri rules = RegimeRules(regime, facts);
    if (rules == Tri::kNo) continue;
    const Judgement judgement =
        JudgeRegime(regime, rules, facts, the_case.speakers, the_case.policy);
    total.decision.verdict = std::max(total.decision.verdict, judgement.verdict);
    total.denied_by_person |= judgement.denied_by_person;
    total.denied_by_opaque |= judgement.denied_by_opaque;
    const bool permit = judgement.verdict == Verdict::kPermit;
    AppendAll(permit ? permits : total.decision.reasons, judgement.reasons);
  }
  // A denial is explained by what denies, a permit by everything that had to permit.
  if (total.decision.verdict == Verdict::kPermit) total.decision.reasons = std::move(permits);
  return total;
}

bool MayOpen(const Case& the_case, const Total& total, Tier tier) {
  const BreakGlassRules& rules = the_case.policy.break_glass;
  if (the_case.session == nullptr || !IsEmergency(the_case.purpose)) return false;
  if (total.decision.verdict != Verdict::kDenyOverridable) return false;
  if (total.denied_by_person && rules.patient_denials == PatientDenials::kStand) return false;
  if (tier == Tier::kOne) return true;
  return rules.tiers >= 2 && the_case.session->state == SessionState::kActiveTier2 &&
         !total.denied_by_opaque;
}

void BreakGlass(const Case& the_case, const Item& item, Total& total) {
  Decision& decision = total.decision;
  if (the_case.emergency_without_session()) {
    if (decision.verdict == Verdict::kPermit) {
      decision.verdict = Verdict::kDenyOverridable;
      decision.reasons.clear();
    }
    decision.reasons.push_back("break-glass:no-session");
    return;
  }
  const Tier tier =
      TierOf(item, the_case.request.action, the_case.policy.break_glass, the_case.now);
  if (!MayOpen(the_case, total, tier)) return;
  decision.verdict = Verdict::kPermit;
  decision.opened_by_break_glass = true;
  decision.reasons.push_back(tier == Tier::kOne ? "break-glass:T1" : "break-glass:T2");
}

void SortAndDeduplicate(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

Decision DecideItem(const Case& the_case, const Item& item) {
  const Facts facts = FactsOf(the_case, item);
  Total total = JudgeAllRegimes(the_case, facts);
  BreakGlass(the_case, item, total);
  Decision decision = std::move(total.decision);
  SortAndDeduplicate(decision.reasons);
  const bool may_be_part2 = RegimeRules(Regime::kPart2, facts) != Tri::kNo;
  if (decision.verdict == Verdict::kPermit && may_be_part2) {
    if (decision.opened_by_break_glass) decision.obligations.push_back(kPart2EmergencyRecord);
    decision.obligations.push_back(kRedisclosureNotice);
  }
  return decision;
}

// Two decisions on one id: the stricter verdict, and all that was said for it.
Decision Stricter(Decision a, Decision b) {
  if (a.verdict < b.verdict) std::swap(a, b);
  if (a.verdict != b.verdict) return a;
  AppendAll(a.reasons, b.reasons);
  AppendAll(a.obligations, b.obligations);
  SortAndDeduplicate(a.reasons);
  SortAndDeduplicate(a.obligations);
  a.opened_by_break_glass |= b.opened_by_break_glass;
  return a;
}

}  // namespace

Decisions Decide(const AccessRequest& request, const std::vector<LinkedDirective>& directives,
                 const Policy& policy, const Session* session, absl::Time now) {
  const bool covered =
      session != nullptr && IsEmergency(request.actor.purpose) && Covers(*session, request, now);
  const bool counts_as_treatment = IsEmergency(request.actor.purpose) && !covered;
  const Case the_case{request,
                      policy,
                      Speakers(directives, now),
                      covered ? session : nullptr,
                      counts_as_treatment ? Purpose::kTreat : request.actor.purpose,
                      now};
  Decisions decisions;
  for (const Item& item : request.items) {
    Decision decision = DecideItem(the_case, item);
    const auto [at, inserted] = decisions.try_emplace(item.id, decision);
    if (!inserted) at->second = Stricter(std::move(at->second), std::move(decision));
  }
  return decisions;
}

absl::Time NextChange(const std::vector<LinkedDirective>& directives, absl::Time now) {
  absl::Time next = absl::InfiniteFuture();
  for (const LinkedDirective& each : directives) {
    if (each.directive.status != DirectiveStatus::kActive) continue;
    for (const absl::Time edge : {each.directive.valid_from, each.directive.valid_to}) {
      if (edge > now) next = std::min(next, edge);
    }
  }
  return next;
}

}  // namespace hie::consent
