#include "services/registry/file_submission.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/registry/filing_draft.h"
#include "services/registry/refusal.h"
#include "services/registry/relate_documents.h"

namespace hie::registry {
namespace {

ContentFacts FactsOf(const DocumentEntry& document) {
  return {document.sha256, document.sha1, document.size_bytes};
}

// Labels of a document that is sent again.  They only rise: what either says of it holds, and a
// sensitivity is known to be absent only where both know it.  Of one that nobody labelled, nothing
// is known but what it has.
Labels Raised(const Labels& filed, const Labels& sent) {
  if (filed == sent) return filed;
  Labels raised = filed;
  raised.sensitivity = filed.sensitivity.With(sent.sensitivity);
  raised.confidentiality = std::max(filed.confidentiality, sent.confidentiality);
  if (!filed.ruleset.empty() && !sent.ruleset.empty()) {
    raised.known = SensitivitySet(filed.known.bits() & sent.known.bits());
  }
  raised.known = raised.known.With(raised.sensitivity);
  return raised;
}

// Files one submission: documents first, then their relations, so that their order does not count.
class Filer {
 public:
  Filer(const Submission& submission, const FiledDocuments& filed, absl::Time now)
      : submission_(submission), draft_(filed, now) {}

  absl::StatusOr<Filing> File() &&;

 private:
  absl::Status FileDocument(const std::string& field, DocumentEntry document);
  absl::Status FileAgain(const std::string& field, const DocumentEntry& document,
                         DocumentEntry existing);
  absl::Status Relate();
  absl::Status FileSet(SubmissionSet set);
  absl::Status CheckListed(const std::string& field, const SubmissionSet& set,
                           const std::string& id) const;
  absl::StatusOr<std::optional<KeptContent>> ContentOf(const std::string& field,
                                                       DocumentEntry& document) const;
  absl::Status Keep(const std::string& field, const DocumentEntry& document,
                    const std::optional<KeptContent>& content);
  absl::Status Locate(const std::string& field, const DocumentEntry& document);
  bool AreSame(const LocalPatient& a, const LocalPatient& b) const {
    return AreSamePerson(submission_.same_person, a, b);
  }

  const Submission& submission_;
  FilingDraft draft_;
  std::vector<std::pair<std::string, std::string>> filed_;  // Field and entry id of what is new.
};

// Returns the content that the document names, if it is there, and completes what the document
// says of it.  Refuses a document that says otherwise.
absl::StatusOr<std::optional<KeptContent>> Filer::ContentOf(const std::string& field,
                                                            DocumentEntry& document) const {
  if (document.content_id.empty()) return std::optional<KeptContent>();
  HIE_ASSIGN_OR_RETURN(std::optional<KeptContent> content,
                       draft_.filed().Content(document.content_id));
  if (!content || content->extent == KeptContent::Extent::kPartial ||
      !AreSame(content->patient, document.patient)) {
    return std::optional<KeptContent>();
  }
  switch (CheckClaimed(FactsOf(document), content->facts)) {
    case Likeness::kSame:
      break;
    case Likeness::kOtherHash:
      return Refusal(absl::StatusCode::kInvalidArgument, kNonIdenticalHash, field + ".sha256",
                     "the hash of the content");
    case Likeness::kOtherSize:
      return Refusal(absl::StatusCode::kInvalidArgument, kNonIdenticalSize, field + ".size_bytes",
                     "the size of the content");
  }
  document.sha256 = content->facts.sha256;
  document.sha1 = content->facts.sha1;
  document.size_bytes = content->facts.size_bytes;
  return content;
}

// Makes a content the document's own.  Content of another patient is absent: whether it exists is
// not for this one to know.
absl::Status Filer::Keep(const std::string& field, const DocumentEntry& document,
                         const std::optional<KeptContent>& content) {
  if (document.content_id.empty()) return absl::OkStatus();
  if (!content) {
    return Refusal(absl::StatusCode::kNotFound, kMissingDocument, field + ".content_id",
                   "content of the patient that is staged as a whole");
  }
  if (!content->document_id.empty() ||
      !draft_.filing().contents.emplace(document.content_id, document.id).second) {
    return absl::FailedPreconditionError(
        absl::StrCat(field, ".content_id: want the content of no other document"));
  }
  return absl::OkStatus();
}

absl::Status Filer::FileDocument(const std::string& field, DocumentEntry document) {
  document.id = EntryId(document.member, document.unique_id);
  document.version = 1;
  Filing& filing = draft_.filing();
  filing.document_ids.push_back(document.id);
  HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> existing, draft_.Document(document.id));
  HIE_ASSIGN_OR_RETURN(const std::optional<KeptContent> content, ContentOf(field, document));
  if (existing) {
    filing.novelties.push_back(Novelty::kExisted);
    return FileAgain(field, document, *std::move(existing));
  }
  filing.novelties.push_back(Novelty::kFiled);
  filed_.emplace_back(field, document.id);
  HIE_RETURN_IF_ERROR(Keep(field, document, content));
  for (Relation& relation : document.relations) relation.linkage = Linkage::kUnlinked;
  HIE_RETURN_IF_ERROR(draft_.Put(document));
  return Locate(field, document);
}

absl::Status Filer::FileAgain(const std::string& field, const DocumentEntry& document,
                              DocumentEntry existing) {
  if (!AreSame(existing.patient, document.patient)) {
    return Refusal(absl::StatusCode::kAlreadyExists, kPatientIdDoesNotMatch, field + ".unique_id",
                   "one that is not filed for another patient");
  }
  if (Compare(FactsOf(existing), FactsOf(document)) != Likeness::kSame) {
    return Refusal(absl::StatusCode::kAlreadyExists, kNonIdenticalHash, field + ".unique_id",
                   "one that is not filed with another content");
  }
  // A late or repeated message must not bring back what was withheld or withdrawn, nor open what
  // was labelled as more sensitive.
  DocumentEntry changed = existing;
  changed.status = std::max(existing.status, document.status);
  changed.availability = std::max(existing.availability, document.availability);
  changed.labels = Raised(existing.labels, document.labels);
  if (changed != existing) HIE_RETURN_IF_ERROR(draft_.Put(std::move(changed)));
  if (document.status == DocumentStatus::kEnteredInError) return absl::OkStatus();
  return draft_.Assert(field, {existing.patient, existing.member}, LocatorState::kVerified,
                       document.facility);
}

// A document that is withdrawn says nothing about where the patient's records are.
absl::Status Filer::Locate(const std::string& field, const DocumentEntry& document) {
  if (document.status == DocumentStatus::kEnteredInError) return absl::OkStatus();
  return draft_.Assert(field, {document.patient, document.member}, LocatorState::kVerified,
                       document.facility);
}

absl::Status Filer::Relate() {
  const RelationRules rules{submission_.relation_policy, submission_.same_person};
  for (const auto& [field, id] : filed_) {
    HIE_RETURN_IF_ERROR(RelateDocument(field, id, rules, draft_));
  }
  for (const auto& [field, id] : filed_) HIE_RETURN_IF_ERROR(LinkEarlier(id, rules, draft_));
  return absl::OkStatus();
}

absl::Status Filer::CheckListed(const std::string& field, const SubmissionSet& set,
                                const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> document, draft_.Document(id));
  if (!document || document->member != set.member) {
    return Refusal(absl::StatusCode::kNotFound, kUnresolvedReference, field,
                   "a document of the member that is registered");
  }
  if (AreSame(document->patient, set.patient)) return absl::OkStatus();
  return Refusal(absl::StatusCode::kFailedPrecondition, kPatientIdDoesNotMatch, field,
                 "a document of the set's patient");
}

// The set lists the submission's documents, then those filed earlier that it names.
absl::Status Filer::FileSet(SubmissionSet set) {
  std::vector<std::string> listed;
  std::set<std::string> seen;
  for (const std::string& id : draft_.filing().document_ids) {
    if (seen.insert(id).second) listed.push_back(id);
  }
  for (const std::string& id : set.document_ids) {
    if (seen.insert(id).second) listed.push_back(id);
  }
  for (size_t i = 0; i < listed.size(); ++i) {
    HIE_RETURN_IF_ERROR(
        CheckListed(absl::StrCat("submission_set.document_ids[", i, "]"), set, listed[i]));
  }
  set.id = SubmissionSetId(set.member, set.unique_id);
  set.document_ids = std::move(listed);
  set.recorded = draft_.now();
  draft_.filing().set = std::move(set);
  return absl::OkStatus();
}

absl::StatusOr<Filing> Filer::File() && {
  for (size_t i = 0; i < submission_.documents.size(); ++i) {
    HIE_RETURN_IF_ERROR(FileDocument(absl::StrCat("documents[", i, "]"), submission_.documents[i]));
  }
  HIE_RETURN_IF_ERROR(Relate());
  for (size_t i = 0; i < submission_.claims.size(); ++i) {
    const Claim& claim = submission_.claims[i];
    HIE_RETURN_IF_ERROR(draft_.Assert(absl::StrCat("claims[", i, "]"),
                                      {claim.patient, claim.member}, claim.state, claim.facility));
  }
  for (const SubmissionSet& set : submission_.sets) HIE_RETURN_IF_ERROR(FileSet(set));
  return std::move(draft_).Finish();
}

}  // namespace

absl::StatusOr<Filing> FileSubmission(const Submission& submission, const FiledDocuments& filed,
                                      absl::Time now) {
  return Filer(submission, filed, now).File();
}

absl::StatusOr<Filing> ChangeStatus(const MemberId& member, const std::string& unique_id,
                                    DocumentStatus status, const FiledDocuments& filed,
                                    absl::Time now) {
  FilingDraft draft(filed, now);
  const std::string id = EntryId(member, unique_id);
  HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> document, draft.Document(id));
  if (!document) return absl::NotFoundError("unique_id: want a document of the member");
  draft.filing().document_ids.push_back(id);
  if (status < document->status) {
    return absl::FailedPreconditionError(
        "status: want one that is not below what the document has");
  }
  const DocumentEntry before = *document;
  document->status = status;
  // The source makes available what it withheld.
  if (status == DocumentStatus::kCurrent) document->availability = Availability::kListed;
  if (*document != before) HIE_RETURN_IF_ERROR(draft.Put(*std::move(document)));
  return std::move(draft).Finish();
}

}  // namespace hie::registry
