#include "services/registry/relate_documents.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/registry/refusal.h"

namespace hie::registry {
namespace {

bool IsReplacement(const Relation& relation) { return relation.kind == RelationKind::kReplaces; }

bool IsDependence(const Relation& relation) {
  return relation.kind == RelationKind::kAppends || relation.kind == RelationKind::kTransforms;
}

// A document that replaces another, filed or not, stands for itself.
bool StandsForItself(const DocumentEntry& document) {
  return std::any_of(document.relations.begin(), document.relations.end(), IsReplacement);
}

bool Reaches(const Relation& relation, const DocumentEntry& target) {
  return relation.linkage == Linkage::kLinked && relation.target_unique_id == target.unique_id;
}

bool Replaces(const DocumentEntry& document, const DocumentEntry& target) {
  return std::any_of(document.relations.begin(), document.relations.end(),
                     [&](const auto& r) { return IsReplacement(r) && Reaches(r, target); });
}

bool DependsOn(const DocumentEntry& document, const DocumentEntry& target) {
  return !StandsForItself(document) &&
         std::any_of(document.relations.begin(), document.relations.end(),
                     [&](const auto& r) { return IsDependence(r) && Reaches(r, target); });
}

absl::string_view WarningOf(RelationKind kind) {
  switch (kind) {
    case RelationKind::kReplaces:
      return kPartialReplace;
    case RelationKind::kTransforms:
      return kPartialTransform;
    case RelationKind::kAppends:
      return kPartialAppend;
    case RelationKind::kSigns:
      return kUnresolvedReference;
  }
  return kUnresolvedReference;
}

// Whether a replacement has taken `document` out of use, its own or that of what it depends on.
absl::StatusOr<bool> IsReplaced(const DocumentEntry& document, const FilingDraft& draft,
                                std::set<std::string>& seen) {
  if (document.status == DocumentStatus::kCurrent || !seen.insert(document.id).second) return false;
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> relating, draft.Relating(document.id));
  for (const std::string& id : relating) {
    HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> by, draft.Document(id));
    if (by && Replaces(*by, document)) return true;
  }
  if (StandsForItself(document)) return false;
  for (const Relation& relation : document.relations) {
    if (!IsDependence(relation) || relation.linkage != Linkage::kLinked) continue;
    HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> target,
                         draft.Document(EntryId(document.member, relation.target_unique_id)));
    if (!target) continue;
    HIE_ASSIGN_OR_RETURN(const bool replaced, IsReplaced(*target, draft, seen));
    if (replaced) return true;
  }
  return false;
}

// Supersedes a document that a replacement takes out of use, and what depends on it.
absl::Status Supersede(const std::string& first, FilingDraft& draft) {
  std::set<std::string> seen{first};
  std::vector<std::string> waiting{first};
  while (!waiting.empty()) {
    HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> document, draft.Document(waiting.back()));
    waiting.pop_back();
    HIE_ASSIGN_OR_RETURN(const std::vector<std::string> relating, draft.Relating(document->id));
    for (const std::string& id : relating) {
      if (seen.count(id) != 0) continue;
      HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> by, draft.Document(id));
      if (!by || !DependsOn(*by, *document)) continue;
      seen.insert(id);
      waiting.push_back(id);
    }
    if (seen.size() > kSupersededTogetherMax) {
      return absl::FailedPreconditionError(
          "documents: want a replacement that supersedes at most 4096 documents");
    }
    HIE_RETURN_IF_ERROR(draft.Raise(*std::move(document), DocumentStatus::kSuperseded));
  }
  return absl::OkStatus();
}

// A circle would leave no current document at all: the content would be gone from every answer.
// What is filed has none, so a new one can only close through `document`, and only if something
// filed already relates to it: for most documents this reads nothing more.
absl::Status CheckNoCircle(const std::string& field, const DocumentEntry& document,
                           const FilingDraft& draft) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> relating, draft.Relating(document.id));
  if (relating.empty()) return absl::OkStatus();
  std::set<std::string> seen;
  std::vector<DocumentEntry> waiting{document};
  while (!waiting.empty()) {
    const DocumentEntry at = std::move(waiting.back());
    waiting.pop_back();
    for (const Relation& relation : at.relations) {
      if (!IsReplacement(relation)) continue;
      const std::string id = EntryId(at.member, relation.target_unique_id);
      if (id == document.id) {
        return absl::FailedPreconditionError(
            absl::StrCat(field, ".relations: want no circle of replacements"));
      }
      if (!seen.insert(id).second) continue;
      HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> next, draft.Document(id));
      if (next) waiting.push_back(*std::move(next));
    }
  }
  return absl::OkStatus();
}

// Checks one relation against its target and says whether it is linked.
absl::StatusOr<Linkage> CheckTarget(const std::string& field, const DocumentEntry& document,
                                    const Relation& relation, const RelationRules& rules,
                                    const FilingDraft& draft) {
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> target,
                       draft.Document(EntryId(document.member, relation.target_unique_id)));
  const bool strict = rules.policy == RelationPolicy::kRefuse;
  if (!target) {
    if (!strict) return Linkage::kUnlinked;
    return Refusal(absl::StatusCode::kNotFound, kUnresolvedReference, field,
                   "a target that is registered");
  }
  if (!AreSamePerson(rules.same_person, document.patient, target->patient)) {
    return Refusal(absl::StatusCode::kFailedPrecondition, kPatientIdDoesNotMatch, field,
                   "a target of the same patient");
  }
  const bool signs = relation.kind == RelationKind::kSigns;
  if (strict && !signs && target->status != DocumentStatus::kCurrent) {
    return Refusal(absl::StatusCode::kFailedPrecondition, kDeprecatedDocument, field,
                   "a target that is current");
  }
  return Linkage::kLinked;
}

// Supersedes a document that depends on one that is out of use already.
absl::Status FollowTargets(const std::string& id, FilingDraft& draft) {
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> document, draft.Document(id));
  if (StandsForItself(*document)) return absl::OkStatus();
  for (const Relation& relation : document->relations) {
    if (!IsDependence(relation) || relation.linkage != Linkage::kLinked) continue;
    HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> target,
                         draft.Document(EntryId(document->member, relation.target_unique_id)));
    std::set<std::string> seen{id};
    if (!target) continue;
    HIE_ASSIGN_OR_RETURN(const bool replaced, IsReplaced(*target, draft, seen));
    if (replaced) return Supersede(id, draft);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RelateDocument(const std::string& field, const std::string& id,
                            const RelationRules& rules, FilingDraft& draft) {
  HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> document, draft.Document(id));
  if (document->relations.empty()) return absl::OkStatus();
  HIE_RETURN_IF_ERROR(CheckNoCircle(field, *document, draft));
  // All are checked before the first takes effect: a document may replace and transform the same.
  for (size_t i = 0; i < document->relations.size(); ++i) {
    Relation& relation = document->relations[i];
    HIE_ASSIGN_OR_RETURN(relation.linkage, CheckTarget(absl::StrCat(field, ".relations[", i, "]"),
                                                       *document, relation, rules, draft));
    if (relation.linkage == Linkage::kUnlinked) draft.Warn(WarningOf(relation.kind));
    draft.filing().associations.insert(
        {EntryId(document->member, relation.target_unique_id), document->id});
  }
  HIE_RETURN_IF_ERROR(draft.Put(*document));
  for (const Relation& relation : document->relations) {
    if (!IsReplacement(relation) || relation.linkage != Linkage::kLinked) continue;
    HIE_RETURN_IF_ERROR(Supersede(EntryId(document->member, relation.target_unique_id), draft));
  }
  return FollowTargets(id, draft);
}

absl::Status LinkEarlier(const std::string& id, const RelationRules& rules, FilingDraft& draft) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> relating, draft.Relating(id));
  if (relating.empty()) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> document, draft.Document(id));
  for (const std::string& by_id : relating) {
    HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> by, draft.Document(by_id));
    if (!by) continue;
    const DocumentEntry before = *by;
    const Linkage linkage = AreSamePerson(rules.same_person, by->patient, document->patient)
                                ? Linkage::kLinked
                                : Linkage::kUnlinked;
    for (Relation& relation : by->relations) {
      if (relation.target_unique_id == document->unique_id) relation.linkage = linkage;
    }
    if (*by != before) HIE_RETURN_IF_ERROR(draft.Put(*by));
    if (Replaces(*by, *document)) HIE_RETURN_IF_ERROR(Supersede(id, draft));
  }
  // What they depend on may have been superseded by now.
  for (const std::string& by_id : relating) HIE_RETURN_IF_ERROR(FollowTargets(by_id, draft));
  return absl::OkStatus();
}

}  // namespace hie::registry
