#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/clinical/consent_codes.h"
#include "gateway/fhir/clinical/consent_directive.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/search_query.h"
#include "gateway/members/fhir_time.h"
#include "services/common/labels/sensitivity.h"

namespace hie::fhir {
namespace {

using consent::v1::RuleNode;

constexpr size_t kCriterionMax = 64;

// Elements of a provision that are read; any other would be a restriction passed over.
constexpr std::array<absl::string_view, 11> kReadElements = {
    "type",       "period",    "actor",     "action", "securityLabel", "purpose", "class",
    "dataPeriod", "provision", "extension", "id"};

// Reads one provision; the first fault wins.
class ProvisionReader {
 public:
  ProvisionReader(const Call& call, const json::Value& provision, std::string path)
      : call_(call), provision_(provision), path_(std::move(path)) {}

  Reading<RuleNode> Read() {
    for (const json::Member& member : provision_.members()) {
      const bool known =
          std::find(kReadElements.begin(), kReadElements.end(), member.name) != kReadElements.end();
      if (!known) NotSupported(member.name);
    }
    ReadType();
    ReadEmergency();
    ReadActors();
    ReadActions();
    ReadLabels();
    ReadPurposes();
    ReadClasses();
    ReadDataPeriod();
    if (failure_) return *std::move(failure_);
    return std::move(node_);
  }

 private:
  std::string At(absl::string_view element) const { return absl::StrCat(path_, ".", element); }

  void Refuse(int status, absl::string_view code, absl::string_view element, std::string text) {
    if (!failure_) failure_ = Fail(status, code, std::move(text), At(element));
  }

  void NotSupported(absl::string_view element) {
    Refuse(422, "not-supported", element,
           "The exchange cannot keep this element; the consent was not filed.");
  }

  absl::Span<const json::Value> Items(absl::string_view name) {
    const json::Value* value = provision_.Find(name);
    if (value == nullptr) return {};
    if (!value->IsArray() || value->items().empty() || value->items().size() > kCriterionMax) {
      Refuse(400, "structure", name, "A list of a plausible length is wanted.");
      return {};
    }
    return value->items();
  }

  void ReadType() {
    const absl::string_view type = provision_.Text("type");
    if (type == "permit") return node_.set_effect(consent::v1::EFFECT_PERMIT);
    if (type == "deny") return node_.set_effect(consent::v1::EFFECT_DENY);
    Refuse(400, "required", "type", "One of permit, deny is wanted.");
  }

  void ReadEmergency() {
    for (const json::Value& extension : provision_.Each("extension")) {
      // Any other extension may restrict; ours alone is understood.
      if (extension.Text("url") != kEmergencyExtension) return NotSupported("extension");
      const absl::string_view code = extension.Text("valueCode");
      if (code == "allow") {
        node_.set_emergency(consent::v1::EMERGENCY_ALLOW_OVERRIDE);
      } else if (code == "forbid") {
        node_.set_emergency(consent::v1::EMERGENCY_FORBID_OVERRIDE);
      } else {
        Refuse(400, "value", "extension", "One of allow, forbid is wanted.");
      }
    }
  }

  void ReadActors() {
    const auto actors = Items("actor");
    for (size_t i = 0; i < actors.size(); ++i) {
      const std::string element = absl::StrCat("actor[", i, "]");
      const json::Value* role = actors[i].At("/role/coding/0");
      const bool participation = role != nullptr && role->Text("system") == kParticipationSystem;
      const json::Value* reference = actors[i].Find("reference");
      const bool only_these = actors[i].members().size() == 2 && reference != nullptr;
      if (!participation || !only_these) {
        NotSupported(element);
      } else if (role->Text("code") == "IRCP") {
        ReadRecipient(*reference, element);
      } else if (role->Text("code") == "CST") {
        ReadCustodian(*reference, element);
      } else {
        NotSupported(element + ".role");
      }
    }
  }

  // A member by its home community, or by the id that this server gives it.
  const Member* FindMember(const json::Value& reference) const {
    const json::Value* identifier = reference.Find("identifier");
    if (identifier != nullptr && identifier->Text("system") == kUriSystem) {
      const std::optional<std::string> oid = OidOf(identifier->Text("value"));
      for (const Member& member : call_.directory().members()) {
        if (oid && member.home_community == *oid) return &member;
      }
      return nullptr;
    }
    const std::optional<std::string> id =
        ReadReference(reference.Text("reference"), "Organization", call_.services().base_url);
    return id ? call_.directory().FindMember(MemberId(*id)) : nullptr;
  }

  void ReadRecipient(const json::Value& reference, const std::string& element) {
    if (const Member* member = FindMember(reference)) {
      node_.add_recipients()->set_member(member->id.value());
      return;
    }
    const json::Value* identifier = reference.Find("identifier");
    const absl::string_view system = identifier == nullptr ? "" : identifier->Text("system");
    const absl::string_view value = identifier == nullptr ? "" : identifier->Text("value");
    if (system == kRoleSystem && IsUserRole(value)) {
      node_.add_recipients()->set_role(std::string(value));
      return;
    }
    // A person: an id that a member gave to its user.
    const std::optional<std::string> community = OidOf(system);
    for (const Member& member : call_.directory().members()) {
      if (!community || value.empty() || member.home_community != *community) continue;
      consent::v1::Recipient* recipient = node_.add_recipients();
      recipient->set_member(member.id.value());
      recipient->set_user(std::string(value));
      return;
    }
    NotSupported(element + ".reference");
  }

  void ReadCustodian(const json::Value& reference, const std::string& element) {
    if (const Member* member = FindMember(reference)) {
      node_.add_custodians(member->id.value());
      return;
    }
    const json::Value* identifier = reference.Find("identifier");
    if (identifier != nullptr && identifier->Text("system") == kFacilitySystem &&
        !identifier->Text("value").empty()) {
      node_.add_facilities(std::string(identifier->Text("value")));
      return;
    }
    NotSupported(element + ".reference");
  }

  // Access and disclosure are to find and to read; any narrower action is ours.
  void ReadActions() {
    bool any = false;
    for (const json::Value& action : Items("action")) {
      const json::Value* coding = action.At("/coding/0");
      const absl::string_view system = coding == nullptr ? "" : coding->Text("system");
      const absl::string_view code = coding == nullptr ? "" : coding->Text("code");
      if (system == kConsentAction && (code == "access" || code == "disclose")) {
        any = true;
      } else if (system == kActionSystem && code == "LOCATE") {
        node_.add_actions(consent::v1::ACTION_LOCATE);
      } else if (system == kActionSystem && code == "RETRIEVE") {
        node_.add_actions(consent::v1::ACTION_RETRIEVE);
      } else {
        NotSupported("action");
      }
    }
    if (any) node_.clear_actions();
  }

  void ReadLabels() {
    const auto labels = Items("securityLabel");
    for (size_t i = 0; i < labels.size(); ++i) {
      const std::string element = absl::StrCat("securityLabel[", i, "]");
      const absl::string_view system = labels[i].Text("system");
      const absl::string_view code = labels[i].Text("code");
      const auto level = ConfidentialityOf(code);
      if (system == kConfidentialitySystem && level &&
          node_.confidentiality_min() == common::v1::CONFIDENTIALITY_UNSPECIFIED) {
        node_.set_confidentiality_min(*level);
      } else if (system == kActCodeSystem && ParseSensitivity(code)) {
        node_.add_sensitivities(std::string(code));
      } else {
        NotSupported(element);
      }
    }
    // The exchange takes both as "and", a list of labels is "or".
    if (!node_.sensitivities().empty() &&
        node_.confidentiality_min() != common::v1::CONFIDENTIALITY_UNSPECIFIED) {
      NotSupported("securityLabel");
    }
  }

  void ReadPurposes() {
    const auto purposes = Items("purpose");
    for (size_t i = 0; i < purposes.size(); ++i) {
      const auto purpose = PurposeOf(purposes[i].Text("code"));
      if (!purpose || purposes[i].Text("system") != kActReasonSystem) {
        NotSupported(absl::StrCat("purpose[", i, "]"));
        continue;
      }
      node_.add_purposes(*purpose);
    }
  }

  void ReadClasses() {
    std::vector<std::string> types;
    for (const json::Value& each : Items("class")) {
      const absl::string_view system = each.Text("system");
      const absl::string_view code = each.Text("code");
      if (system == kClassSystem) {
        const auto clinical_class = ClassOfCode(code);
        if (!clinical_class) return NotSupported("class");
        node_.add_classes(*clinical_class);
        continue;
      }
      const auto classes = ClassesOfResource(code);
      if (system != kResourceTypes || !classes) return NotSupported("class");
      types.emplace_back(code);
      for (const auto clinical_class : classes->classes) AddClass(clinical_class);
    }
    if (!CoversWholeClasses(types)) NotSupported("class");
  }

  void AddClass(common::v1::ClinicalClass clinical_class) {
    const auto& classes = node_.classes();
    if (std::find(classes.begin(), classes.end(), clinical_class) == classes.end()) {
      node_.add_classes(clinical_class);
    }
  }

  // A denial may reach further than its type; a permission must not, so each class that it names
  // must be named by every type that it holds.
  bool CoversWholeClasses(const std::vector<std::string>& types) const {
    if (node_.effect() == consent::v1::EFFECT_DENY) return true;
    const auto named = [&types](absl::string_view type) {
      return std::find(types.begin(), types.end(), type) != types.end();
    };
    if (named("MedicationRequest") != named("MedicationStatement")) return false;
    return named("Condition") == named("Observation");
  }

  void ReadDataPeriod() {
    const json::Value* period = provision_.Find("dataPeriod");
    if (period == nullptr) return;
    const auto start = members::ParseFhirTime(period->Text("start"));
    const auto end = members::ParseFhirTime(period->Text("end"));
    const bool bad = (!start && period->Find("start") != nullptr) ||
                     (!end && period->Find("end") != nullptr) || (!start && !end);
    if (bad) return Refuse(400, "value", "dataPeriod", "A period with start or end is wanted.");
    if (start) node_.mutable_period()->set_from_micros(absl::ToUnixMicros(start->from));
    if (end) node_.mutable_period()->set_to_micros(absl::ToUnixMicros(end->to));
  }

  const Call& call_;
  const json::Value& provision_;
  const std::string path_;
  RuleNode node_;
  std::optional<Failure> failure_;
};

Failure NotSupportedAt(const std::string& path) {
  return Fail(422, "not-supported",
              "The exchange cannot keep this element; the consent was not filed.", path);
}

}  // namespace

Reading<RuleNode> ReadProvision(const Call& call, const json::Value& provision,
                                const std::string& path) {
  Reading<RuleNode> node = ProvisionReader(call, provision, path).Read();
  if (!node.ok()) return node;
  const auto nested = provision.Each("provision");
  if (nested.size() > kCriterionMax) return NotSupportedAt(path + ".provision");
  for (size_t i = 0; i < nested.size(); ++i) {
    const std::string child = absl::StrCat(path, ".provision[", i, "]");
    // Exceptions to exceptions, and validity of a part: not through this door.
    for (const absl::string_view beyond : {"provision", "period"}) {
      if (nested[i].Find(beyond) != nullptr) {
        return NotSupportedAt(absl::StrCat(child, ".", beyond));
      }
    }
    Reading<RuleNode> exception = ProvisionReader(call, nested[i], child).Read();
    if (!exception.ok()) return exception;
    if (exception.value.effect() == node.value.effect()) return NotSupportedAt(child + ".type");
    *node.value.add_exceptions() = std::move(exception.value);
  }
  return node;
}

}  // namespace hie::fhir
