#include "services/consent/brute_force_oracle.h"

#include <algorithm>
#include <set>
#include <string>

#include "services/consent/outcome.h"

namespace hie::consent {
namespace {

// One way in which everything unknown may turn out.
struct World {
  SensitivitySet sensitivity;
  Confidentiality confidentiality = Confidentiality::kUnrestricted;
  std::string facility;
  absl::Time from, to;
  bool unreadable_codes_match = false;
  std::vector<const Directive*> heard;    // Those of records that are the person's.
  std::vector<const Directive*> choices;  // Of these, the region-wide choices, earliest first.
};

struct Question {
  const AccessRequest& request;
  const Policy& policy;
  const Item& item;
  Purpose purpose;
};

bool Unreadable(const RuleNode& node) {
  if (node.match.unreadable_sensitivity) return true;
  for (const RuleNode& child : node.exceptions) {
    if (Unreadable(child)) return true;
  }
  return false;
}

bool Opaque(const Directive& directive) {
  if (directive.declared_opaque) return true;
  for (const RuleNode& node : directive.rules) {
    if (Unreadable(node)) return true;
  }
  return false;
}

bool PurposeFits(const std::vector<Purpose>& wanted, Purpose asked) {
  std::set<Purpose> wider = {asked};
  if (asked == Purpose::kBtg) wider = {Purpose::kBtg, Purpose::kEtreat, Purpose::kTreat};
  if (asked == Purpose::kEtreat) wider = {Purpose::kEtreat, Purpose::kTreat};
  for (const Purpose each : wanted) {
    if (wider.count(each) > 0) return true;
  }
  return wanted.empty();
}

template <typename T>
bool OneOf(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::count(wanted.begin(), wanted.end(), value) > 0;
}

bool RecipientFits(const std::vector<Recipient>& wanted, const Actor& actor) {
  for (const Recipient& each : wanted) {
    const bool role =
        each.role.empty() || std::count(actor.roles.begin(), actor.roles.end(), each.role) > 0;
    const bool member = each.member.empty() || each.member == actor.member.value();
    if (role && member && (each.user.empty() || each.user == actor.user)) return true;
  }
  return wanted.empty();
}

// Two truth values.  `unreadable` says what an unreadable code comes to.
bool Fits(const Match& match, const Question& question, const World& world, bool unreadable) {
  const Actor& actor = question.request.actor;
  const bool any_sensitivity = match.sensitivities.empty() && !match.unreadable_sensitivity;
  const bool sensitivity = any_sensitivity || match.sensitivities.Intersects(world.sensitivity) ||
                           (match.unreadable_sensitivity && unreadable);
  const bool period =
      !match.period || (world.from < match.period->to && match.period->from < world.to);
  return PurposeFits(match.purposes, question.purpose) &&
         OneOf(match.actions, question.request.action) && RecipientFits(match.recipients, actor) &&
         OneOf(match.custodians, question.item.custodian) &&
         OneOf(match.facilities, world.facility) &&
         OneOf(match.classes, question.item.clinical_class) && sensitivity &&
         world.confidentiality >= match.confidentiality_min && period;
}

Outcome EffectWith(Effect effect, Emergency emergency) {
  if (effect == Effect::kPermit) return Outcome::kPermit;
  if (effect == Effect::kNone) return Outcome::kNone;
  return emergency == Emergency::kForbidOverride ? Outcome::kDenySealed : Outcome::kDenyOverridable;
}

// "Not applicable if no match; the opposite if any child applies with the opposite; else itself."
Outcome Eval(const RuleNode& node, Emergency inherited, const Question& q, const World& world) {
  if (!Fits(node.match, q, world, world.unreadable_codes_match)) return Outcome::kNone;
  const Emergency emergency = node.emergency == Emergency::kInherit ? inherited : node.emergency;
  Outcome strongest = Outcome::kNone;
  for (const RuleNode& child : node.exceptions) {
    const Outcome outcome = Eval(child, emergency, q, world);
    const bool denies = outcome > Outcome::kPermit;
    if (outcome != Outcome::kNone && denies == (node.effect == Effect::kPermit)) {
      strongest = std::max(strongest, outcome);
    }
  }
  return strongest != Outcome::kNone ? strongest : EffectWith(node.effect, emergency);
}

Outcome EvalRules(const Directive& directive, const Question& q, const World& world) {
  Outcome all = Outcome::kNone;
  for (const RuleNode& node : directive.rules) {
    all = std::max(all, Eval(node, directive.emergency, q, world));
  }
  if (!Opaque(directive)) return all;
  if (directive.declared_opaque && all == Outcome::kDenySealed) all = Outcome::kDenyOverridable;
  bool within = directive.base != Effect::kNone || directive.rules.empty();
  for (const RuleNode& node : directive.rules) within |= Fits(node.match, q, world, true);
  return within ? std::max(all, Outcome::kDenyOverridable) : Outcome::kNone;
}

Outcome EvalWithBase(const Directive& directive, bool general, const Question& q,
                     const World& world) {
  const Outcome rules = EvalRules(directive, q, world);
  if (rules != Outcome::kNone || Opaque(directive)) return rules;
  const Outcome base = EffectWith(directive.base, directive.emergency);
  const bool mute =
      general && base == Outcome::kPermit && q.policy.choice_purposes.count(q.purpose) == 0;
  return mute ? Outcome::kNone : base;
}

bool IsOf(const Directive& directive, Regime regime) {
  return std::count(directive.instruments.begin(), directive.instruments.end(), regime) > 0;
}

Outcome GeneralOutcome(const Question& q, const World& world) {
  Outcome all = Outcome::kNone;
  for (const Directive* each : world.heard) {
    if (IsOf(*each, Regime::kGeneral)) all = std::max(all, EvalRules(*each, q, world));
  }
  if (world.choices.empty()) return all;
  auto at = world.choices.rbegin();
  const Outcome latest = EvalWithBase(**at, true, q, world);
  all = std::max(all, latest);
  if (latest <= Outcome::kPermit) return all;
  for (; at != world.choices.rend() && (*at)->base == Effect::kDeny; ++at) {
    all = std::max(all, EvalWithBase(**at, true, q, world));
  }
  return all;
}

Outcome RegimeOutcome(Regime regime, const Question& q, const World& world) {
  if (regime == Regime::kGeneral) return GeneralOutcome(q, world);
  Outcome all = Outcome::kNone;
  for (const Directive* each : world.heard) {
    if (IsOf(*each, regime)) all = std::max(all, EvalWithBase(*each, false, q, world));
  }
  return all;
}

bool Present(Regime regime, const Question& q, SensitivitySet has) {
  switch (regime) {
    case Regime::kGeneral:
      return true;
    case Regime::kPart2:
      return has.Has(Sensitivity::kPart2);
    case Regime::kPsyNotes:
      return has.Has(Sensitivity::kPsyThpn);
    case Regime::kHiv:
      return has.Has(Sensitivity::kHiv);
    case Regime::kResearch:
      return q.purpose == Purpose::kResearch;
  }
  return false;
}

Default DefaultOf(Regime regime, const Question& q, const World& world) {
  const bool locate = q.request.action == Action::kLocate;
  const DefaultRow& row = (locate ? q.policy.locate : q.policy.retrieve).at(regime);
  const auto cell = row.by_purpose.find(q.purpose);
  const Default rule = cell == row.by_purpose.end() ? row.otherwise : cell->second;
  const bool withheld = locate && regime == Regime::kGeneral && rule == Default::kPermit &&
                        q.policy.locate_withheld.Intersects(world.sensitivity);
  return withheld ? Default::kGrant : rule;
}

Verdict RegimeVerdict(Regime regime, const Question& q, const World& world) {
  const Outcome outcome = RegimeOutcome(regime, q, world);
  const Default rule = DefaultOf(regime, q, world);
  if (outcome == Outcome::kPermit) return Verdict::kPermit;
  if (outcome == Outcome::kDenySealed || rule == Default::kSealed) return Verdict::kDenySealed;
  if (outcome == Outcome::kDenyOverridable) return Verdict::kDenyOverridable;
  return rule == Default::kPermit ? Verdict::kPermit : Verdict::kDenyOverridable;
}

// ---- Worlds ----

std::vector<SensitivitySet> PossibleSensitivities(const Labels& labels) {
  std::vector<SensitivitySet> all;
  const SensitivitySet open = SensitivitySet::All().Without(labels.known);
  // Every subset of the open bits, the usual way.
  for (uint64_t subset = open.bits();; subset = (subset - 1) & open.bits()) {
    const SensitivitySet has = labels.sensitivity.With(SensitivitySet(subset));
    if (CloseUpward(has) == has) all.push_back(has);
    if (subset == 0) return all;
  }
}

void CollectWords(const RuleNode& node, std::set<std::string>& facilities,
                  std::set<absl::Time>& edges) {
  facilities.insert(node.match.facilities.begin(), node.match.facilities.end());
  if (node.match.period) {
    edges.insert(node.match.period->from);
    edges.insert(node.match.period->to);
  }
  for (const RuleNode& child : node.exceptions) CollectWords(child, facilities, edges);
}

// Periods that rules could tell apart: every pair of moments at or beside an edge.
std::vector<ServicePeriod> PossiblePeriods(const ServicePeriod& service,
                                           std::set<absl::Time> edges) {
  const bool starts = service.from != absl::InfinitePast();
  const bool ends = service.to != absl::InfiniteFuture();
  std::set<absl::Time> moments;
  for (const absl::Time edge : edges) {
    if (edge == absl::InfinitePast() || edge == absl::InfiniteFuture()) continue;
    for (const absl::Duration d :
         {-absl::Microseconds(1), absl::ZeroDuration(), absl::Microseconds(1)}) {
      moments.insert(edge + d);
    }
  }
  moments.insert({absl::UnixEpoch(), absl::UnixEpoch() + absl::Microseconds(1)});
  if (starts) moments.insert({service.from, service.from + absl::Microseconds(1)});
  if (ends) moments.insert({service.to, service.to - absl::Microseconds(1)});
  std::vector<ServicePeriod> all;
  for (const absl::Time from : moments) {
    if (starts && from != service.from) continue;
    for (const absl::Time to : moments) {
      if (ends && to != service.to) continue;
      const bool instant = starts && ends && service.from == service.to;
      if (from < to) all.push_back({from, to});
      if (instant && from == to) all.push_back({from, from + absl::Microseconds(1)});
    }
  }
  return all;
}

// Every order of the region-wide choices that their signature times allow.
std::vector<std::vector<const Directive*>> PossibleOrders(
    const std::vector<const Directive*>& heard) {
  std::vector<const Directive*> choices;
  for (const Directive* each : heard) {
    if (each->base != Effect::kNone && IsOf(*each, Regime::kGeneral) && !Opaque(*each)) {
      choices.push_back(each);
    }
  }
  std::sort(choices.begin(), choices.end());
  std::vector<std::vector<const Directive*>> all;
  do {
    bool allowed = true;
    for (size_t i = 0; i < choices.size(); ++i) {
      for (size_t j = i + 1; j < choices.size(); ++j) {
        allowed &= !choices[i]->signed_at || !choices[j]->signed_at ||
                   *choices[i]->signed_at <= *choices[j]->signed_at;
      }
    }
    if (allowed) all.push_back(choices);
  } while (std::next_permutation(choices.begin(), choices.end()));
  return all;
}

// What was seen over all worlds.
struct Seen {
  bool always_permits = true;
  bool always_sealed = true;            // Worlds without possible links only.
  bool psynotes_always_present = true;  // Likewise.
  bool psynotes_always_permits = true;  // Likewise.
  bool psynotes_default_sealed = false;
  bool opaque_denies = false;
  bool person_denies = false;
  long completions = 0;
};

void Look(const Question& q, const World& world, bool with_possible_links, Seen& seen) {
  Verdict worst = Verdict::kPermit;
  for (const Regime regime : kRegimes) {
    if (!Present(regime, q, world.sensitivity)) continue;
    worst = std::max(worst, RegimeVerdict(regime, q, world));
    seen.person_denies |= RegimeOutcome(regime, q, world) > Outcome::kPermit;
    for (const Directive* each : world.heard) {
      seen.opaque_denies |=
          Opaque(*each) && IsOf(*each, regime) && EvalRules(*each, q, world) != Outcome::kNone;
    }
  }
  ++seen.completions;
  seen.always_permits &= worst == Verdict::kPermit;
  if (with_possible_links) return;
  seen.always_sealed &= worst == Verdict::kDenySealed;
  const bool psynotes = Present(Regime::kPsyNotes, q, world.sensitivity);
  seen.psynotes_always_present &= psynotes;
  if (!psynotes) return;
  seen.psynotes_default_sealed |= DefaultOf(Regime::kPsyNotes, q, world) == Default::kSealed;
  seen.psynotes_always_permits &= RegimeVerdict(Regime::kPsyNotes, q, world) == Verdict::kPermit;
}

void LookEverywhere(const Question& q, const std::vector<const Directive*>& heard,
                    bool with_possible_links, Seen& seen) {
  std::set<std::string> facilities = {"elsewhere"};
  std::set<absl::Time> edges;
  for (const Directive* each : heard) {
    for (const RuleNode& node : each->rules) CollectWords(node, facilities, edges);
  }
  if (!q.item.facility.empty()) facilities = {q.item.facility};
  std::vector<Confidentiality> levels;
  for (int level = 1; level <= static_cast<int>(Confidentiality::kVeryRestricted); ++level) {
    levels.push_back(static_cast<Confidentiality>(level));
  }
  if (q.item.labels.confidentiality != Confidentiality::kUnspecified) {
    levels = {q.item.labels.confidentiality};
  }
  World world;
  world.heard = heard;
  for (const auto& order : PossibleOrders(heard)) {
    world.choices = order;
    for (const SensitivitySet has : PossibleSensitivities(q.item.labels)) {
      world.sensitivity = has;
      for (const ServicePeriod& period : PossiblePeriods(q.item.service, edges)) {
        world.from = period.from;
        world.to = period.to;
        for (const Confidentiality level : levels) {
          world.confidentiality = level;
          for (const std::string& facility : facilities) {
            world.facility = facility;
            for (const bool matches : {false, true}) {
              world.unreadable_codes_match = matches;
              Look(q, world, with_possible_links, seen);
            }
          }
        }
      }
    }
  }
}

bool SameOpener(const Session& session, const Actor& actor) {
  return session.actor.user == actor.user && session.actor.member == actor.member &&
         session.actor.client_key == actor.client_key;
}

bool OpensFor(const Session* session, const AccessRequest& request, absl::Time now) {
  if (session == nullptr || session->state == SessionState::kEnded || now >= session->expires ||
      request.actor.user.empty() || !SameOpener(*session, request.actor)) {
    return false;
  }
  for (const LocalPatient& mine : session->patients) {
    for (const LocalPatient& asked : request.certain) {
      if (mine == asked) return true;
    }
  }
  return false;
}

// The moments that an encounter is known to have touched, against the last while.
bool IsTier1(const Item& item, Action action, const BreakGlassRules& rules, absl::Time now) {
  const auto& classes = action == Action::kLocate ? rules.tier1_locate : rules.tier1_retrieve;
  if (classes.count(item.clinical_class) > 0) return true;
  if (item.clinical_class != ClinicalClass::kEncounter || item.service.from > now) return false;
  const absl::Time since = now - rules.tier1_encounters_of;
  if (item.service.to != absl::InfiniteFuture()) return item.service.to >= since;
  return item.service.from != absl::InfinitePast() && item.service.from >= since;
}

}  // namespace

OracleAnswer BruteForce(const AccessRequest& request,
                        const std::vector<LinkedDirective>& directives, const Policy& policy,
                        const Session* session, absl::Time now, const Item& item) {
  const Purpose stated = request.actor.purpose;
  const bool emergency = stated == Purpose::kEtreat || stated == Purpose::kBtg;
  const bool in_session = emergency && OpensFor(session, request, now);
  const Question q{request, policy, item, emergency && !in_session ? Purpose::kTreat : stated};
  std::vector<LocalPatient> possible;
  for (const LinkedDirective& each : directives) {
    if (each.link == Link::kPossible) possible.push_back(each.directive.subject);
  }
  std::sort(possible.begin(), possible.end());
  possible.erase(std::unique(possible.begin(), possible.end()), possible.end());

  Seen seen;
  for (uint64_t linked = 0; linked < (uint64_t{1} << possible.size()); ++linked) {
    std::vector<const Directive*> heard;
    for (const LinkedDirective& each : directives) {
      const Directive& d = each.directive;
      const auto at = std::find(possible.begin(), possible.end(), d.subject) - possible.begin();
      const bool is_theirs = each.link == Link::kCertain || ((linked >> at) & 1) != 0;
      const bool in_force =
          d.status == DirectiveStatus::kActive && d.valid_from <= now && now < d.valid_to;
      if (is_theirs && in_force) heard.push_back(&d);
    }
    LookEverywhere(q, heard, linked != 0, seen);
  }

  OracleAnswer answer;
  answer.completions = seen.completions;
  const bool psynotes_stay =
      seen.psynotes_always_present && seen.psynotes_default_sealed && !seen.psynotes_always_permits;
  answer.before_break_glass = Verdict::kDenyOverridable;
  if (seen.always_permits) answer.before_break_glass = Verdict::kPermit;
  if (!seen.always_permits && (seen.always_sealed || psynotes_stay)) {
    answer.before_break_glass = Verdict::kDenySealed;
  }
  if (stated == Purpose::kBtg && !in_session) {
    answer.before_break_glass = std::max(answer.before_break_glass, Verdict::kDenyOverridable);
  }
  answer.verdict = answer.before_break_glass;
  if (!in_session || answer.verdict != Verdict::kDenyOverridable) return answer;
  const BreakGlassRules& rules = policy.break_glass;
  if (seen.person_denies && rules.patient_denials == PatientDenials::kStand) return answer;
  const bool tier2 =
      rules.tiers == 2 && session->state == SessionState::kActiveTier2 && !seen.opaque_denies;
  if (tier2 || IsTier1(item, request.action, rules, now)) answer.verdict = Verdict::kPermit;
  return answer;
}

}  // namespace hie::consent
