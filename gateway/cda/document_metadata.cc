#include "gateway/cda/document_metadata.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gateway/cda/hl7_time.h"

namespace hie::cda {
namespace {

constexpr size_t kUuidLength = 36;
constexpr absl::string_view kStructuredFormat = "urn:hl7-org:sdwg:ccda-structuredBody:2.1";
constexpr absl::string_view kNonXmlFormat = "urn:hl7-org:sdwg:ccda-nonXMLBody:2.1";
constexpr absl::string_view kConfidentialities[] = {"U", "L", "M", "N", "R", "V"};

// LOINC document types of C-CDA and the document classes under which US registries file them.
constexpr std::pair<absl::string_view, absl::string_view> kClasses[] = {
    {"34133-9", "34133-9"},  // Summary of episode (CCD).
    {"18842-5", "18842-5"},  // Discharge summary.
    {"11490-0", "18842-5"},  // Physician discharge summary.
    {"28655-9", "18842-5"},  // Attending discharge summary.
    {"11488-4", "11488-4"},  // Consult note.
    {"34847-4", "11488-4"},  // Surgery consult note.
    {"34117-2", "34117-2"},  // History and physical.
    {"11506-3", "11506-3"},  // Progress note.
    {"28570-0", "28570-0"},  // Procedure note.
    {"11504-8", "28570-0"},  // Surgical operation note.
    {"18748-4", "18726-0"},  // Diagnostic imaging study: radiology studies.
    {"18761-7", "18761-7"},  // Transfer summary.
    {"57133-1", "34140-4"},  // Referral note: transfer of care referral.
    {"52521-2", "34133-9"},  // Care plan.
    {"18776-5", "34133-9"},  // Plan of care.
    {"34109-9", "34109-9"},  // Evaluation and management note.
};

// ISO 639-2 codes that documents hold where BCP 47 wants the two letters of ISO 639-1.
constexpr std::pair<absl::string_view, absl::string_view> kLanguages[] = {
    {"eng", "en"}, {"spa", "es"}, {"fre", "fr"}, {"fra", "fr"}, {"ger", "de"}, {"deu", "de"},
    {"ita", "it"}, {"por", "pt"}, {"rus", "ru"}, {"chi", "zh"}, {"zho", "zh"}, {"jpn", "ja"},
    {"kor", "ko"}, {"ara", "ar"}, {"dut", "nl"}, {"nld", "nl"}, {"vie", "vi"}, {"pol", "pl"},
};

std::string NameText(const HumanName& name) {
  std::vector<std::string> parts = name.given;
  if (!name.family.empty()) parts.push_back(name.family);
  if (!name.suffix.empty()) parts.push_back(name.suffix);
  return absl::StrJoin(parts, " ");
}

std::string ParticipantText(const Participant& participant) {
  const std::string name = NameText(participant.name);
  return name.empty() ? participant.organization : name;
}

std::string Confidentiality(const CodedValue& said, const ClinicalDocument& document,
                            const SourceDefaults& defaults) {
  const bool absent = said.code.empty() && said.code_system.empty() && said.display.empty();
  if (absent && !document.confidentiality_is_null) return defaults.confidentiality;
  const std::string code = absl::AsciiStrToUpper(said.code);
  const bool known = std::find(std::begin(kConfidentialities), std::end(kConfidentialities),
                               code) != std::end(kConfidentialities);
  return known ? code : "R";
}

void ReadService(const ClinicalDocument& document, absl::TimeZone zone, DocumentMetadata& out) {
  const auto take = [&](const Interval& time) {
    out.service_from = FhirTimeOfHl7(time.low, zone);
    out.service_to = FhirTimeOfHl7(time.high, zone);
  };
  if (document.encounter) {
    take(document.encounter->time);
    out.encounters = document.encounter->ids;
    out.facility_type = document.encounter->facility_type;
  }
  if (out.service_from.empty() && out.service_to.empty()) take(document.service);
}

}  // namespace

std::string UniqueIdOf(const InstanceId& id) {
  if (id.root.empty()) return "";
  const bool uuid = id.root.size() == kUuidLength && id.root.find('-') != std::string::npos;
  return absl::StrCat(uuid ? "urn:uuid:" : "urn:oid:", id.root, id.extension.empty() ? "" : "^",
                      id.extension);
}

std::string LanguageTag(absl::string_view code) {
  const std::vector<absl::string_view> parts = absl::StrSplit(code, absl::ByAnyChar("-_"));
  std::string language = absl::AsciiStrToLower(parts[0]);
  if (!std::all_of(language.begin(), language.end(), absl::ascii_isalpha)) return "";
  for (const auto& [three, two] : kLanguages) {
    if (language == three) language = std::string(two);
  }
  if (language.size() < 2 || language.size() > 3) return "";
  if (parts.size() == 2 && parts[1].size() == 2) {
    absl::StrAppend(&language, "-", absl::AsciiStrToUpper(parts[1]));
  }
  return language;
}

std::string ClassOfType(absl::string_view loinc) {
  for (const auto& [type, of] : kClasses) {
    if (type == loinc) return std::string(of);
  }
  return "";
}

DocumentMetadata MetadataOf(const ClinicalDocument& document, const SourceDefaults& defaults) {
  DocumentMetadata out;
  out.unique_id = UniqueIdOf(document.id);
  if (document.code.code_system == kLoincOid) {
    out.type_code = document.code.code;
    out.type_display = document.code.display;
    out.class_code = ClassOfType(out.type_code);
  }
  out.title = document.title;
  out.created = FhirTimeOfHl7(document.effective_time, defaults.zone);
  out.confidentiality = Confidentiality(document.confidentiality, document, defaults);
  out.language = LanguageTag(document.language);
  if (document.set_id) {
    out.chain = UniqueIdOf(*document.set_id);
    out.version = document.version_number;
  }
  for (const ParentDocument& parent : document.parents) {
    out.related.push_back({parent.kind, UniqueIdOf(parent.id)});
  }
  if (!document.authors.empty()) out.author = ParticipantText(document.authors.front());
  for (const Participant& author : document.authors) {
    if (!author.name.family.empty()) out.author_names.push_back(author.name);
  }
  if (document.legal_authenticator) {
    out.authenticator = ParticipantText(*document.legal_authenticator);
  }
  out.custodian = document.custodian;
  ReadService(document, defaults.zone, out);
  if (document.body == BodyKind::kStructured) out.format_code = std::string(kStructuredFormat);
  if (document.body == BodyKind::kNonXml) out.format_code = std::string(kNonXmlFormat);
  return out;
}

}  // namespace hie::cda
