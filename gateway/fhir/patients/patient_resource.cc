#include "gateway/fhir/patients/patient_resource.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/search_query.h"
#include "services/common/base/civil_date.h"

namespace hie::fhir {
namespace {

using common::v1::Demographics;

constexpr absl::string_view kMothersMaidenName =
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName";
constexpr absl::string_view kOneSourceClaim =
    "https://hie.example/fhir/StructureDefinition/one-source-claim";
constexpr std::array<absl::string_view, 7> kNameUses = {
    "usual", "official", "temp", "nickname", "anonymous", "old", "maiden"};

json::Value Texts(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  json::Value out = json::Value::Array();
  for (const std::string& text : texts) {
    if (!absl::StripAsciiWhitespace(text).empty()) out.Append(json::Value::String(text));
  }
  return out;
}

void SetTexts(json::Value& object, absl::string_view name,
              const google::protobuf::RepeatedPtrField<std::string>& texts) {
  json::Value items = Texts(texts);
  if (!items.items().empty()) object.Set(name, std::move(items));
}

// "urn:oid:" for what has the form of an OID, anything else as it stands.
std::string SystemOf(const std::string& system) {
  const std::string urn = OidUrn(system);
  return OidOf(urn).has_value() ? urn : system;
}

json::Value MemberIdentifier(const members::MemberDirectory& directory,
                             const common::v1::LocalPatient& patient) {
  json::Value identifier = IdentifierElement(OidUrn(patient.assigning_authority()), patient.id());
  const Member* member = directory.FindByDomain(patient.assigning_authority());
  if (member != nullptr) identifier.Set("assigner", MemberReference(*member));
  return identifier;
}

void AddIdentifiers(const Call& call, const exchange::v1::PatientView& view,
                    json::Value& resource) {
  const members::MemberDirectory& directory = call.directory();
  std::set<std::pair<std::string, std::string>> shown;
  for (const common::v1::LocalPatient& patient : view.identifiers()) {
    if (!shown.emplace(patient.assigning_authority(), patient.id()).second) continue;
    AppendTo(resource, "identifier", MemberIdentifier(directory, patient));
  }
  for (const common::v1::PatientIdentifier& each : view.demographics().identifiers()) {
    const bool of_a_member = directory.FindDomain(each.system()) != nullptr;
    if (of_a_member || each.system().empty() || each.value().empty()) continue;
    AppendTo(resource, "identifier", IdentifierElement(SystemOf(each.system()), each.value()));
  }
  if (resource.Find("identifier") == nullptr) {
    AppendTo(resource, "identifier",
             IdentifierElement(kUriSystem, call.Url(absl::StrCat("Patient/", view.eid()))));
  }
}

void AddNames(const Demographics& demographics, json::Value& resource) {
  for (const common::v1::HumanName& name : demographics.names()) {
    json::Value element = json::Value::Object();
    const bool known = std::find(kNameUses.begin(), kNameUses.end(), name.use()) != kNameUses.end();
    if (known) SetText(element, "use", name.use());
    SetText(element, "family", name.family());
    SetTexts(element, "given", name.given());
    if (!absl::StripAsciiWhitespace(name.suffix()).empty()) {
      AppendTo(element, "suffix", json::Value::String(name.suffix()));
    }
    if (element.members().size() > (known ? 1u : 0u)) AppendTo(resource, "name", element);
  }
}

void AddTelecom(const Demographics& demographics, json::Value& resource) {
  const auto add = [&resource](absl::string_view system, const std::string& value) {
    json::Value contact = json::Value::Object();
    SetText(contact, "value", value);
    if (contact.members().empty()) return;
    contact.Set("system", json::Value::String(system));
    AppendTo(resource, "telecom", std::move(contact));
  };
  for (const std::string& phone : demographics.phones()) add("phone", phone);
  for (const std::string& email : demographics.emails()) add("email", email);
}

absl::string_view GenderOf(common::v1::AdministrativeSex sex) {
  switch (sex) {
    case common::v1::ADMINISTRATIVE_SEX_FEMALE:
      return "female";
    case common::v1::ADMINISTRATIVE_SEX_MALE:
      return "male";
    case common::v1::ADMINISTRATIVE_SEX_OTHER:
      return "other";
    case common::v1::ADMINISTRATIVE_SEX_UNKNOWN:
      return "unknown";
    default:
      return "";
  }
}

void SetDate(json::Value& resource, absl::string_view name, const std::string& date) {
  if (const auto parsed = ParseCivilDate(date); parsed.ok()) {
    resource.Set(name, json::Value::String(parsed->ToString()));
  }
}

// Death is one member's claim: it is shown as such and locks nothing (PRACTICE 1).
void AddDeath(const Demographics& demographics, json::Value& resource) {
  if (!demographics.deceased() && demographics.deceased_date().empty()) return;
  json::Value claim = json::Value::Object();
  AppendTo(claim, "extension",
           ExtensionElement(kOneSourceClaim, "valueBoolean", json::Value::Boolean(true)));
  SetDate(resource, "deceasedDateTime", demographics.deceased_date());
  if (resource.Find("deceasedDateTime") != nullptr) {
    resource.Set("_deceasedDateTime", std::move(claim));
    return;
  }
  resource.Set("deceasedBoolean", json::Value::Boolean(true));
  resource.Set("_deceasedBoolean", std::move(claim));
}

void AddAddresses(const Demographics& demographics, json::Value& resource) {
  for (const common::v1::PostalAddress& address : demographics.addresses()) {
    json::Value element = json::Value::Object();
    SetTexts(element, "line", address.line());
    SetText(element, "city", address.city());
    SetText(element, "state", address.state());
    SetText(element, "postalCode", address.postal_code());
    SetText(element, "country", address.country());
    if (!element.members().empty()) AppendTo(resource, "address", std::move(element));
  }
}

void AddBirth(const Demographics& demographics, json::Value& resource) {
  SetText(resource, "gender", GenderOf(demographics.sex()));
  SetDate(resource, "birthDate", demographics.birth_date());
  AddDeath(demographics, resource);
  AddAddresses(demographics, resource);
  if (demographics.birth_order() > 0) {
    resource.Set("multipleBirthInteger", json::Value::Integer(demographics.birth_order()));
  } else if (demographics.multiple_birth()) {
    resource.Set("multipleBirthBoolean", json::Value::Boolean(true));
  }
}

json::Value Meta(const exchange::v1::PatientView& view) {
  json::Value meta = json::Value::Object();
  meta.Set("versionId", json::Value::String(absl::StrCat(view.version())));
  if (view.changed_micros() > 0) {
    meta.Set("lastUpdated",
             json::Value::String(InstantText(absl::FromUnixMicros(view.changed_micros()))));
  }
  return meta;
}

// The one member that knows the person; with several there is no managing one.
void AddManager(const Call& call, const exchange::v1::PatientView& view, json::Value& resource) {
  const Member* only = nullptr;
  for (const common::v1::LocalPatient& patient : view.identifiers()) {
    const Member* member = call.directory().FindByDomain(patient.assigning_authority());
    if (member == nullptr || (only != nullptr && only != member)) return;
    only = member;
  }
  if (only != nullptr) resource.Set("managingOrganization", MemberReference(*only));
}

}  // namespace

json::Value PatientResource(const Call& call, const exchange::v1::PatientView& view) {
  const bool replaced = !view.replaced_by_eid().empty() && view.replaced_by_eid() != view.eid();
  const Demographics& demographics = view.demographics();
  json::Value resource = json::Value::Object();
  resource.Set("resourceType", json::Value::String("Patient"));
  resource.Set("id", json::Value::String(view.eid()));
  resource.Set("meta", Meta(view));
  if (!absl::StripAsciiWhitespace(demographics.mother_maiden_name()).empty()) {
    AppendTo(resource, "extension",
             ExtensionElement(kMothersMaidenName, "valueString",
                              json::Value::String(demographics.mother_maiden_name())));
  }
  AddIdentifiers(call, view, resource);
  resource.Set("active", json::Value::Boolean(view.active() && !replaced));
  AddNames(demographics, resource);
  AddTelecom(demographics, resource);
  AddBirth(demographics, resource);
  AddManager(call, view, resource);
  if (replaced) {
    json::Value link = json::Value::Object();
    link.Set("other", ReferenceElement(absl::StrCat("Patient/", view.replaced_by_eid())));
    link.Set("type", json::Value::String("replaced-by"));
    AppendTo(resource, "link", std::move(link));
  }
  return resource;
}

void AddMergedAwayId(const common::v1::LocalPatient& id, json::Value& resource) {
  const json::Value identifier = IdentifierElement(OidUrn(id.assigning_authority()), id.id());
  json::Value old = json::Value::Object();
  old.Set("use", json::Value::String("old"));
  for (const json::Member& member : identifier.members()) old.Set(member.name, member.value);
  AppendTo(resource, "identifier", std::move(old));
  json::Value other = json::Value::Object();
  other.Set("identifier", identifier);
  json::Value link = json::Value::Object();
  link.Set("other", std::move(other));
  link.Set("type", json::Value::String("replaces"));
  AppendTo(resource, "link", std::move(link));
}

}  // namespace hie::fhir
