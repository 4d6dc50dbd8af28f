#include "gateway/cda/clinical_document.h"

#include <pugixml.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::cda {
namespace {

constexpr absl::string_view kHl7V3 = "urn:hl7-org:v3";
constexpr size_t kDateDigits = 8;

// The namespace that a prefix (empty: none) has at `node`.  Header trees are a dozen deep.
absl::string_view NamespaceOf(pugi::xml_node node, absl::string_view prefix) {
  const std::string attribute = prefix.empty() ? "xmlns" : absl::StrCat("xmlns:", prefix);
  for (; node; node = node.parent()) {
    if (const pugi::xml_attribute found = node.attribute(attribute.c_str())) return found.value();
  }
  return "";
}

bool IsNamed(const pugi::xml_node& node, absl::string_view name) {
  const absl::string_view own = node.name();
  const size_t colon = own.find(':');
  const absl::string_view prefix = colon == absl::string_view::npos ? "" : own.substr(0, colon);
  const absl::string_view local = colon == absl::string_view::npos ? own : own.substr(colon + 1);
  return local == name && NamespaceOf(node, prefix) == kHl7V3;
}

pugi::xml_node Child(const pugi::xml_node& node, absl::string_view name) {
  for (const pugi::xml_node& child : node.children()) {
    if (IsNamed(child, name)) return child;
  }
  return {};
}

pugi::xml_node Descend(pugi::xml_node node, std::initializer_list<absl::string_view> names) {
  for (const absl::string_view name : names) node = Child(node, name);
  return node;
}

template <typename Take>
void ForEach(const pugi::xml_node& node, absl::string_view name, Take take) {
  for (const pugi::xml_node& child : node.children()) {
    if (IsNamed(child, name)) take(child);
  }
}

std::string Attribute(const pugi::xml_node& node, const char* name) {
  return std::string(absl::StripAsciiWhitespace(node.attribute(name).as_string()));
}

std::string Text(const pugi::xml_node& node) {
  return std::string(absl::StripAsciiWhitespace(node.text().as_string()));
}

InstanceId ReadId(const pugi::xml_node& node) {
  InstanceId id{Attribute(node, "root"), Attribute(node, "extension")};
  // Letters make it a UUID, whose case carries nothing.
  absl::AsciiStrToLower(&id.root);
  return id;
}

std::vector<InstanceId> ReadIds(const pugi::xml_node& node) {
  std::vector<InstanceId> ids;
  ForEach(node, "id", [&](const pugi::xml_node& child) {
    if (InstanceId id = ReadId(child); !id.root.empty()) ids.push_back(std::move(id));
  });
  return ids;
}

CodedValue ReadCode(const pugi::xml_node& node) {
  return {Attribute(node, "code"), Attribute(node, "codeSystem"), Attribute(node, "displayName")};
}

// CDA's name uses (HL7 EntityNameUse) that FHIR has a word for.
std::string NameUse(absl::string_view use) {
  if (absl::StrContains(use, "SRCH")) return "";
  if (absl::StrContains(use, "L")) return "official";
  if (absl::StrContains(use, "P")) return "nickname";
  return "";
}

HumanName ReadName(const pugi::xml_node& node) {
  HumanName name;
  name.use = NameUse(Attribute(node, "use"));
  bool birth = false;
  for (const pugi::xml_node& part : node.children()) {
    const std::string text = Text(part);
    if (text.empty()) continue;
    if (IsNamed(part, "given")) name.given.push_back(text);
    if (IsNamed(part, "family")) {
      absl::StrAppend(&name.family, name.family.empty() ? "" : " ", text);
      birth = birth || Attribute(part, "qualifier") == "BR";
    }
    if (IsNamed(part, "suffix")) name.suffix = text;
  }
  if (birth) name.use = "maiden";
  return name;
}

AdministrativeSex ReadSex(const pugi::xml_node& node) {
  const std::string code = absl::AsciiStrToUpper(Attribute(node, "code"));
  if (code == "F") return AdministrativeSex::kFemale;
  if (code == "M") return AdministrativeSex::kMale;
  if (code == "UN") return AdministrativeSex::kOther;
  return code.empty() ? AdministrativeSex::kUnspecified : AdministrativeSex::kUnknown;
}

RecordTarget ReadRecordTarget(const pugi::xml_node& role) {
  RecordTarget out;
  for (InstanceId& id : ReadIds(role)) {
    if (id.extension.empty()) continue;
    out.demographics.identifiers.push_back({id.root, id.extension});
    out.ids.push_back(std::move(id));
  }
  const pugi::xml_node patient = Child(role, "patient");
  ForEach(patient, "name", [&](const pugi::xml_node& node) {
    HumanName name = ReadName(node);
    if (!name.family.empty() || !name.given.empty()) {
      out.demographics.names.push_back(std::move(name));
    }
  });
  out.demographics.sex = ReadSex(Child(patient, "administrativeGenderCode"));
  const std::string birth = Attribute(Child(patient, "birthTime"), "value");
  const absl::StatusOr<CivilDate> date =
      ParseCivilDate(absl::string_view(birth).substr(0, kDateDigits));
  if (date.ok()) out.demographics.birth_date = *date;
  return out;
}

// `entity` is an assignedAuthor or assignedEntity.
Participant ReadParticipant(const pugi::xml_node& entity) {
  Participant out;
  out.ids = ReadIds(entity);
  out.name = ReadName(Descend(entity, {"assignedPerson", "name"}));
  out.organization = Text(Descend(entity, {"representedOrganization", "name"}));
  return out;
}

// A plain value is a moment: both ends.
Interval ReadInterval(const pugi::xml_node& node) {
  const std::string value = Attribute(node, "value");
  if (!value.empty()) return {value, value};
  return {Attribute(Child(node, "low"), "value"), Attribute(Child(node, "high"), "value")};
}

std::vector<ParentDocument> ReadParents(const pugi::xml_node& root) {
  std::vector<ParentDocument> parents;
  ForEach(root, "relatedDocument", [&](const pugi::xml_node& related) {
    const std::string type = Attribute(related, "typeCode");
    ParentDocument parent;
    if (type == "APND") parent.kind = ParentKind::kAppends;
    if (type == "XFRM") parent.kind = ParentKind::kTransforms;
    if (type != "RPLC" && type != "APND" && type != "XFRM") return;
    parent.id = ReadId(Descend(related, {"parentDocument", "id"}));
    if (!parent.id.root.empty()) parents.push_back(std::move(parent));
  });
  return parents;
}

Encounter ReadEncounter(const pugi::xml_node& node) {
  Encounter out;
  out.ids = ReadIds(node);
  out.time = ReadInterval(Child(node, "effectiveTime"));
  const pugi::xml_node facility = Descend(node, {"location", "healthCareFacility"});
  out.facility_type = ReadCode(Child(facility, "code"));
  out.facility = Text(Descend(facility, {"location", "name"}));
  if (out.facility.empty()) {
    out.facility = Text(Descend(facility, {"serviceProviderOrganization", "name"}));
  }
  return out;
}

void ReadParticipants(const pugi::xml_node& root, ClinicalDocument& out) {
  ForEach(root, "author", [&](const pugi::xml_node& author) {
    out.authors.push_back(ReadParticipant(Child(author, "assignedAuthor")));
  });
  if (const auto signer = Descend(root, {"legalAuthenticator", "assignedEntity"})) {
    out.legal_authenticator = ReadParticipant(signer);
  }
  const pugi::xml_node custodian =
      Descend(root, {"custodian", "assignedCustodian", "representedCustodianOrganization"});
  out.custodian_id = ReadId(Child(custodian, "id"));
  out.custodian = Text(Child(custodian, "name"));
}

void ReadActs(const pugi::xml_node& root, ClinicalDocument& out) {
  if (const auto encounter = Descend(root, {"componentOf", "encompassingEncounter"})) {
    out.encounter = ReadEncounter(encounter);
  }
  ForEach(root, "documentationOf", [&](const pugi::xml_node& of) {
    if (!out.service.low.empty() || !out.service.high.empty()) return;
    out.service = ReadInterval(Descend(of, {"serviceEvent", "effectiveTime"}));
  });
}

void ReadIdentity(const pugi::xml_node& root, ClinicalDocument& out) {
  ForEach(root, "templateId",
          [&](const pugi::xml_node& node) { out.template_ids.push_back(ReadId(node)); });
  out.code = ReadCode(Child(root, "code"));
  out.title = Text(Child(root, "title"));
  if (out.title.empty()) out.title = out.code.display;
  out.effective_time = Attribute(Child(root, "effectiveTime"), "value");
  const pugi::xml_node confidentiality = Child(root, "confidentialityCode");
  out.confidentiality = ReadCode(confidentiality);
  out.confidentiality_is_null = !confidentiality.empty() && out.confidentiality.code.empty();
  out.language = Attribute(Child(root, "languageCode"), "code");
  if (const auto set = Child(root, "setId")) {
    if (InstanceId id = ReadId(set); !id.root.empty()) out.set_id = std::move(id);
  }
  out.version_number = Attribute(Child(root, "versionNumber"), "value");
  out.parents = ReadParents(root);
}

}  // namespace

absl::StatusOr<ClinicalDocument> ReadClinicalDocument(absl::string_view document) {
  absl::StatusOr<HeaderText> header = CutHeader(document);
  if (!header.ok()) return header.status();
  pugi::xml_document xml;
  const pugi::xml_parse_result parsed = xml.load_buffer(header->xml.data(), header->xml.size());
  if (!parsed) {
    return absl::InvalidArgumentError(absl::StrCat("xml: not well-formed at byte ", parsed.offset));
  }
  const pugi::xml_node root = xml.document_element();
  if (!IsNamed(root, "ClinicalDocument")) {
    return absl::NotFoundError("xml: want a ClinicalDocument of urn:hl7-org:v3");
  }
  ClinicalDocument out;
  out.id = ReadId(Child(root, "id"));
  if (out.id.root.empty()) return absl::InvalidArgumentError("ClinicalDocument.id: want one");
  const pugi::xml_node role = Descend(root, {"recordTarget", "patientRole"});
  if (!role) return absl::InvalidArgumentError("ClinicalDocument.recordTarget: want a patient");
  ForEach(root, "recordTarget", [&](const pugi::xml_node&) { ++out.record_targets; });
  out.record_target = ReadRecordTarget(role);
  ReadIdentity(root, out);
  ReadParticipants(root, out);
  ReadActs(root, out);
  out.body = header->body;
  return out;
}

bool LooksLikeClinicalDocument(absl::string_view content) {
  absl::ConsumePrefix(&content, "\xEF\xBB\xBF");
  content = absl::StripLeadingAsciiWhitespace(content);
  // Anywhere: a long comment in front must not hide whose document it is.
  return absl::StartsWith(content, "<") && absl::StrContains(content, "ClinicalDocument");
}

}  // namespace hie::cda
