#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/clinical/consent_codes.h"
#include "gateway/fhir/clinical/consent_directive.h"
#include "gateway/fhir/search_query.h"
#include "gateway/members/fhir_time.h"
#include "services/common/crypto/hash.h"

namespace hie::fhir {
namespace {

using consent::v1::RuleNode;

// Elements that are read, or that say nothing of who may see what: the form that was signed, who
// took it, the policy that it is made under.
constexpr std::array<absl::string_view, 16> kReadElements = {
    "resourceType",     "id",       "meta",       "text",
    "identifier",       "status",   "scope",      "category",
    "patient",          "dateTime", "performer",  "organization",
    "sourceAttachment", "policy",   "policyRule", "provision"};

// Reads one Consent; the first fault wins.
class ConsentReader {
 public:
  ConsentReader(const Call& call, const json::Value& resource) : call_(call), resource_(resource) {}

  Reading<ConsentContent> Read() {
    if (resource_.Text("resourceType") != "Consent") {
      return Fail(400, "structure", "A Consent is wanted.", "Consent");
    }
    for (const json::Member& member : resource_.members()) {
      const bool known =
          std::find(kReadElements.begin(), kReadElements.end(), member.name) != kReadElements.end();
      if (!known) NotSupported(member.name);
    }
    ReadStatus();
    ReadPatient();
    ReadIdentifier();
    // What is withdrawn needs no rules.
    if (out_.wish != ConsentContent::Wish::kRevoked) {
      ReadScope();
      ReadCategories();
      ReadSigning();
      ReadRules();
      ReadPolicyRule();
    }
    if (failure_) return *std::move(failure_);
    return std::move(out_);
  }

 private:
  consent::v1::Directive& directive() { return out_.directive; }

  void Refuse(int status, absl::string_view code, absl::string_view element, std::string text) {
    if (!failure_) {
      failure_ = Fail(status, code, std::move(text), absl::StrCat("Consent.", element));
    }
  }

  void NotSupported(absl::string_view element) {
    Refuse(422, "not-supported", element,
           "The exchange cannot keep this element; the consent was not filed.");
  }

  void ReadStatus() {
    const absl::string_view status = resource_.Text("status");
    if (status == "active") {
      directive().set_status(consent::v1::DIRECTIVE_STATUS_ACTIVE);
    } else if (status == "inactive") {
      out_.wish = ConsentContent::Wish::kRevoked;
    } else if (status == "entered-in-error") {
      out_.wish = ConsentContent::Wish::kEnteredInError;
      directive().set_status(consent::v1::DIRECTIVE_STATUS_ENTERED_IN_ERROR);
    } else if (status.empty()) {
      Refuse(400, "required", "status", "A status is wanted.");
    } else {
      NotSupported("status");
    }
  }

  // By an id of the caller's own domain: the record that the wish is filed with.  A reference could
  // contradict it and cannot be compared by one who may not look the person up.
  void ReadPatient() {
    const json::Value* patient = resource_.Find("patient");
    const json::Value* identifier = patient == nullptr ? nullptr : patient->Find("identifier");
    if (identifier == nullptr) {
      return Refuse(400, "required", "patient.identifier",
                    "The patient is wanted by an identifier of your organisation.");
    }
    if (patient->Find("reference") != nullptr) return NotSupported("patient.reference");
    const std::optional<std::string> oid = OidOf(identifier->Text("system"));
    const Member* owner = oid ? call_.directory().FindByDomain(*oid) : nullptr;
    if (owner == nullptr || identifier->Text("value").empty()) {
      return Refuse(400, "value", "patient.identifier",
                    "The patient is wanted by an identifier of your organisation.");
    }
    const auto normal = call_.directory().NormaliseLocalId(*oid, identifier->Text("value"));
    directive().mutable_subject()->set_assigning_authority(*oid);
    directive().mutable_subject()->set_id(normal.ok() ? *normal
                                                      : std::string(identifier->Text("value")));
  }

  void ReadIdentifier() {
    const json::Value* identifier = resource_.At("/identifier/0");
    if (identifier == nullptr || identifier->Text("value").empty()) return;
    out_.identifier = absl::StrCat(identifier->Text("system"), "|", identifier->Text("value"));
  }

  void ReadScope() {
    const json::Value* scope = resource_.Find("scope");
    if (scope == nullptr) return Refuse(400, "required", "scope", "A scope is wanted.");
    for (const json::Value& coding : scope->Each("coding")) {
      if (coding.Text("system") == kConsentScope && coding.Text("code") == "patient-privacy") {
        return;
      }
    }
    NotSupported("scope");
  }

  // What law's kind of agreement it is decides what it can open: an unknown category is refused.
  void ReadCategories() {
    const auto categories = resource_.Each("category");
    if (categories.empty()) return Refuse(400, "required", "category", "A category is wanted.");
    for (size_t i = 0; i < categories.size(); ++i) {
      bool known = false;
      for (const json::Value& coding : categories[i].Each("coding")) {
        const auto instrument = InstrumentOf(coding.Text("system"), coding.Text("code"));
        if (!instrument) continue;
        known = true;
        AddInstrument(*instrument);
      }
      if (!known) NotSupported(absl::StrCat("category[", i, "]"));
    }
  }

  void AddInstrument(consent::v1::Instrument instrument) {
    const auto& present = directive().instruments();
    if (std::find(present.begin(), present.end(), instrument) == present.end()) {
      directive().add_instruments(instrument);
    }
  }

  void ReadSigning() {
    const std::optional<ServicePeriod> signed_at =
        members::ParseFhirTime(resource_.Text("dateTime"));
    if (!signed_at) {
      return Refuse(400, "required", "dateTime", "The time of signing is wanted.");
    }
    directive().set_signed_micros(absl::ToUnixMicros(signed_at->from));
    const absl::string_view data = [this] {
      const json::Value* form = resource_.Find("sourceAttachment");
      return form == nullptr ? absl::string_view() : form->Text("data");
    }();
    if (data.empty()) return;
    // The exchange keeps the hash of the signed form; the form stays where it was signed.
    std::string bytes;
    if (!absl::Base64Unescape(data, &bytes)) {
      return Refuse(400, "value", "sourceAttachment.data", "Base64 is wanted.");
    }
    directive().set_evidence_sha256(crypto::Sha256(bytes));
  }

  void ReadRules() {
    const json::Value* provision = resource_.Find("provision");
    if (provision == nullptr) {
      return Refuse(400, "required", "provision", "A provision is wanted.");
    }
    ReadValidity(*provision);
    Reading<RuleNode> node = ReadProvision(call_, *provision, "Consent.provision");
    if (!node.ok()) {
      if (!failure_) failure_ = std::move(node.failure);
      return;
    }
    RuleNode& root = node.value;
    directive().set_emergency(root.emergency());
    if (HasCriteria(root)) {
      *directive().add_rules() = std::move(root);
      return;
    }
    directive().set_base(root.effect());
    for (RuleNode& exception : *root.mutable_exceptions()) {
      *directive().add_rules() = std::move(exception);
    }
  }

  void ReadValidity(const json::Value& provision) {
    const json::Value* period = provision.Find("period");
    if (period == nullptr) return;
    const auto start = members::ParseFhirTime(period->Text("start"));
    const auto end = members::ParseFhirTime(period->Text("end"));
    const bool bad = (!start && period->Find("start") != nullptr) ||
                     (!end && period->Find("end") != nullptr) || (!start && !end);
    if (bad) {
      return Refuse(400, "value", "provision.period", "A period with start or end is wanted.");
    }
    if (start) directive().set_valid_from_micros(absl::ToUnixMicros(start->from));
    if (end) directive().set_valid_to_micros(absl::ToUnixMicros(end->to));
  }

  static bool HasCriteria(const RuleNode& node) {
    return !node.purposes().empty() || !node.actions().empty() || !node.recipients().empty() ||
           !node.custodians().empty() || !node.facilities().empty() || !node.classes().empty() ||
           !node.sensitivities().empty() || node.has_period() ||
           node.confidentiality_min() != common::v1::CONFIDENTIALITY_UNSPECIFIED;
  }

  // OPTIN and OPTOUT repeat the base choice in a word; another rule, or one that contradicts, would
  // be passed over.
  void ReadPolicyRule() {
    const json::Value* rule = resource_.Find("policyRule");
    if (rule == nullptr) return;
    for (const json::Value& coding : rule->Each("coding")) {
      const absl::string_view code = coding.Text("code");
      const bool permits = code == "OPTIN" && directive().base() == consent::v1::EFFECT_PERMIT;
      const bool denies = code == "OPTOUT" && directive().base() == consent::v1::EFFECT_DENY;
      if (!permits && !denies) return NotSupported("policyRule");
    }
  }

  const Call& call_;
  const json::Value& resource_;
  ConsentContent out_;
  std::optional<Failure> failure_;
};

}  // namespace

Reading<ConsentContent> ReadConsent(const Call& call, const json::Value& resource) {
  return ConsentReader(call, resource).Read();
}

}  // namespace hie::fhir
