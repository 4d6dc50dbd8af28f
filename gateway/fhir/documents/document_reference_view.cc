#include "gateway/fhir/documents/document_reference_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/documents/document_codes.h"
#include "gateway/fhir/member_outcome.h"
#include "gateway/fhir/patients/element.h"
#include "services/common/json/reader.h"

namespace hie::fhir {
namespace {

constexpr char kHomeCommunity[] =
    "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-HomeCommunityId";
constexpr char kVerifiedAt[] = "https://hie.example/fhir/StructureDefinition/verified-at";
constexpr char kAlsoAt[] = "https://hie.example/fhir/StructureDefinition/also-at";
constexpr char kDedupBasis[] = "https://hie.example/fhir/StructureDefinition/dedup-basis";
constexpr char kObligationSystem[] = "https://hie.example/fhir/CodeSystem/obligation";
constexpr char kActCode[] = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
constexpr char kActReason[] = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
constexpr char kListTypes[] = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes";
constexpr char kSourceIdExtension[] =
    "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-sourceId";
constexpr char kDesignationExtension[] =
    "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-designationType";
// Obligations that say: not to be passed on (HL7 v3 ActCode, ObligationPolicy).
constexpr absl::string_view kNoRedisclosure[] = {"redisclosure-notice", "no-redisclosure-label",
                                                 "part2-251c"};

bool IsRelative(absl::string_view reference) {
  return !reference.empty() && reference[0] != '#' &&
         reference.find(':') == absl::string_view::npos;
}

// A reference that only the source's server resolves becomes words: at our base it would mean
// something else, or nothing.
json::Value Localised(const json::Value& value) {
  if (value.IsArray()) {
    json::Value out = json::Value::Array();
    for (const json::Value& item : value.items()) out.Append(Localised(item));
    return out;
  }
  if (!value.IsObject()) return value;
  const json::Value* reference = value.Find("reference");
  const bool relative =
      reference != nullptr && reference->IsString() && IsRelative(reference->text());
  json::Value out = json::Value::Object();
  for (const json::Member& member : value.members()) {
    if (relative && member.name == "reference") continue;
    out.Set(member.name, Localised(member.value));
  }
  if (relative && out.Find("display") == nullptr) {
    out.Set("display", json::Value::String(reference->text()));
  }
  return out;
}

absl::string_view StatusWord(registry::v1::DocumentStatus status) {
  switch (status) {
    case registry::v1::DOCUMENT_STATUS_SUPERSEDED:
      return "superseded";
    case registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR:
      return "entered-in-error";
    default:
      return "current";
  }
}

absl::string_view KindWord(registry::v1::RelationKind kind) {
  switch (kind) {
    case registry::v1::RELATION_KIND_TRANSFORMS:
      return "transforms";
    case registry::v1::RELATION_KIND_APPENDS:
      return "appends";
    case registry::v1::RELATION_KIND_SIGNS:
      return "signs";
    default:
      return "replaces";
  }
}

std::string CommunityOid(const Call& call, const std::string& member) {
  return CommunityOf(call, member);
}

json::Value Custodian(const Call& call, const std::string& member, const std::string& name) {
  json::Value custodian = json::Value::Object();
  custodian.Set("identifier", IdentifierElement(kUriSystem, CommunityOid(call, member)));
  const Member* found = call.directory().FindMember(MemberId(member));
  SetText(custodian, "display", !name.empty() || found == nullptr ? name : found->name);
  return custodian;
}

// Our extensions, and the source's but for those that are ours to say.
json::Value Extensions(const Call& call, const json::Value& base, const std::string& member,
                       const DocumentView& view, int64_t verified_micros) {
  json::Value out = json::Value::Array();
  const std::string community = CommunityOid(call, member);
  if (absl::StartsWith(community, "urn:oid:")) {
    out.Append(ExtensionElement(kHomeCommunity, "valueOid", json::Value::String(community)));
  }
  for (const json::Value& extension : base.Each("extension")) {
    const absl::string_view url = extension.Text("url");
    if (url != kHomeCommunity && url != kVerifiedAt && url != kAlsoAt && url != kDedupBasis) {
      out.Append(Localised(extension));
    }
  }
  if (view.index_only && verified_micros != 0) {
    out.Append(ExtensionElement(kVerifiedAt, "valueInstant",
                                json::Value::String(InstantOf(verified_micros))));
  }
  for (const std::string& also : view.also_at) {
    out.Append(ExtensionElement(kAlsoAt, "valueIdentifier",
                                IdentifierElement(kUriSystem, CommunityOid(call, also))));
  }
  if (!view.dedup_basis.empty()) {
    out.Append(ExtensionElement(kDedupBasis, "valueCode", json::Value::String(view.dedup_basis)));
  }
  return out;
}

json::Value Meta(const json::Value& base, const DocumentView& view, uint32_t version,
                 int64_t updated_micros) {
  json::Value meta = json::Value::Object();
  meta.Set("versionId", json::Value::String(absl::StrCat(std::max(version, 1u))));
  SetText(meta, "lastUpdated", InstantOf(updated_micros));
  const json::Value* received = base.Find("meta");
  if (received != nullptr) {
    for (const char* name : {"profile", "security", "tag"}) {
      for (const json::Value& item : received->Each(name)) AppendTo(meta, name, item);
    }
  }
  bool sealed = false;
  for (const std::string& obligation : view.obligations) {
    AppendTo(meta, "security", CodingElement(kObligationSystem, obligation));
    sealed = sealed || std::find(std::begin(kNoRedisclosure), std::end(kNoRedisclosure),
                                 obligation) != std::end(kNoRedisclosure);
  }
  if (sealed) AppendTo(meta, "security", CodingElement(kActCode, "NORDSCLCD"));
  if (view.opened_by_break_glass) AppendTo(meta, "tag", CodingElement(kActReason, "BTG"));
  if (view.index_only) AppendTo(meta, "tag", CodingElement(kCompletenessSystem, "index-only"));
  return meta;
}

void SetIfAbsent(json::Value& object, absl::string_view name, json::Value value) {
  if (object.Find(name) == nullptr && !value.IsNull()) object.Set(name, std::move(value));
}

json::Value IdentifiersOf(const registry::v1::DocumentEntry& entry) {
  json::Value out;
  for (const registry::v1::DocumentReferenceId& id : entry.identifiers()) {
    out.Append(IdentifierElement(id.system(), id.value()));
  }
  return out;
}

std::string UniqueIdSystem(absl::string_view unique_id) {
  return absl::StartsWith(unique_id, "urn:") ? kUriSystem : "";
}

json::Value RelationsOf(const registry::v1::DocumentEntry& entry) {
  json::Value out;
  for (const registry::v1::DocumentRelation& relation : entry.relations()) {
    json::Value target = json::Value::Object();
    if (!relation.unlinked()) {
      target.Set("reference", json::Value::String(absl::StrCat(
                                  "DocumentReference/",
                                  DocumentIdOf(entry.member(), relation.target_unique_id()))));
    }
    target.Set("identifier", IdentifierElement(UniqueIdSystem(relation.target_unique_id()),
                                               relation.target_unique_id()));
    json::Value relates = json::Value::Object();
    relates.Set("code", json::Value::String(KindWord(relation.kind())));
    relates.Set("target", std::move(target));
    out.Append(std::move(relates));
  }
  return out;
}

json::Value ContextOf(const registry::v1::DocumentEntry& entry, const json::Value* received) {
  json::Value context =
      received != nullptr && received->IsObject() ? Localised(*received) : json::Value::Object();
  for (const registry::v1::Code& event : entry.events()) {
    if (received != nullptr && received->Find("event") != nullptr) break;
    AppendTo(context, "event", ConceptElement(event.system(), event.code(), event.display()));
  }
  if (context.Find("period") == nullptr) {
    json::Value period = json::Value::Object();
    SetText(period, "start", InstantOf(entry.service().from_micros()));
    SetText(period, "end", InstantOf(entry.service().to_micros()));
    if (!period.members().empty()) context.Set("period", std::move(period));
  }
  SetIfAbsent(context, "facilityType", ConceptOf(entry.facility_types()));
  SetIfAbsent(context, "practiceSetting", ConceptOf(entry.practice_settings()));
  for (const registry::v1::DocumentReferenceId& id : entry.related()) {
    if (received != nullptr) break;
    json::Value related = json::Value::Object();
    related.Set("identifier", IdentifierElement(id.system(), id.value()));
    AppendTo(context, "related", std::move(related));
  }
  return context;
}

json::Value ContentOf(const Call& call, const json::Value& base,
                      const registry::v1::DocumentEntry& entry) {
  const json::Value* received = base.At("/content/0");
  json::Value attachment = json::Value::Object();
  attachment.Set("contentType",
                 json::Value::String(entry.media_type().empty() ? "application/octet-stream"
                                                                : entry.media_type()));
  SetText(attachment, "language", entry.language());
  attachment.Set("url", json::Value::String(call.Url(absl::StrCat("Binary/", entry.id()))));
  if (entry.size_bytes() > 0) {
    attachment.Set("size", json::Value::Integer(static_cast<int64_t>(entry.size_bytes())));
  }
  if (!entry.sha1().empty()) {
    attachment.Set("hash", json::Value::String(Base64(entry.sha1())));
  }
  SetText(attachment, "title", entry.title());
  const json::Value* creation =
      received == nullptr ? nullptr : received->At("/attachment/creation");
  if (creation != nullptr) {
    attachment.Set("creation", *creation);
  } else {
    SetText(attachment, "creation", InstantOf(entry.created_micros()));
  }
  json::Value content = json::Value::Object();
  content.Set("attachment", std::move(attachment));
  const json::Value* format = received == nullptr ? nullptr : received->Find("format");
  if (format != nullptr) {
    content.Set("format", *format);
  } else if (!entry.format().code().empty()) {
    content.Set("format", CodingOf(entry.format()));
  }
  json::Value out = json::Value::Array();
  out.Append(std::move(content));
  return out;
}

// Members that the exchange says itself.
bool IsOurs(absl::string_view name) {
  static constexpr absl::string_view kOurs[] = {
      "resourceType", "id",        "meta",    "extension", "status",   "docStatus",
      "subject",      "custodian", "content", "context",   "relatesTo"};
  return std::find(std::begin(kOurs), std::end(kOurs), name) != std::end(kOurs);
}

void SetMasterIdentifier(json::Value& out, const std::string& unique_id) {
  SetIfAbsent(out, "masterIdentifier", IdentifierElement(UniqueIdSystem(unique_id), unique_id));
}

void SetSubject(json::Value& out, const std::string& eid) {
  if (!eid.empty()) out.Set("subject", ReferenceElement(absl::StrCat("Patient/", eid)));
}

}  // namespace

json::Value DocumentReferenceOf(const Call& call, const registry::v1::DocumentEntry& entry,
                                const DocumentView& view) {
  json::Value stored;
  if (view.received == nullptr && !entry.resource().empty()) {
    absl::StatusOr<json::Value> read = json::Read(entry.resource());
    if (read.ok()) stored = *std::move(read);
  }
  const json::Value& base = view.received != nullptr ? *view.received : stored;
  json::Value out = json::Value::Object();
  out.Set("resourceType", json::Value::String("DocumentReference"));
  out.Set("id", json::Value::String(entry.id()));
  out.Set("meta", Meta(base, view, entry.version(), entry.recorded_micros()));
  json::Value extensions = Extensions(call, base, entry.member(), view, entry.recorded_micros());
  if (!extensions.items().empty()) out.Set("extension", std::move(extensions));
  for (const json::Member& member : base.members()) {
    if (!IsOurs(member.name)) out.Set(member.name, Localised(member.value));
  }
  SetMasterIdentifier(out, entry.unique_id());
  SetIfAbsent(out, "identifier", IdentifiersOf(entry));
  out.Set("status", json::Value::String(StatusWord(entry.status())));
  SetIfAbsent(out, "type", ConceptOf(entry.types()));
  if (out.Find("type") == nullptr && !entry.type_code().empty()) {
    out.Set("type", ConceptElement("http://loinc.org", entry.type_code()));
  }
  if (out.Find("category") == nullptr) {
    for (const registry::v1::Code& category : entry.categories()) {
      AppendTo(out, "category",
               ConceptElement(category.system(), category.code(), category.display()));
    }
  }
  SetSubject(out, view.eid);
  SetText(out, "date",
          base.Text("date").empty()
              ? InstantOf(entry.indexed_micros() != 0 ? entry.indexed_micros()
                                                      : entry.recorded_micros())
              : std::string(base.Text("date")));
  if (out.Find("author") == nullptr && !entry.author().empty()) {
    json::Value author = json::Value::Object();
    author.Set("display", json::Value::String(entry.author()));
    AppendTo(out, "author", std::move(author));
  }
  out.Set("custodian", Custodian(call, entry.member(), view.member_name));
  if (json::Value relations = RelationsOf(entry); !relations.IsNull()) {
    out.Set("relatesTo", std::move(relations));
  }
  out.Set("content", ContentOf(call, base, entry));
  json::Value context = ContextOf(entry, base.Find("context"));
  if (!context.members().empty()) out.Set("context", std::move(context));
  return out;
}

json::Value UnregisteredDocument(const Call& call, const exchange::v1::ClinicalItem& item,
                                 const json::Value& received, const DocumentView& view) {
  const std::string& member = item.source().member();
  json::Value out = json::Value::Object();
  out.Set("resourceType", json::Value::String("DocumentReference"));
  out.Set("id", json::Value::String(DocumentIdOf(member, item.master_identifier())));
  out.Set("meta", Meta(received, view, 1, 0));
  out.Set("extension", Extensions(call, received, member, view, 0));
  for (const json::Member& part : received.members()) {
    if (IsOurs(part.name) && part.name != "status" && part.name != "content" &&
        part.name != "context" && part.name != "relatesTo") {
      continue;
    }
    out.Set(part.name, Localised(part.value));
  }
  if (out.Find("status") == nullptr) out.Set("status", json::Value::String("current"));
  SetMasterIdentifier(out, item.master_identifier());
  SetSubject(out, view.eid);
  out.Set("custodian", Custodian(call, member, view.member_name));
  return out;
}

json::Value SubmissionSetOf(const registry::v1::SubmissionSet& set, const std::string& eid) {
  json::Value base;
  if (absl::StatusOr<json::Value> read = json::Read(set.resource()); read.ok()) {
    base = *std::move(read);
  }
  json::Value out = json::Value::Object();
  out.Set("resourceType", json::Value::String("List"));
  out.Set("id", json::Value::String(set.id()));
  json::Value meta = json::Value::Object();
  meta.Set("versionId", json::Value::String("1"));
  SetText(meta, "lastUpdated", InstantOf(set.recorded_micros()));
  if (const json::Value* received = base.Find("meta")) {
    for (const json::Value& profile : received->Each("profile")) AppendTo(meta, "profile", profile);
  }
  out.Set("meta", std::move(meta));
  for (const json::Member& member : base.members()) {
    if (member.name != "resourceType" && member.name != "id" && member.name != "meta" &&
        member.name != "subject" && member.name != "entry") {
      out.Set(member.name, Localised(member.value));
    }
  }
  if (out.Find("extension") == nullptr) {
    AppendTo(out, "extension",
             ExtensionElement(kSourceIdExtension, "valueIdentifier",
                              IdentifierElement("", set.source_id())));
    if (json::Value designation = ConceptOf(set.designations()); !designation.IsNull()) {
      AppendTo(
          out, "extension",
          ExtensionElement(kDesignationExtension, "valueCodeableConcept", std::move(designation)));
    }
  }
  if (out.Find("identifier") == nullptr) {
    json::Value identifier = IdentifierElement(kUriSystem, set.unique_id());
    identifier.Set("use", json::Value::String("usual"));
    AppendTo(out, "identifier", std::move(identifier));
  }
  SetIfAbsent(out, "status", json::Value::String("current"));
  SetIfAbsent(out, "mode", json::Value::String("working"));
  SetIfAbsent(out, "code", ConceptElement(kListTypes, "submissionset"));
  SetSubject(out, eid);
  if (out.Find("date") == nullptr) SetText(out, "date", InstantOf(set.submitted_micros()));
  for (const std::string& id : set.document_ids()) {
    json::Value entry = json::Value::Object();
    entry.Set("item", ReferenceElement(absl::StrCat("DocumentReference/", id)));
    AppendTo(out, "entry", std::move(entry));
  }
  return out;
}

}  // namespace hie::fhir
