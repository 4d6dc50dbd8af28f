#include "gateway/hl7v2/document_draft.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/charset.h"
#include "gateway/hl7v2/uuid_v5.h"

namespace hie::hl7v2 {
namespace {

constexpr absl::string_view kLoinc = "http://loinc.org";
constexpr absl::string_view kDocumentTypes = "http://terminology.hl7.org/CodeSystem/v2-0270";

// LOINC document codes of table 0270, for senders that name no code in OBX-3.
struct TypeRow {
  absl::string_view hl7;
  absl::string_view loinc;
  absl::string_view display;
};
constexpr TypeRow kTypes[] = {
    {"CN", "11488-4", "Consultation note"},    {"DI", "18748-4", "Diagnostic imaging study"},
    {"DS", "18842-5", "Discharge summary"},    {"ED", "34878-9", "Emergency medicine note"},
    {"HP", "34117-2", "History and physical"}, {"OP", "11504-8", "Surgical operation note"},
    {"PC", "18733-6", "Primary care note"},    {"PN", "11506-3", "Progress note"},
    {"PR", "28570-0", "Procedure note"},       {"CD", "18745-0", "Cardiac catheterization study"},
    {"SP", "11526-1", "Pathology study"},      {"TS", "18761-7", "Transfer summary note"},
};

const TypeRow* FindType(absl::string_view code) {
  for (const TypeRow& row : kTypes) {
    if (row.hl7 == code) return &row;
  }
  return nullptr;
}

bool IsLoinc(const CodedElement& element) {
  return !element.code.empty() && (element.system == "LN" || element.system == "LOINC" ||
                                   element.system == "2.16.840.1.113883.6.1");
}

void ReadTypes(const DocumentSegment& segment, const std::vector<DocumentPart>& parts,
               DocumentDraft& draft) {
  for (const DocumentPart& part : parts) {
    if (!IsLoinc(part.observation) || !draft.type_code.empty()) continue;
    draft.type_code = part.observation.code;
    draft.types.push_back({std::string(kLoinc), part.observation.code, part.observation.text});
  }
  if (!segment.type.code.empty()) {
    const TypeRow* row = FindType(segment.type.code);
    draft.types.push_back({std::string(kDocumentTypes), segment.type.code,
                           segment.type.text.empty() && row != nullptr ? std::string(row->display)
                                                                       : segment.type.text});
    if (draft.type_code.empty() && row != nullptr) {
      draft.type_code = std::string(row->loinc);
      draft.types.push_back(
          {std::string(kLoinc), std::string(row->loinc), std::string(row->display)});
    }
  }
  draft.title = segment.title;
  for (const DocumentCode& type : draft.types) {
    if (draft.title.empty()) draft.title = type.display;
  }
}

Finding BadContent(absl::string_view want) {
  return Finding{"bad-content", Location{"OBX", 1, 5}, ErrorCode::kDataType, Verdict::kError,
                 std::string(want)};
}

// Base64 in messages is broken into lines, by real line ends or by escapes.
std::optional<std::string> DecodeBase64(absl::string_view data) {
  std::string compact;
  compact.reserve(data.size());
  for (size_t at = 0; at < data.size(); ++at) {
    if (absl::StartsWith(data.substr(at), "\\.br\\")) {
      at += 4;
    } else if (absl::StartsWith(data.substr(at), "\\X0D\\") ||
               absl::StartsWith(data.substr(at), "\\X0A\\")) {
      at += 4;
    } else if (!absl::ascii_isspace(data[at])) {
      compact.push_back(data[at]);
    }
  }
  std::string bytes;
  if (!absl::Base64Unescape(compact, &bytes)) return std::nullopt;
  return bytes;
}

std::optional<std::string> Decode(const DocumentPart& part) {
  if (part.encoding == "BASE64") return DecodeBase64(part.data);
  if (part.encoding == "HEX") {
    const bool digits = std::all_of(part.data.begin(), part.data.end(),
                                    [](char c) { return absl::ascii_isxdigit(c); });
    if (!digits || part.data.size() % 2 != 0) return std::nullopt;
    return absl::HexStringToBytes(part.data);
  }
  return part.data;
}

// What the bytes say wins over what the sender calls them.
std::string SniffedMediaType(absl::string_view content, absl::string_view said) {
  if (absl::StartsWith(content, "%PDF-")) return "application/pdf";
  if (absl::StrContains(content.substr(0, 4096), "<ClinicalDocument")) return "text/xml";
  if (!said.empty()) return std::string(said);
  return IsUtf8(content) ? "text/plain" : "application/octet-stream";
}

// The first encapsulated part is the document; without one, all lines of text are.
std::optional<Finding> ReadContent(const std::vector<DocumentPart>& parts, DocumentDraft& draft) {
  for (const DocumentPart& part : parts) {
    if (part.value_type != "ED") continue;
    if (draft.media_type.empty()) draft.media_type = part.media_type;
    if (part.data.empty()) continue;
    std::optional<std::string> content = Decode(part);
    if (!content || content->empty()) return BadContent("want ED-5 in the encoding of ED-4");
    draft.media_type = SniffedMediaType(*content, part.media_type);
    draft.content = *std::move(content);
    draft.has_content = true;
    return std::nullopt;
  }
  for (const DocumentPart& part : parts) {
    for (const std::string& line : part.lines) {
      absl::StrAppend(&draft.content, draft.has_content ? "\n" : "", line);
      draft.has_content = true;
    }
  }
  if (draft.has_content) {
    draft.media_type = SniffedMediaType(draft.content, "text/plain");
    return std::nullopt;
  }
  for (const DocumentPart& part : parts) {
    if (part.value_type != "RP" || part.pointer.empty()) continue;
    if (draft.media_type.empty()) draft.media_type = part.media_type;
    if (draft.file_name.empty()) draft.file_name = part.pointer;
    break;
  }
  return std::nullopt;
}

std::string SecurityCode(absl::string_view confidentiality) {
  if (confidentiality == "U") return "N";
  if (confidentiality == "R" || confidentiality == "V") return std::string(confidentiality);
  return "";
}

absl::Time InstantOf(absl::string_view text, const absl::TimeZone& zone) {
  const std::optional<Timestamp> time = ParseTimestamp(text, zone);
  return time ? time->instant : absl::InfinitePast();
}

// An arc of an OID: digits without a leading zero.
bool IsArc(absl::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); });
}

}  // namespace

std::string DocumentUniqueId(const EntityId& number, absl::string_view source) {
  if (IsOid(number.id)) return absl::StrCat("urn:oid:", number.id);
  const std::string oid = number.authority.Oid();
  if (!oid.empty() && IsArc(number.id)) return absl::StrCat("urn:oid:", oid, ".", number.id);
  const absl::string_view authority =
      !oid.empty() ? absl::string_view(oid)
                   : (number.authority.empty() ? source : number.authority.ForPeople());
  return absl::StrCat("urn:uuid:", UuidV5(authority, number.id));
}

bool IsFinal(const DocumentSegment& segment) {
  return segment.completion == "AU" || segment.completion == "LA";
}

std::variant<DocumentDraft, Finding> DraftDocument(const DocumentSegment& segment,
                                                   const std::vector<DocumentPart>& parts,
                                                   DraftRelation relation, absl::string_view source,
                                                   const absl::TimeZone& zone) {
  if (segment.unique_number.id.empty()) {
    return Finding{"missing-field", Location{"TXA", 1, 12}, ErrorCode::kRequiredFieldMissing,
                   Verdict::kError, "want the document's unique number"};
  }
  DocumentDraft draft;
  draft.unique_id = DocumentUniqueId(segment.unique_number, source);
  const std::string oid = segment.unique_number.authority.Oid();
  if (!oid.empty()) {
    draft.numbers.emplace_back(absl::StrCat("urn:oid:", oid), segment.unique_number.id);
  }
  draft.file_name = segment.file_name;
  ReadTypes(segment, parts, draft);
  if (std::optional<Finding> bad = ReadContent(parts, draft)) return *std::move(bad);
  draft.created = InstantOf(segment.origination_time, zone);
  draft.service = InstantOf(segment.activity_time, zone);
  if (draft.created == absl::InfinitePast()) draft.created = draft.service;
  for (const Clinician& author : segment.originators) {
    if (author.family.empty() || draft.authors.size() == 16) continue;
    HumanName name;
    name.family = author.family;
    if (!author.given.empty()) name.given.push_back(author.given);
    draft.authors.push_back(std::move(name));
  }
  if (!segment.parent_number.id.empty()) {
    draft.relation = relation;
    draft.parent_unique_id = DocumentUniqueId(segment.parent_number, source);
    // A replacement under its own number is the same document again.
    if (draft.parent_unique_id == draft.unique_id) draft.relation = DraftRelation::kNone;
  }
  draft.security_code = SecurityCode(segment.confidentiality);
  draft.superseded = segment.availability == "OB";
  draft.withheld = segment.availability == "UN";
  return draft;
}

}  // namespace hie::hl7v2
