#include "services/consent/random_case.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace hie::consent {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

constexpr Sensitivity kSensitivities[] = {Sensitivity::kEthUd, Sensitivity::kSud,
                                          Sensitivity::kHiv,   Sensitivity::kPsyThpn,
                                          Sensitivity::kPart2, Sensitivity::kMh};
constexpr ClinicalClass kClasses[] = {ClinicalClass::kAllergy, ClinicalClass::kEncounter,
                                      ClinicalClass::kDocument};
constexpr Purpose kPurposes[] = {Purpose::kTreat, Purpose::kEtreat, Purpose::kBtg,
                                 Purpose::kPayment, Purpose::kResearch};
constexpr Regime kRuling[] = {Regime::kGeneral,  Regime::kGeneral, Regime::kPart2,
                              Regime::kPsyNotes, Regime::kHiv,     Regime::kResearch};

LocalPatient Patient(const char* authority, int which) {
  LocalPatient patient;
  patient.assigning_authority = authority;
  patient.id = Phi<std::string>(absl::StrCat("p", which));
  patient.incarnation = 1;
  return patient;
}

absl::Time Day(int day) { return kNow + absl::Hours(24) * day; }

}  // namespace

LocalPatient CaseMaker::Certain(int which) { return Patient("1.2.3", which); }
LocalPatient CaseMaker::Possible(int which) { return Patient("1.2.4", which); }

SensitivitySet CaseMaker::AnySensitivities() {
  SensitivitySet set;
  for (int n = 1 + Below(2); n > 0; --n) {
    set = set.With(SensitivitySet::Of(kSensitivities[Below(6)]));
  }
  return set;
}

ServicePeriod CaseMaker::AnyService(Unknowns unknowns) {
  const int from = -6 + Below(6);
  ServicePeriod period{Day(from), Day(from + Below(3))};
  if (unknowns == Unknowns::kNone) return period;
  if (Chance(20)) period.from = absl::InfinitePast();
  if (Chance(20)) period.to = absl::InfiniteFuture();
  return period;
}

Match CaseMaker::AnyMatch(Unknowns unknowns) {
  Match match;
  if (Chance(25)) match.purposes = {kPurposes[Below(5)]};
  if (Chance(15)) match.actions = {Chance(50) ? Action::kLocate : Action::kRetrieve};
  if (Chance(15)) match.recipients = {{Chance(50) ? "north" : "south", "", ""}};
  if (Chance(10)) match.recipients.push_back({"", "", Chance(50) ? "physician" : "clerk"});
  if (Chance(25)) match.custodians = {Chance(50) ? "east" : "west"};
  if (Chance(15)) match.facilities = {Chance(50) ? "clinic" : "ward"};
  if (Chance(20)) match.classes = {kClasses[Below(3)]};
  if (Chance(45)) match.sensitivities = AnySensitivities();
  if (Chance(10)) match.confidentiality_min = Confidentiality::kRestricted;
  if (Chance(20)) match.period = {Day(-6 + Below(4)), Day(-2 + Below(4))};
  if (unknowns == Unknowns::kSome && Chance(4)) match.unreadable_sensitivity = true;
  return match;
}

RuleNode CaseMaker::Rule(Effect effect, int depth, Unknowns unknowns) {
  RuleNode node;
  node.match = AnyMatch(unknowns);
  node.effect = effect;
  if (Chance(30)) {
    node.emergency = Chance(50) ? Emergency::kForbidOverride : Emergency::kAllowOverride;
  }
  const Effect opposite = effect == Effect::kPermit ? Effect::kDeny : Effect::kPermit;
  for (int n = depth > 0 ? Below(3) : 0; n > 0; --n) {
    node.exceptions.push_back(Rule(opposite, depth - 1, unknowns));
  }
  return node;
}

Directive CaseMaker::AnyDirective(const LocalPatient& subject, Unknowns unknowns) {
  Directive directive;
  directive.id = absl::StrCat("d", next_id_++);
  directive.subject = subject;
  directive.instruments = {kRuling[Below(6)]};
  if (Chance(25)) directive.instruments.push_back(kRuling[Below(6)]);
  if (Chance(8)) directive.status = DirectiveStatus::kRevoked;
  if (Chance(8)) directive.valid_from = Day(1);
  if (Chance(8)) directive.valid_to = Day(-1);
  directive.signed_at = Day(-100) + absl::Seconds(next_id_ * 1000 * (Chance(50) ? 1 : -1));
  if (unknowns == Unknowns::kSome) {
    directive.signed_at = Day(-100 + Below(4));
    if (Chance(20)) directive.signed_at = std::nullopt;
    directive.declared_opaque = Chance(5);
  }
  if (Chance(50)) directive.base = Chance(50) ? Effect::kPermit : Effect::kDeny;
  if (Chance(30)) directive.emergency = Emergency::kForbidOverride;
  for (int n = Below(3); n > 0; --n) {
    directive.rules.push_back(Rule(Chance(50) ? Effect::kPermit : Effect::kDeny, 2, unknowns));
  }
  return directive;
}

Directive CaseMaker::PlainDenial() {
  Directive directive = AnyDirective(Certain(Below(2)), Unknowns::kSome);
  directive.status = DirectiveStatus::kActive;
  directive.valid_from = absl::InfinitePast();
  directive.valid_to = absl::InfiniteFuture();
  if (directive.base == Effect::kPermit) directive.base = Effect::kDeny;
  for (RuleNode& rule : directive.rules) {
    rule.effect = Effect::kDeny;
    rule.exceptions.clear();
  }
  return directive;
}

Labels CaseMaker::AnyLabels(Unknowns unknowns) {
  Labels labels;
  if (Chance(50)) labels.sensitivity = CloseUpward(AnySensitivities());
  labels.known = SensitivitySet::All();
  labels.confidentiality = Chance(50) ? Confidentiality::kNormal : Confidentiality::kVeryRestricted;
  if (unknowns == Unknowns::kNone) return labels;
  if (Chance(15)) labels.confidentiality = Confidentiality::kUnspecified;
  if (Chance(60)) {
    const SensitivitySet hidden = CloseUpward(AnySensitivities()).Without(labels.sensitivity);
    labels.known = SensitivitySet::All().Without(hidden);
  }
  return labels;
}

Item CaseMaker::AnyItem(Unknowns unknowns) {
  Item item;
  item.id = absl::StrCat("i", next_id_++);
  item.custodian = Chance(50) ? "east" : "west";
  item.facility = Chance(50) ? "clinic" : "ward";
  if (unknowns == Unknowns::kSome && Chance(15)) item.facility.clear();
  item.clinical_class = kClasses[Below(3)];
  item.service = AnyService(unknowns);
  item.labels = AnyLabels(unknowns);
  return item;
}

Actor CaseMaker::AnyActor() {
  Actor actor;
  actor.member = MemberId(Chance(70) ? "north" : "south");
  actor.user = Chance(95) ? "u1" : "";
  actor.roles = {"physician"};
  actor.purpose = kPurposes[Below(5)];
  actor.client_key = "k1";
  return actor;
}

Session CaseMaker::AnySession(const Actor& actor) {
  Session session;
  session.id = "s";
  session.actor = actor;
  if (Chance(8)) session.actor.user = "u2";
  if (Chance(8)) session.actor.client_key = "k2";
  session.patients = {Chance(90) ? Certain(0) : Possible(0)};
  session.state = static_cast<SessionState>(1 + Below(3));
  session.expires = Chance(90) ? kNow + absl::Hours(1) : kNow;
  return session;
}

RandomCase CaseMaker::Make(Unknowns unknowns) {
  RandomCase made;
  made.now = kNow;
  made.request.actor = AnyActor();
  made.request.action = Chance(70) ? Action::kRetrieve : Action::kLocate;
  made.request.certain = {Certain(0), Certain(1)};
  made.request.items = {AnyItem(unknowns)};
  for (int n = Below(5); n > 0; --n) {
    const bool possible = Chance(20);
    const LocalPatient subject = possible ? Possible(Below(2)) : Certain(Below(2));
    made.directives.push_back(
        {AnyDirective(subject, unknowns), possible ? Link::kPossible : Link::kCertain});
  }
  made.session = AnySession(made.request.actor);
  return made;
}

}  // namespace hie::consent
