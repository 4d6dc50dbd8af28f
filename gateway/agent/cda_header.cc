#include "gateway/agent/cda_header.h"

#include <algorithm>
#include <pugixml.hpp>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hie::agent {
namespace {

constexpr absl::string_view kLoincRoot = "2.16.840.1.113883.6.1";
constexpr size_t kDateDigits = 8;

// Names with or without a namespace prefix: sources use both.
bool IsNamed(const pugi::xml_node& node, absl::string_view name) {
  absl::string_view own = node.name();
  const size_t colon = own.find(':');
  if (colon != absl::string_view::npos) own.remove_prefix(colon + 1);
  return own == name;
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

std::string Attribute(const pugi::xml_node& node, const char* name) {
  return node.attribute(name).as_string();
}

std::string Text(const pugi::xml_node& node) {
  return std::string(absl::StripAsciiWhitespace(node.text().as_string()));
}

std::string UniqueId(const pugi::xml_node& id) {
  const std::string root = Attribute(id, "root");
  const std::string extension = Attribute(id, "extension");
  if (root.empty()) return "";
  if (!extension.empty()) return absl::StrCat(root, "^", extension);
  const bool oid = std::all_of(root.begin(), root.end(),
                               [](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; });
  return absl::StrCat(oid ? "urn:oid:" : "urn:uuid:", absl::AsciiStrToLower(root));
}

HumanName ReadName(const pugi::xml_node& node) {
  HumanName name;
  for (const pugi::xml_node& part : node.children()) {
    if (IsNamed(part, "given") && !Text(part).empty()) name.given.push_back(Text(part));
    if (IsNamed(part, "family")) name.family = Text(part);
    if (IsNamed(part, "suffix")) name.suffix = Text(part);
  }
  return name;
}

void ReadPatient(const pugi::xml_node& role, CdaHeader& out) {
  for (const pugi::xml_node& child : role.children()) {
    if (!IsNamed(child, "id")) continue;
    const std::string root = Attribute(child, "root");
    const std::string extension = Attribute(child, "extension");
    if (!root.empty() && !extension.empty()) out.patient_ids.push_back({root, extension});
  }
  const pugi::xml_node patient = Child(role, "patient");
  for (const pugi::xml_node& child : patient.children()) {
    if (IsNamed(child, "name")) out.names.push_back(ReadName(child));
  }
  const std::string birth = Attribute(Child(patient, "birthTime"), "value");
  const absl::StatusOr<CivilDate> date =
      ParseCivilDate(absl::string_view(birth).substr(0, kDateDigits));
  if (date.ok()) out.birth_date = *date;
}

void ReadRelations(const pugi::xml_node& root, CdaHeader& out) {
  for (const pugi::xml_node& related : root.children()) {
    if (!IsNamed(related, "relatedDocument") || Attribute(related, "typeCode") != "RPLC") continue;
    out.replaces = UniqueId(Descend(related, {"parentDocument", "id"}));
  }
}

}  // namespace

absl::StatusOr<CdaHeader> ReadCdaHeader(absl::string_view document) {
  pugi::xml_document xml;
  const pugi::xml_parse_result parsed = xml.load_buffer(document.data(), document.size());
  if (!parsed) {
    return absl::InvalidArgumentError(absl::StrCat("xml: not well-formed at byte ", parsed.offset));
  }
  const pugi::xml_node root = xml.document_element();
  if (!IsNamed(root, "ClinicalDocument")) {
    return absl::InvalidArgumentError("xml: want a ClinicalDocument");
  }
  CdaHeader out;
  out.unique_id = UniqueId(Child(root, "id"));
  const pugi::xml_node role = Descend(root, {"recordTarget", "patientRole"});
  if (out.unique_id.empty()) return absl::InvalidArgumentError("ClinicalDocument.id: want one");
  if (!role) return absl::InvalidArgumentError("ClinicalDocument.recordTarget: want a patient");
  ReadPatient(role, out);
  const pugi::xml_node code = Child(root, "code");
  if (Attribute(code, "codeSystem") == kLoincRoot) out.type_code = Attribute(code, "code");
  out.title = Text(Child(root, "title"));
  if (out.title.empty()) out.title = Attribute(code, "displayName");
  out.effective_time = Attribute(Child(root, "effectiveTime"), "value");
  out.confidentiality = Attribute(Child(root, "confidentialityCode"), "code");
  out.custodian = Text(Descend(
      root, {"custodian", "assignedCustodian", "representedCustodianOrganization", "name"}));
  const HumanName author =
      ReadName(Descend(root, {"author", "assignedAuthor", "assignedPerson", "name"}));
  out.author = absl::StrCat(absl::StrJoin(author.given, " "), author.given.empty() ? "" : " ",
                            author.family);
  ReadRelations(root, out);
  return out;
}

std::string FhirTimeOfHl7(absl::string_view timestamp) {
  const size_t zone_at = timestamp.find_first_of("+-");
  const absl::string_view zone =
      zone_at == absl::string_view::npos ? "" : timestamp.substr(zone_at);
  absl::string_view digits = timestamp.substr(0, zone_at);
  digits = digits.substr(0, digits.find('.'));
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) return "";
  if (digits.size() < 4) return "";
  std::string out(digits.substr(0, 4));
  if (digits.size() >= 6) absl::StrAppend(&out, "-", digits.substr(4, 2));
  if (digits.size() >= 8) absl::StrAppend(&out, "-", digits.substr(6, 2));
  if (digits.size() < 12) return out;
  absl::StrAppend(&out, "T", digits.substr(8, 2), ":", digits.substr(10, 2), ":",
                  digits.size() >= 14 ? digits.substr(12, 2) : "00");
  if (zone.size() == 5) {
    absl::StrAppend(&out, zone.substr(0, 3), ":", zone.substr(3));
  } else {
    absl::StrAppend(&out, "Z");
  }
  return out;
}

}  // namespace hie::agent
