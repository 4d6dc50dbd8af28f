#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/clinical/consent_codes.h"
#include "gateway/fhir/clinical/consent_directive.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {
namespace {

using consent::v1::Directive;
using consent::v1::RuleNode;

json::Value Text(absl::string_view text) { return json::Value::String(text); }

absl::string_view StatusWord(consent::v1::DirectiveStatus status) {
  switch (status) {
    case consent::v1::DIRECTIVE_STATUS_ACTIVE:
      return "active";
    case consent::v1::DIRECTIVE_STATUS_ENTERED_IN_ERROR:
      return "entered-in-error";
    default:
      return "inactive";
  }
}

json::Value Period(int64_t from_micros, int64_t to_micros) {
  json::Value period = json::Value::Object();
  if (from_micros != 0) {
    period.Set("start", Text(InstantText(absl::FromUnixMicros(from_micros))));
  }
  if (to_micros != 0) period.Set("end", Text(InstantText(absl::FromUnixMicros(to_micros))));
  return period;
}

// Writes a directive's choice and rules as provisions.
class ProvisionWriter {
 public:
  explicit ProvisionWriter(const Call& call) : call_(call) {}

  json::Value Root(const Directive& directive) const {
    const bool one_rule =
        directive.base() == consent::v1::EFFECT_UNSPECIFIED && directive.rules_size() == 1;
    json::Value root = one_rule ? Provision(directive.rules(0)) : json::Value::Object();
    if (!one_rule) {
      // Without a base choice the root says nothing; its nested ones are rules of their own.
      AddEffect(directive.base(), root);
      for (const RuleNode& rule : directive.rules()) AppendTo(root, "provision", Provision(rule));
    }
    if (root.Find("extension") == nullptr) AddEmergency(directive.emergency(), root);
    json::Value period = Period(directive.valid_from_micros(), directive.valid_to_micros());
    if (!period.members().empty()) root.Set("period", std::move(period));
    return root;
  }

 private:
  static void AddEffect(consent::v1::Effect effect, json::Value& out) {
    if (effect == consent::v1::EFFECT_PERMIT) out.Set("type", Text("permit"));
    if (effect == consent::v1::EFFECT_DENY) out.Set("type", Text("deny"));
  }

  static void AddEmergency(consent::v1::Emergency emergency, json::Value& out) {
    if (emergency == consent::v1::EMERGENCY_UNSPECIFIED) return;
    const bool forbid = emergency == consent::v1::EMERGENCY_FORBID_OVERRIDE;
    AppendTo(out, "extension",
             ExtensionElement(kEmergencyExtension, "valueCode", Text(forbid ? "forbid" : "allow")));
  }

  json::Value MemberElement(const std::string& id) const {
    const Member* member = call_.directory().FindMember(MemberId(id));
    if (member != nullptr && !member->home_community.empty()) return MemberReference(*member);
    return ReferenceElement(absl::StrCat("Organization/", id));
  }

  static json::Value Actor(absl::string_view role, json::Value reference) {
    json::Value actor = json::Value::Object();
    actor.Set("role", ConceptElement(kParticipationSystem, role));
    actor.Set("reference", std::move(reference));
    return actor;
  }

  static json::Value ByIdentifier(absl::string_view system, absl::string_view value) {
    json::Value reference = json::Value::Object();
    reference.Set("identifier", IdentifierElement(system, value));
    return reference;
  }

  json::Value Recipient(const consent::v1::Recipient& recipient) const {
    if (recipient.member().empty()) return ByIdentifier(kRoleSystem, recipient.role());
    if (recipient.user().empty() && recipient.role().empty()) {
      return MemberElement(recipient.member());
    }
    // A role within one organisation has no form that could be read back as anything else.
    if (recipient.user().empty()) {
      return ByIdentifier(kRoleSystem, absl::StrCat(recipient.role(), "@", recipient.member()));
    }
    const Member* member = call_.directory().FindMember(MemberId(recipient.member()));
    const bool known = member != nullptr && !member->home_community.empty();
    return ByIdentifier(known ? OidUrn(member->home_community) : recipient.member(),
                        recipient.user());
  }

  void AddActors(const RuleNode& node, json::Value& out) const {
    for (const consent::v1::Recipient& each : node.recipients()) {
      AppendTo(out, "actor", Actor("IRCP", Recipient(each)));
    }
    for (const std::string& each : node.custodians()) {
      AppendTo(out, "actor", Actor("CST", MemberElement(each)));
    }
    for (const std::string& each : node.facilities()) {
      AppendTo(out, "actor", Actor("CST", ByIdentifier(kFacilitySystem, each)));
    }
  }

  void AddCodes(const RuleNode& node, json::Value& out) const {
    for (const int action : node.actions()) {
      const bool locate = action == consent::v1::ACTION_LOCATE;
      AppendTo(out, "action", ConceptElement(kActionSystem, locate ? "LOCATE" : "RETRIEVE"));
    }
    for (const std::string& code : node.sensitivities()) {
      AppendTo(out, "securityLabel", CodingElement(kActCodeSystem, code));
    }
    if (node.confidentiality_min() != common::v1::CONFIDENTIALITY_UNSPECIFIED) {
      AppendTo(
          out, "securityLabel",
          CodingElement(kConfidentialitySystem, ConfidentialityWord(node.confidentiality_min())));
    }
    for (const int purpose : node.purposes()) {
      AppendTo(
          out, "purpose",
          CodingElement(kActReasonSystem, PurposeWord(static_cast<common::v1::Purpose>(purpose))));
    }
    for (const int each : node.classes()) {
      AppendTo(
          out, "class",
          CodingElement(kClassSystem, ClassCode(static_cast<common::v1::ClinicalClass>(each))));
    }
  }

  json::Value Provision(const RuleNode& node) const {
    json::Value out = json::Value::Object();
    AddEmergency(node.emergency(), out);
    AddEffect(node.effect(), out);
    AddActors(node, out);
    AddCodes(node, out);
    if (node.has_period()) {
      json::Value period = Period(node.period().from_micros(), node.period().to_micros());
      if (!period.members().empty()) out.Set("dataPeriod", std::move(period));
    }
    for (const RuleNode& exception : node.exceptions()) {
      AppendTo(out, "provision", Provision(exception));
    }
    return out;
  }

  const Call& call_;
};

// R4 wants a policy or a rule beside the provision (ppc-1).
json::Value PolicyRule(const Directive& directive) {
  if (directive.base() == consent::v1::EFFECT_PERMIT) {
    return ConceptElement(kActCodeSystem, "OPTIN");
  }
  if (directive.base() == consent::v1::EFFECT_DENY) {
    return ConceptElement(kActCodeSystem, "OPTOUT");
  }
  json::Value rule = json::Value::Object();
  rule.Set("text", Text("The exchange's policy, as far as no provision applies."));
  return rule;
}

json::Value Meta(const Directive& directive) {
  json::Value meta = json::Value::Object();
  meta.Set("versionId", Text(absl::StrCat(directive.version())));
  if (directive.recorded_micros() != 0) {
    meta.Set("lastUpdated", Text(InstantText(absl::FromUnixMicros(directive.recorded_micros()))));
  }
  return meta;
}

json::Value Patient(const common::v1::LocalPatient& subject) {
  json::Value patient = json::Value::Object();
  patient.Set("identifier", IdentifierElement(OidUrn(subject.assigning_authority()), subject.id()));
  return patient;
}

}  // namespace

json::Value ConsentResource(const Call& call, const Directive& directive) {
  json::Value out = json::Value::Object();
  out.Set("resourceType", Text("Consent"));
  out.Set("id", Text(directive.id()));
  out.Set("meta", Meta(directive));
  if (directive.opaque()) {
    AppendTo(out, "extension",
             ExtensionElement(kOpaqueExtension, "valueBoolean", json::Value::Boolean(true)));
  }
  out.Set("status", Text(StatusWord(directive.status())));
  out.Set("scope", ConceptElement(kConsentScope, "patient-privacy"));
  for (const int instrument : directive.instruments()) {
    AppendTo(out, "category",
             ConceptElement(kInstrumentSystem,
                            InstrumentCode(static_cast<consent::v1::Instrument>(instrument))));
  }
  out.Set("patient", Patient(directive.subject()));
  if (directive.signed_micros() != 0) {
    out.Set("dateTime", Text(InstantText(absl::FromUnixMicros(directive.signed_micros()))));
  }
  out.Set("policyRule", PolicyRule(directive));
  json::Value provision = ProvisionWriter(call).Root(directive);
  if (!provision.members().empty()) out.Set("provision", std::move(provision));
  return out;
}

}  // namespace hie::fhir
