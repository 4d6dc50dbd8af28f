#pragma once

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/consent/decide.h"
#include "services/consent/policy_file.h"

// Small values for the tests of this room.
namespace hie::consent::sample {

inline const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

inline std::string PolicyPath(const std::string& name) {
  const char* root = std::getenv("HIE_SOURCE_DIR");
  return absl::StrCat(root == nullptr ? "." : root, "/deploy/config/policies/", name, ".toml");
}

inline LocalPatient Patient(const std::string& id) {
  LocalPatient patient;
  patient.assigning_authority = "2.999.1";
  patient.id = Phi<std::string>(id);
  patient.incarnation = 1;
  return patient;
}

// A directive of the certain record "p"; `signed_day` orders the region-wide chain.
inline Directive MakeDirective(const std::string& id, Effect base, int signed_day = 1) {
  Directive directive;
  directive.id = id;
  directive.subject = Patient("p");
  directive.instruments = {Regime::kGeneral};
  directive.base = base;
  directive.signed_at = absl::UnixEpoch() + absl::Hours(24) * signed_day;
  return directive;
}

inline RuleNode MakeRule(Effect effect, Match match, Emergency emergency = Emergency::kInherit) {
  RuleNode rule;
  rule.effect = effect;
  rule.match = std::move(match);
  rule.emergency = emergency;
  return rule;
}

inline Directive WithRule(Directive directive, RuleNode rule) {
  directive.rules.push_back(std::move(rule));
  return directive;
}

inline Directive As(Directive directive, Regime instrument) {
  directive.instruments = {instrument};
  return directive;
}

inline Directive Forbidding(Directive directive) {
  directive.emergency = Emergency::kForbidOverride;
  return directive;
}

inline LinkedDirective Certain(Directive directive) {
  return {std::move(directive), Link::kCertain};
}
inline LinkedDirective Possible(Directive directive) {
  directive.subject = Patient("q");
  return {std::move(directive), Link::kPossible};
}

// An item of which everything is known: an allergy at "south", with these sensitivities.
inline Item MakeItem(const std::string& id, SensitivitySet sensitivity = SensitivitySet()) {
  Item item;
  item.id = id;
  item.custodian = "south";
  item.facility = "south-main";
  item.clinical_class = ClinicalClass::kAllergy;
  item.service = {kNow - absl::Hours(480), kNow - absl::Hours(479)};
  item.labels.sensitivity = CloseUpward(sensitivity);
  item.labels.known = SensitivitySet::All();
  item.labels.confidentiality = Confidentiality::kNormal;
  return item;
}

inline AccessRequest MakeRequest(Purpose purpose, std::vector<Item> items) {
  AccessRequest request;
  request.actor.member = MemberId("north");
  request.actor.user = "dr-ito";
  request.actor.roles = {"ed_physician"};
  request.actor.purpose = purpose;
  request.actor.client_key = "key-1";
  request.certain = {Patient("p")};
  request.items = std::move(items);
  return request;
}

inline Session MakeSession(SessionState state) {
  Session session;
  session.id = "s";
  session.actor = MakeRequest(Purpose::kBtg, {}).actor;
  session.patients = {Patient("p")};
  session.state = state;
  session.expires = kNow + absl::Hours(1);
  return session;
}

}  // namespace hie::consent::sample
