#include "services/registry/filing_draft.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::registry {

absl::StatusOr<std::optional<DocumentEntry>> FilingDraft::Document(const std::string& id) const {
  const auto changed = filing_.documents.find(id);
  if (changed != filing_.documents.end()) return std::optional<DocumentEntry>(changed->second);
  return filed_.Document(id);
}

absl::StatusOr<std::vector<std::string>> FilingDraft::Relating(const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(std::vector<std::string> ids, filed_.Relating(id));
  for (auto it = filing_.associations.lower_bound({id, ""});
       it != filing_.associations.end() && it->target_id == id; ++it) {
    ids.push_back(it->by_id);
  }
  return ids;
}

absl::Status FilingDraft::Put(DocumentEntry document) {
  const std::string id = document.id;
  const bool changed_before = filing_.documents.count(id) != 0;
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> before, Document(id));
  if (before) document.version = changed_before ? before->version : before->version + 1;
  document.recorded = now_;
  HIE_RETURN_IF_ERROR(Recount(before ? &*before : nullptr, document));
  filing_.documents[id] = std::move(document);
  return absl::OkStatus();
}

absl::Status FilingDraft::Raise(DocumentEntry document, DocumentStatus status) {
  if (status <= document.status) return absl::OkStatus();
  document.status = status;
  return Put(std::move(document));
}

absl::Status FilingDraft::Recount(const DocumentEntry* before, const DocumentEntry& after) {
  const bool counted = before != nullptr && Counts(*before);
  if (!counted && !Counts(after)) return absl::OkStatus();
  const LocatorKey key(after.patient, after.member);
  HIE_ASSIGN_OR_RETURN(LocatorEntry* const locator, Locator(key));
  if (Counts(after)) {
    if (!counted) ++locator->documents;
    locator->newest = std::max(locator->newest, after.created);
    return absl::OkStatus();
  }
  --locator->documents;
  if (after.created >= locator->newest) lost_newest_.insert(key);
  return absl::OkStatus();
}

absl::StatusOr<LocatorEntry*> FilingDraft::Locator(const LocatorKey& key) {
  auto changed = filing_.locators.find(key);
  if (changed == filing_.locators.end()) {
    HIE_ASSIGN_OR_RETURN(std::optional<LocatorEntry> stored, filed_.Locator(key));
    LocatorEntry entry;
    entry.patient = key.first;
    entry.member = key.second;
    changed = filing_.locators.emplace(key, std::move(stored).value_or(std::move(entry))).first;
  }
  return &changed->second;
}

absl::Status FilingDraft::Assert(const std::string& field, const LocatorKey& key,
                                 LocatorState state, const std::string& facility) {
  HIE_ASSIGN_OR_RETURN(LocatorEntry* const locator, Locator(key));
  locator->state = std::max(locator->state, state);
  locator->asserted = now_;
  if (!facility.empty()) locator->facilities.insert(facility);
  if (locator->facilities.size() <= kFacilitiesMax) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(field, ".facility: want at most ", kFacilitiesMax, " of a member"));
}

void FilingDraft::Warn(absl::string_view word) {
  std::vector<std::string>& warnings = filing_.warnings;
  if (std::find(warnings.begin(), warnings.end(), word) == warnings.end()) {
    warnings.emplace_back(word);
  }
}

absl::Status FilingDraft::FindNewest(const LocatorKey& key) {
  HIE_ASSIGN_OR_RETURN(absl::Time newest, filed_.Newest(key, [this](const std::string& id) {
    return filing_.documents.count(id) != 0;
  }));
  for (const auto& [id, document] : filing_.documents) {
    if (document.member != key.second || document.patient != key.first) continue;
    if (Counts(document)) newest = std::max(newest, document.created);
  }
  filing_.locators.at(key).newest = newest;
  return absl::OkStatus();
}

absl::StatusOr<Filing> FilingDraft::Finish() && {
  for (const LocatorKey& key : lost_newest_) HIE_RETURN_IF_ERROR(FindNewest(key));
  return std::move(filing_);
}

}  // namespace hie::registry
