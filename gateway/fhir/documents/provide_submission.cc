#include "gateway/fhir/documents/provide_submission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gateway/cda/clinical_document.h"
#include "gateway/cda/document_metadata.h"
#include "gateway/cda/pdf_facts.h"
#include "gateway/fhir/documents/document_codes.h"
#include "gateway/fhir/search_query.h"
#include "gateway/members/fhir_document.h"
#include "gateway/members/fhir_element.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/sha1.h"
#include "services/common/json/writer.h"
#include "services/common/wire/wire.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kLoinc = "http://loinc.org";
constexpr absl::string_view kTargetPrefix = "DocumentReference/";

struct KindWord {
  absl::string_view word;
  registry::v1::RelationKind kind;
};

constexpr KindWord kRelationKinds[] = {
    {"replaces", registry::v1::RELATION_KIND_REPLACES},
    {"transforms", registry::v1::RELATION_KIND_TRANSFORMS},
    {"appends", registry::v1::RELATION_KIND_APPENDS},
    {"signs", registry::v1::RELATION_KIND_SIGNS},
};

// What `reference` names: the unique id of a document of this Bundle, or DocumentReference/{id}.
std::string TargetOf(const ProvideBundle& bundle, const json::Value* target,
                     absl::string_view base_url) {
  if (target == nullptr) return "";
  const absl::string_view reference = target->Text("reference");
  for (const ProvidedDocument& document : bundle.documents) {
    if (!reference.empty() && document.full_url == reference) {
      return members::FirstText(*document.resource, {"/masterIdentifier/value"});
    }
  }
  if (!reference.empty()) {
    const auto id = ReadReference(reference, "DocumentReference", base_url);
    return absl::StrCat(kTargetPrefix, id ? *id : std::string(reference));
  }
  return members::FirstText(*target, {"/identifier/value"});
}

void ReadRelations(const ProvideBundle& bundle, const json::Value& resource,
                   absl::string_view base_url, registry::v1::DocumentEntry& out) {
  for (const json::Value& relates : resource.Each("relatesTo")) {
    registry::v1::DocumentRelation relation;
    for (const KindWord& kind : kRelationKinds) {
      if (relates.Text("code") == kind.word) relation.set_kind(kind.kind);
    }
    relation.set_target_unique_id(TargetOf(bundle, relates.Find("target"), base_url));
    *out.add_relations() = std::move(relation);
  }
}

void ReadCodes(const json::Value& resource, registry::v1::DocumentEntry& out) {
  AddCodings(resource.Find("type"), out.mutable_types());
  for (const registry::v1::Code& type : out.types()) {
    if (type.system() == kLoinc && out.type_code().empty()) out.set_type_code(type.code());
  }
  for (const json::Value& category : resource.Each("category")) {
    AddCodings(&category, out.mutable_categories());
  }
  if (const json::Value* format = resource.At("/content/0/format")) {
    *out.mutable_format() = ReadCoding(*format);
  }
  AddCodings(resource.At("/context/facilityType"), out.mutable_facility_types());
  AddCodings(resource.At("/context/practiceSetting"), out.mutable_practice_settings());
  if (const json::Value* context = resource.Find("context")) {
    for (const json::Value& event : context->Each("event")) {
      AddCodings(&event, out.mutable_events());
    }
  }
}

void AddReferenceId(const json::Value& identifier,
                    google::protobuf::RepeatedPtrField<registry::v1::DocumentReferenceId>* out) {
  if (identifier.Text("value").empty()) return;
  registry::v1::DocumentReferenceId& added = *out->Add();
  added.set_system(std::string(identifier.Text("system")));
  added.set_value(std::string(identifier.Text("value")));
}

void ReadIdentifiers(const json::Value& resource, registry::v1::DocumentEntry& out) {
  for (const json::Value& identifier : resource.Each("identifier")) {
    AddReferenceId(identifier, out.mutable_identifiers());
  }
  const json::Value* context = resource.Find("context");
  if (context == nullptr) return;
  for (const char* name : {"related", "encounter"}) {
    for (const json::Value& related : context->Each(name)) {
      if (const json::Value* identifier = related.Find("identifier")) {
        AddReferenceId(*identifier, out.mutable_related());
      }
    }
  }
}

void ReadAuthors(const json::Value& resource, registry::v1::DocumentEntry& out) {
  std::vector<std::string> names;
  for (const json::Value& author : resource.Each("author")) {
    const absl::string_view reference = author.Text("reference");
    std::string name = std::string(author.Text("display"));
    for (const json::Value& contained : resource.Each("contained")) {
      if (absl::StrCat("#", contained.Text("id")) != reference) continue;
      const json::Value* names_of = &contained;
      const int before = out.author_names_size();
      AddNames(*names_of, out.mutable_author_names());
      if (name.empty() && out.author_names_size() > before) {
        const auto& first = out.author_names(before);
        name = absl::StrCat(absl::StrJoin(first.given(), " "), first.given().empty() ? "" : " ",
                            first.family());
      }
    }
    if (!name.empty()) names.push_back(std::move(name));
  }
  if (!names.empty()) out.set_author(names.front());
}

void ReadAttachment(const json::Value& attachment, registry::v1::DocumentEntry& out) {
  out.set_media_type(std::string(attachment.Text("contentType")));
  out.set_language(std::string(attachment.Text("language")));
  out.set_title(std::string(attachment.Text("title")));
  out.set_created_micros(MicrosOf(attachment.Text("creation")));
  if (const json::Value* size = attachment.Find("size")) {
    out.set_size_bytes(static_cast<uint64_t>(std::max<int64_t>(size->integer().value_or(0), 0)));
  }
  std::string hash = FromBase64(attachment.Text("hash"));
  if (hash.size() == crypto::kSha1Bytes) out.set_sha1(std::move(hash));
}

// The bytes are what they are, whatever the sender said or left out.
void ReadContent(const std::string& content, registry::v1::DocumentEntry& out) {
  out.set_size_bytes(content.size());
  out.set_sha1(crypto::Sha1(content));
  out.set_sha256(crypto::Sha256(content));
  if (!out.title().empty()) return;
  if (const auto pdf = cda::ReadPdfFacts(content)) out.set_title(pdf->title);
}

// A header that says more than the metadata does is believed: labels only add up.
void AddHeaderLabels(const std::string& content, exchange::v1::SubmittedDocument& out) {
  if (!cda::LooksLikeClinicalDocument(content)) return;
  const auto document = cda::ReadClinicalDocument(content);
  if (!document.ok()) return;
  const std::string code = cda::MetadataOf(*document, {}).confidentiality;
  const auto& codes = out.security_codes();
  if (code.empty() || std::find(codes.begin(), codes.end(), code) != codes.end()) return;
  out.add_security_codes(code);
}

// A UUID made of a digest (RFC 9562 version 8).
std::string ContentIdOf(absl::string_view member, const registry::v1::DocumentEntry& entry) {
  std::string digest =
      crypto::Sha256(absl::StrCat(member, absl::string_view("\0", 1), entry.unique_id(),
                                  absl::string_view("\0", 1), entry.sha256()))
          .substr(0, 16);
  digest[6] = static_cast<char>((digest[6] & 0x0F) | 0x80);
  digest[8] = static_cast<char>((digest[8] & 0x3F) | 0x80);
  const std::string hex = absl::BytesToHexString(digest);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

}  // namespace

std::string RelationEntryId(const registry::v1::DocumentRelation& relation) {
  absl::string_view target = relation.target_unique_id();
  return absl::ConsumePrefix(&target, kTargetPrefix) ? std::string(target) : "";
}

registry::v1::DocumentEntry ReadDocumentEntry(const ProvideBundle& bundle,
                                              const ProvidedDocument& document,
                                              absl::string_view base_url) {
  const json::Value& resource = *document.resource;
  registry::v1::DocumentEntry entry;
  entry.set_unique_id(members::FirstText(resource, {"/masterIdentifier/value"}));
  entry.set_facility(members::ExtensionText(resource, members::kFacilityExtension));
  entry.set_unit(members::ExtensionText(resource, members::kUnitExtension));
  ReadCodes(resource, entry);
  ReadAttachment(*resource.At("/content/0/attachment"), entry);
  if (document.binary) ReadContent(bundle.binaries[*document.binary].content, entry);
  if (entry.title().empty()) entry.set_title(std::string(resource.Text("description")));
  if (entry.title().empty()) entry.set_title(members::ConceptText(resource.Find("type")));
  const ServicePeriod period = members::ReadPeriod(resource.At("/context/period"));
  if (period.from != absl::InfinitePast()) {
    entry.mutable_service()->set_from_micros(absl::ToUnixMicros(period.from));
  }
  if (period.to != absl::InfiniteFuture()) {
    entry.mutable_service()->set_to_micros(absl::ToUnixMicros(period.to));
  }
  entry.set_status(resource.Text("status") == "superseded"
                       ? registry::v1::DOCUMENT_STATUS_SUPERSEDED
                       : registry::v1::DOCUMENT_STATUS_CURRENT);
  entry.set_indexed_micros(MicrosOf(resource.Text("date")));
  ReadIdentifiers(resource, entry);
  ReadAuthors(resource, entry);
  ReadRelations(bundle, resource, base_url, entry);
  entry.set_resource(json::Write(resource));
  return entry;
}

registry::v1::SubmissionSet ReadSubmissionSet(const ProvideBundle& bundle) {
  const json::Value& set = *bundle.submission_set;
  registry::v1::SubmissionSet out;
  out.set_unique_id(SubmissionSetUniqueId(set));
  if (const json::Value* source = MhdExtension(set, "ihe-sourceId")) {
    out.set_source_id(members::FirstText(*source, {"/valueIdentifier/value"}));
  }
  out.set_submitted_micros(MicrosOf(set.Text("date")));
  for (const json::Value* designation : MhdExtensions(set, "ihe-designationType")) {
    AddCodings(designation->Find("valueCodeableConcept"), out.mutable_designations());
  }
  out.set_title(std::string(set.Text("title")));
  if (const json::Value* source = set.Find("source")) {
    for (const json::Value& contained : set.Each("contained")) {
      if (absl::StrCat("#", contained.Text("id")) == source->Text("reference")) {
        AddNames(contained, out.mutable_source_names());
      }
    }
  }
  for (const json::Value* recipient : MhdExtensions(set, "ihe-intendedRecipient")) {
    out.add_recipients(members::ReferenceName(recipient->Find("valueReference")));
  }
  for (const json::Value& entry : set.Each("entry")) {
    absl::string_view reference = members::ReferenceTarget(entry.Find("item"));
    if (absl::ConsumePrefix(&reference, kTargetPrefix)) {
      out.add_document_ids(std::string(reference));
    }
  }
  out.set_resource(json::Write(set));
  return out;
}

exchange::v1::SubmitDocumentsRequest MakeSubmission(const ProvideBundle& bundle,
                                                    const ClaimedSubjects& subjects,
                                                    absl::string_view member,
                                                    absl::string_view base_url) {
  exchange::v1::SubmitDocumentsRequest request;
  if (!subjects.eid.empty()) {
    request.mutable_subject()->set_eid(subjects.eid);
  } else {
    *request.mutable_subject()->mutable_patient() = wire::ToProto(*subjects.local);
  }
  for (size_t i = 0; i < bundle.documents.size(); ++i) {
    const ProvidedDocument& document = bundle.documents[i];
    exchange::v1::SubmittedDocument& out = *request.add_documents();
    *out.mutable_entry() = ReadDocumentEntry(bundle, document, base_url);
    const std::optional<LocalPatient>& local = subjects.documents[i].local;
    if (local || subjects.local) {
      *out.mutable_entry()->mutable_patient() = wire::ToProto(local ? *local : *subjects.local);
    }
    for (std::string& code : members::SecurityCodes(*document.resource)) {
      out.add_security_codes(std::move(code));
    }
    if (!document.binary) continue;
    const std::string& content = bundle.binaries[*document.binary].content;
    AddHeaderLabels(content, out);
    if (content.size() <= kInlineContentMax) {
      out.set_content(content);
    } else {
      out.mutable_entry()->set_content_id(ContentIdOf(member, out.entry()));
    }
  }
  *request.mutable_submission_set() = ReadSubmissionSet(bundle);
  if (subjects.local) {
    *request.mutable_submission_set()->mutable_patient() = wire::ToProto(*subjects.local);
  }
  for (const SupersedeEntry& supersede : bundle.supersedes) {
    request.add_superseded_ids(supersede.document_id);
  }
  return request;
}

}  // namespace hie::fhir
