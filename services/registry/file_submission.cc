#include "services/registry/file_submission.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::registry {
namespace {

// Files one submission: what is filed, below what this submission has changed so far.
class Filer {
 public:
  Filer(const FiledDocuments& filed, absl::Time now) : filed_(filed), now_(now) {}

  absl::Status File(const std::string& field, const DocumentEntry& document);
  absl::Status Take(const std::string& field, const Claim& claim);
  Filing Finish() && { return std::move(filing_); }

 private:
  absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const;
  absl::StatusOr<std::vector<std::string>> ReplacedBy(const std::string& id) const;
  absl::StatusOr<LocatorEntry*> Locator(const LocalPatient& patient, const MemberId& member);

  absl::Status FileNew(const std::string& field, DocumentEntry document);
  absl::Status FileAgain(const std::string& field, const DocumentEntry& document,
                         const DocumentEntry& existing);
  absl::Status Replace(const std::string& field, const DocumentEntry& document);
  absl::Status CheckNoCircle(const std::string& field, const DocumentEntry& document) const;
  absl::Status Raise(DocumentEntry document, DocumentStatus status);
  absl::Status Assert(const std::string& field, const DocumentEntry& document);

  const FiledDocuments& filed_;
  const absl::Time now_;
  Filing filing_;
};

absl::Status See(const std::string& field, const std::string& facility, LocatorEntry& locator) {
  if (facility.empty()) return absl::OkStatus();
  locator.facilities.insert(facility);
  if (locator.facilities.size() <= kFacilitiesMax) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(field, ".facility: want at most ", kFacilitiesMax, " of a member"));
}

absl::StatusOr<std::optional<DocumentEntry>> Filer::Document(const std::string& id) const {
  const auto changed = filing_.documents.find(id);
  if (changed != filing_.documents.end()) return std::optional<DocumentEntry>(changed->second);
  return filed_.Document(id);
}

absl::StatusOr<std::vector<std::string>> Filer::ReplacedBy(const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(std::vector<std::string> ids, filed_.ReplacedBy(id));
  for (auto it = filing_.replacements.lower_bound({id, ""});
       it != filing_.replacements.end() && it->replaced_id == id; ++it) {
    ids.push_back(it->by_id);
  }
  return ids;
}

absl::StatusOr<LocatorEntry*> Filer::Locator(const LocalPatient& patient, const MemberId& member) {
  const LocatorKey key(patient, member);
  auto changed = filing_.locators.find(key);
  if (changed == filing_.locators.end()) {
    HIE_ASSIGN_OR_RETURN(std::optional<LocatorEntry> stored, filed_.Locator(key));
    LocatorEntry entry;
    entry.patient = patient;
    entry.member = member;
    changed = filing_.locators.emplace(key, std::move(stored).value_or(std::move(entry))).first;
  }
  return &changed->second;
}

absl::Status Filer::File(const std::string& field, const DocumentEntry& document) {
  const std::string id = EntryId(document.member, document.unique_id);
  filing_.document_ids.push_back(id);
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> existing, Document(id));
  if (existing) return FileAgain(field, document, *existing);
  DocumentEntry entry = document;
  entry.id = id;
  return FileNew(field, std::move(entry));
}

absl::Status Filer::FileAgain(const std::string& field, const DocumentEntry& document,
                              const DocumentEntry& existing) {
  if (existing.sha256 != document.sha256) {
    return absl::AlreadyExistsError(
        absl::StrCat(field, ".unique_id: want one that is not filed with another hash"));
  }
  if (existing.patient != document.patient) {
    return absl::AlreadyExistsError(
        absl::StrCat(field, ".unique_id: want one that is not filed for another patient"));
  }
  HIE_RETURN_IF_ERROR(Raise(existing, document.status));
  return Assert(field, document);
}

absl::Status Filer::FileNew(const std::string& field, DocumentEntry document) {
  filing_.documents[document.id] = document;
  if (document.status == DocumentStatus::kCurrent) {
    HIE_ASSIGN_OR_RETURN(LocatorEntry* const locator, Locator(document.patient, document.member));
    ++locator->documents;
  }
  HIE_RETURN_IF_ERROR(Assert(field, document));
  HIE_RETURN_IF_ERROR(Replace(field, document));
  // Feeds come out of order: what replaces this document may have been filed before it.
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> successors, ReplacedBy(document.id));
  for (const std::string& id : successors) {
    HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> successor, Document(id));
    if (successor && successor->patient == document.patient) {
      return Raise(std::move(document), DocumentStatus::kSuperseded);
    }
  }
  return absl::OkStatus();
}

absl::Status Filer::Replace(const std::string& field, const DocumentEntry& document) {
  if (document.replaces_unique_id.empty()) return absl::OkStatus();
  HIE_RETURN_IF_ERROR(CheckNoCircle(field, document));
  const std::string replaced_id = EntryId(document.member, document.replaces_unique_id);
  filing_.replacements.insert({replaced_id, document.id});
  HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> replaced, Document(replaced_id));
  if (!replaced) return absl::OkStatus();
  if (replaced->patient != document.patient) {
    return absl::FailedPreconditionError(
        absl::StrCat(field, ".replaces_unique_id: want a document of the same patient"));
  }
  return Raise(*std::move(replaced), DocumentStatus::kSuperseded);
}

// A circle would leave no current document at all: the content would be gone from every answer.
// What is filed has none, so a new one can only close through `document`, and only if something
// filed already says that it replaces it: for most documents this reads nothing more.
absl::Status Filer::CheckNoCircle(const std::string& field, const DocumentEntry& document) const {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> successors, ReplacedBy(document.id));
  if (successors.empty()) return absl::OkStatus();
  std::string unique_id = document.replaces_unique_id;
  while (!unique_id.empty()) {
    if (unique_id == document.unique_id) {
      return absl::FailedPreconditionError(
          absl::StrCat(field, ".replaces_unique_id: want no circle of replacements"));
    }
    HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> next,
                         Document(EntryId(document.member, unique_id)));
    unique_id = next ? next->replaces_unique_id : "";
  }
  return absl::OkStatus();
}

absl::Status Filer::Raise(DocumentEntry document, DocumentStatus status) {
  if (status <= document.status) return absl::OkStatus();
  if (document.status == DocumentStatus::kCurrent) {
    HIE_ASSIGN_OR_RETURN(LocatorEntry* const locator, Locator(document.patient, document.member));
    --locator->documents;
  }
  document.status = status;
  const std::string id = document.id;
  filing_.documents[id] = std::move(document);
  return absl::OkStatus();
}

// A document that is withdrawn says nothing about where the patient's records are.
absl::Status Filer::Assert(const std::string& field, const DocumentEntry& document) {
  if (document.status == DocumentStatus::kEnteredInError) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(LocatorEntry* const locator, Locator(document.patient, document.member));
  locator->state = LocatorState::kVerified;
  locator->newest = std::max(locator->newest, document.created);
  locator->asserted = now_;
  return See(field, document.facility, *locator);
}

absl::Status Filer::Take(const std::string& field, const Claim& claim) {
  HIE_ASSIGN_OR_RETURN(LocatorEntry* const locator, Locator(claim.patient, claim.member));
  locator->state = std::max(locator->state, claim.state);
  locator->asserted = now_;
  return See(field, claim.facility, *locator);
}

}  // namespace

absl::StatusOr<Filing> FileSubmission(const Submission& submission, const FiledDocuments& filed,
                                      absl::Time now) {
  Filer filer(filed, now);
  for (size_t i = 0; i < submission.documents.size(); ++i) {
    HIE_RETURN_IF_ERROR(filer.File(absl::StrCat("documents[", i, "]"), submission.documents[i]));
  }
  for (size_t i = 0; i < submission.claims.size(); ++i) {
    HIE_RETURN_IF_ERROR(filer.Take(absl::StrCat("claims[", i, "]"), submission.claims[i]));
  }
  return std::move(filer).Finish();
}

}  // namespace hie::registry
