#include "gateway/hl7v2/document_wire.h"

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/uuid_v5.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::hl7v2 {
namespace {

void AddAuthors(const DocumentDraft& draft, registry::v1::DocumentEntry& entry) {
  std::string people;
  for (const HumanName& author : draft.authors) {
    common::v1::HumanName& name = *entry.add_author_names();
    name.set_family(author.family);
    for (const std::string& given : author.given) name.add_given(given);
    absl::StrAppend(&people, people.empty() ? "" : ", ",
                    author.given.empty() ? "" : absl::StrCat(author.given[0], " "), author.family);
  }
  entry.set_author(people);
}

void AddRelation(const DocumentDraft& draft, registry::v1::DocumentEntry& entry) {
  if (draft.relation == DraftRelation::kNone) return;
  registry::v1::DocumentRelation& relation = *entry.add_relations();
  relation.set_target_unique_id(draft.parent_unique_id);
  relation.set_kind(draft.relation == DraftRelation::kReplaces
                        ? registry::v1::RELATION_KIND_REPLACES
                        : registry::v1::RELATION_KIND_APPENDS);
}

int64_t Micros(absl::Time time) {
  return time == absl::InfinitePast() ? 0 : absl::ToUnixMicros(time);
}

}  // namespace

std::string ContentIdOf(absl::string_view message) {
  return UuidV5("hl7v2 content", crypto::Sha256Hex(message));
}

exchange::v1::SubmittedDocument ToSubmittedDocument(const DocumentPlan& plan,
                                                    const std::string& content_id) {
  const DocumentDraft& draft = plan.draft;
  exchange::v1::SubmittedDocument document;
  registry::v1::DocumentEntry& entry = *document.mutable_entry();
  entry.set_unique_id(draft.unique_id);
  entry.set_facility(plan.facility);
  entry.set_unit(plan.unit);
  entry.set_type_code(draft.type_code);
  entry.set_title(draft.title);
  entry.set_media_type(draft.media_type);
  entry.set_created_micros(Micros(draft.created));
  if (draft.service != absl::InfinitePast()) {
    *entry.mutable_service() =
        wire::ToProto(ServicePeriod{draft.service, draft.service + absl::Microseconds(1)});
  }
  AddAuthors(draft, entry);
  AddRelation(draft, entry);
  entry.set_status(draft.superseded ? registry::v1::DOCUMENT_STATUS_SUPERSEDED
                                    : registry::v1::DOCUMENT_STATUS_CURRENT);
  entry.set_withheld(draft.withheld);
  entry.set_file_name(draft.file_name);
  for (const DocumentCode& type : draft.types) {
    registry::v1::Code& code = *entry.add_types();
    code.set_system(type.system);
    code.set_code(type.code);
    code.set_display(type.display);
  }
  for (const auto& [system, value] : draft.numbers) {
    registry::v1::DocumentReferenceId& id = *entry.add_identifiers();
    id.set_system(system);
    id.set_value(value);
  }
  if (!draft.security_code.empty()) document.add_security_codes(draft.security_code);
  if (!draft.has_content) return document;
  entry.set_size_bytes(draft.content.size());
  entry.set_sha256(crypto::Sha256(draft.content));
  entry.set_sha1(Sha1(draft.content));
  if (draft.content.size() > kInlineBytesMax) {
    entry.set_content_id(content_id);
  } else {
    document.set_content(draft.content);
  }
  return document;
}

}  // namespace hie::hl7v2
