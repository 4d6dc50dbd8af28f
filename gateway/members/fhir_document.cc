#include "gateway/members/fhir_document.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/members/fhir_element.h"
#include "gateway/members/fhir_time.h"
#include "services/common/crypto/hash.h"
#include "services/common/json/writer.h"

namespace hie::members {
namespace {

constexpr size_t kMadeIdBytes = 16;

std::string LoincCode(const json::Value* type) {
  if (type == nullptr) return "";
  for (const json::Value& coding : type->Each("coding")) {
    if (coding.Text("system") == kLoinc) return std::string(coding.Text("code"));
  }
  return "";
}

std::string MakeUniqueId(const json::Value& resource, const LocalPatient& patient) {
  const absl::string_view id = resource.Text("id");
  const std::string what =
      id.empty() ? crypto::Sha256(json::Write(resource)) : absl::StrCat("id:", id);
  const std::string digest = crypto::Sha256(
      absl::StrCat(patient.assigning_authority, "\n", patient.id.value(), "\n", what));
  return absl::StrCat("hie-document-", absl::BytesToHexString(digest.substr(0, kMadeIdBytes)));
}

// R4's attachment.hash is SHA-1; sources that put SHA-256 there are understood by its length.
void ReadAttachment(const json::Value& attachment, DocumentFacts& out) {
  out.media_type = std::string(attachment.Text("contentType"));
  out.url = std::string(attachment.Text("url"));
  if (const json::Value* size = attachment.Find("size")) {
    const int64_t bytes = size->integer().value_or(0);
    out.size_bytes = bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
  }
  std::string hash;
  if (absl::Base64Unescape(attachment.Text("hash"), &hash) && hash.size() == crypto::kSha256Bytes) {
    out.sha256 = hash;
  }
  const absl::string_view encoded = attachment.Text("data");
  if (encoded.empty() || encoded.size() / 4 * 3 > kInlineContentBytesMax) return;
  if (!absl::Base64Unescape(encoded, &out.inline_content)) return out.inline_content.clear();
  out.size_bytes = out.inline_content.size();
  out.sha256 = crypto::Sha256(out.inline_content);
}

std::string ReplacedDocument(const json::Value& resource) {
  for (const json::Value& relation : resource.Each("relatesTo")) {
    if (relation.Text("code") != "replaces") continue;
    const json::Value* target = relation.Find("target");
    const json::Value* identifier = target == nullptr ? nullptr : target->At("/identifier/value");
    if (identifier != nullptr) return std::string(identifier->text());
    return std::string(ReferenceTarget(target));
  }
  return "";
}

}  // namespace

ServicePeriod ReadPeriod(const json::Value* period) {
  ServicePeriod out;
  if (period == nullptr) return out;
  if (const auto start = ParseFhirTime(period->Text("start"))) out.from = start->from;
  if (const auto end = ParseFhirTime(period->Text("end"))) out.to = end->to;
  return out;
}

DocumentFacts ReadDocument(const json::Value& resource, const LocalPatient& patient) {
  DocumentFacts out;
  out.unique_id = FirstText(resource, {"/masterIdentifier/value"});
  if (out.unique_id.empty()) out.unique_id = MakeUniqueId(resource, patient);
  out.type_code = LoincCode(resource.Find("type"));
  if (const json::Value* attachment = resource.At("/content/0/attachment")) {
    ReadAttachment(*attachment, out);
  }
  out.title = FirstText(resource, {"/content/0/attachment/title", "/description"});
  if (out.title.empty()) out.title = ConceptText(resource.Find("type"));
  out.created = FirstText(resource, {"/content/0/attachment/creation", "/date"});
  out.service = ReadPeriod(resource.At("/context/period"));
  out.status = std::string(resource.Text("status"));
  out.replaces = ReplacedDocument(resource);
  out.author = ReferenceName(resource.At("/author/0"));
  out.security_codes = SecurityCodes(resource);
  return out;
}

}  // namespace hie::members
