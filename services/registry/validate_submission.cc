#include "services/registry/validate_submission.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/base/status_macros.h"

namespace hie::registry {
namespace {

absl::Status Want(absl::string_view field, absl::string_view leaf, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(field, leaf, ": want ", want));
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// One text field and what it may hold.
struct TextRule {
  absl::string_view leaf;
  const std::string& text;
  size_t bytes_min;
  size_t bytes_max;
};

absl::Status CheckText(absl::string_view field, const TextRule& rule) {
  const bool sized = rule.text.size() >= rule.bytes_min && rule.text.size() <= rule.bytes_max;
  if (sized && IsPrintable(rule.text)) return absl::OkStatus();
  return Want(field, rule.leaf,
              absl::StrCat(rule.bytes_min, " to ", rule.bytes_max, " printable bytes"));
}

absl::Status CheckCount(absl::string_view field, absl::string_view leaf, size_t count, size_t max) {
  if (count <= max) return absl::OkStatus();
  return Want(field, leaf, absl::StrCat("at most ", max));
}

bool IsMemberId(const std::string& text) {
  if (text.empty() || text.size() > kMemberBytesMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

absl::Status CheckMember(absl::string_view field, const MemberId& member) {
  if (IsMemberId(member.value())) return absl::OkStatus();
  return Want(field, ".member", "1 to 32 lower-case letters, digits, hyphens");
}

absl::Status CheckCode(absl::string_view field, absl::string_view leaf, const Code& code) {
  HIE_RETURN_IF_ERROR(CheckText(field, {leaf, code.system, 0, kSystemBytesMax}));
  HIE_RETURN_IF_ERROR(CheckText(field, {leaf, code.code.value(), 0, kSystemBytesMax}));
  return CheckText(field, {leaf, code.display.value(), 0, kTextBytesMax});
}

absl::Status CheckCodes(absl::string_view field, absl::string_view leaf,
                        const std::vector<Code>& codes) {
  HIE_RETURN_IF_ERROR(CheckCount(field, leaf, codes.size(), kListMax));
  for (const Code& code : codes) HIE_RETURN_IF_ERROR(CheckCode(field, leaf, code));
  return absl::OkStatus();
}

absl::Status CheckIds(absl::string_view field, absl::string_view leaf,
                      const std::vector<ReferenceId>& ids) {
  HIE_RETURN_IF_ERROR(CheckCount(field, leaf, ids.size(), kListMax));
  for (const ReferenceId& id : ids) {
    HIE_RETURN_IF_ERROR(CheckText(field, {leaf, id.system, 0, kSystemBytesMax}));
    HIE_RETURN_IF_ERROR(CheckText(field, {leaf, id.value.value(), 1, kTextBytesMax}));
  }
  return absl::OkStatus();
}

absl::Status CheckNames(absl::string_view field, absl::string_view leaf,
                        const std::vector<Phi<HumanName>>& names) {
  HIE_RETURN_IF_ERROR(CheckCount(field, leaf, names.size(), kListMax));
  for (const Phi<HumanName>& phi : names) {
    const HumanName& name = phi.value();
    HIE_RETURN_IF_ERROR(CheckCount(field, leaf, name.given.size(), kNamePartsMax));
    std::vector<std::string> parts = name.given;
    parts.insert(parts.end(), {name.use, name.family, name.suffix});
    for (const std::string& part : parts) {
      HIE_RETURN_IF_ERROR(CheckText(field, {leaf, part, 0, kTextBytesMax}));
    }
  }
  return absl::OkStatus();
}

// Only its shape: what is inside is the doors' work.
absl::Status CheckResource(absl::string_view field, const Phi<std::string>& resource) {
  const std::string& text = resource.value();
  if (text.empty() || (text.size() <= kResourceBytesMax && text.front() == '{')) {
    return absl::OkStatus();
  }
  return Want(field, ".resource", "a JSON object of at most 256 KiB, or nothing");
}

absl::Status CheckDescription(absl::string_view field, const Description& description) {
  for (const auto& [leaf, codes] :
       {std::pair{".types", &description.types}, std::pair{".categories", &description.categories},
        std::pair{".facility_types", &description.facility_types},
        std::pair{".practice_settings", &description.practice_settings},
        std::pair{".events", &description.events}}) {
    HIE_RETURN_IF_ERROR(CheckCodes(field, leaf, *codes));
  }
  HIE_RETURN_IF_ERROR(CheckCode(field, ".format", description.format));
  HIE_RETURN_IF_ERROR(CheckIds(field, ".identifiers", description.identifiers));
  HIE_RETURN_IF_ERROR(CheckIds(field, ".related", description.related));
  HIE_RETURN_IF_ERROR(CheckNames(field, ".author_names", description.author_names));
  HIE_RETURN_IF_ERROR(CheckText(field, {".language", description.language, 0, kLanguageBytesMax}));
  HIE_RETURN_IF_ERROR(
      CheckText(field, {".file_name", description.file_name.value(), 0, kTextBytesMax}));
  return CheckResource(field, description.resource);
}

absl::Status CheckRelations(absl::string_view field, const DocumentEntry& document) {
  HIE_RETURN_IF_ERROR(CheckCount(field, ".relations", document.relations.size(), kListMax));
  std::set<std::pair<RelationKind, std::string>> seen;
  for (const Relation& relation : document.relations) {
    const std::string& target = relation.target_unique_id;
    HIE_RETURN_IF_ERROR(CheckText(field, {".relations", target, 1, kUniqueIdBytesMax}));
    if (target == document.unique_id) {
      return Want(field, ".relations", "the unique id of another document");
    }
    if (!seen.emplace(relation.kind, target).second) {
      return Want(field, ".relations", "each kind and target once");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDocument(absl::string_view field, const DocumentEntry& document) {
  HIE_RETURN_IF_ERROR(CheckMember(field, document.member));
  for (const TextRule& rule : {
           TextRule{".unique_id", document.unique_id, 1, kUniqueIdBytesMax},
           TextRule{".facility", document.facility, 0, kPlaceBytesMax},
           TextRule{".unit", document.unit, 0, kPlaceBytesMax},
           TextRule{".type_code", document.type_code.value(), 0, kCodeBytesMax},
           TextRule{".title", document.title.value(), 0, kTextBytesMax},
           TextRule{".media_type", document.media_type, 0, kMediaTypeBytesMax},
           TextRule{".author", document.author.value(), 0, kTextBytesMax},
           TextRule{".content_id", document.content_id, 0, kContentIdBytesMax},
       }) {
    HIE_RETURN_IF_ERROR(CheckText(field, rule));
  }
  if (!document.sha256.empty() && document.sha256.size() != kSha256Bytes) {
    return Want(field, ".sha256", "32 bytes, or nothing");
  }
  if (!document.sha1.empty() && document.sha1.size() != kSha1Bytes) {
    return Want(field, ".sha1", "20 bytes, or nothing");
  }
  HIE_RETURN_IF_ERROR(CheckRelations(field, document));
  return CheckDescription(field, document.description);
}

absl::Status CheckClaim(absl::string_view field, const Claim& claim) {
  HIE_RETURN_IF_ERROR(CheckMember(field, claim.member));
  if (claim.state != LocatorState::kClaimed && claim.state != LocatorState::kVerified) {
    return Want(field, ".state", "CLAIMED or VERIFIED");
  }
  return CheckText(field, {".facility", claim.facility, 0, kPlaceBytesMax});
}

absl::Status CheckSet(absl::string_view field, const SubmissionSet& set) {
  HIE_RETURN_IF_ERROR(CheckMember(field, set.member));
  for (const TextRule& rule : {
           TextRule{".unique_id", set.unique_id, 1, kUniqueIdBytesMax},
           TextRule{".source_id", set.source_id, 0, kSystemBytesMax},
           TextRule{".title", set.title.value(), 0, kTextBytesMax},
       }) {
    HIE_RETURN_IF_ERROR(CheckText(field, rule));
  }
  HIE_RETURN_IF_ERROR(CheckCodes(field, ".designations", set.designations));
  HIE_RETURN_IF_ERROR(CheckNames(field, ".source_names", set.source_names));
  HIE_RETURN_IF_ERROR(CheckCount(field, ".recipients", set.recipients.size(), kListMax));
  for (const std::string& recipient : set.recipients) {
    HIE_RETURN_IF_ERROR(CheckText(field, {".recipients", recipient, 0, kTextBytesMax}));
  }
  HIE_RETURN_IF_ERROR(
      CheckCount(field, ".document_ids", set.document_ids.size(), kSetDocumentsMax));
  return CheckResource(field, set.resource);
}

// What the sender says becomes superseded must be what the documents replace.
absl::Status CheckSupersededIds(const Submission& submission) {
  std::set<std::string> replaced;
  for (const DocumentEntry& document : submission.documents) {
    for (const Relation& relation : document.relations) {
      if (relation.kind != RelationKind::kReplaces) continue;
      replaced.insert(EntryId(document.member, relation.target_unique_id));
    }
  }
  for (size_t i = 0; i < submission.superseded_ids.size(); ++i) {
    if (replaced.count(submission.superseded_ids[i]) != 0) continue;
    return Want(absl::StrCat("superseded_ids[", i, "]"), "", "a document that is replaced here");
  }
  return absl::OkStatus();
}

absl::Status CheckCounts(const Submission& submission) {
  HIE_RETURN_IF_ERROR(CheckCount("documents", "", submission.documents.size(), kDocumentsMax));
  HIE_RETURN_IF_ERROR(CheckCount("claims", "", submission.claims.size(), kClaimsMax));
  HIE_RETURN_IF_ERROR(CheckCount("same_person", "", submission.same_person.size(), kSamePersonMax));
  if (submission.documents.empty() && submission.claims.empty() && submission.sets.empty()) {
    return Want("documents", "", "a document, a claim or a submission set");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateSubmission(const Submission& submission) {
  HIE_RETURN_IF_ERROR(
      CheckText("", {"submission_id", submission.submission_id, 1, kSubmissionIdBytesMax}));
  HIE_RETURN_IF_ERROR(CheckCounts(submission));
  for (size_t i = 0; i < submission.documents.size(); ++i) {
    HIE_RETURN_IF_ERROR(CheckDocument(absl::StrCat("documents[", i, "]"), submission.documents[i]));
  }
  for (size_t i = 0; i < submission.claims.size(); ++i) {
    HIE_RETURN_IF_ERROR(CheckClaim(absl::StrCat("claims[", i, "]"), submission.claims[i]));
  }
  for (const SubmissionSet& set : submission.sets) {
    HIE_RETURN_IF_ERROR(CheckSet("submission_set", set));
  }
  return CheckSupersededIds(submission);
}

}  // namespace hie::registry
