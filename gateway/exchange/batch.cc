#include "gateway/exchange/batch.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/string_view.h"

namespace hie::exchange {
namespace {

// Obligations that a release meets: each travels with its item and stands in the intent.
constexpr std::array<absl::string_view, 5> kMetObligations = {
    "redisclosure-notice", "part2-251c", "consent-scope", "no-redisclosure-label",
    "no-redisclosure"};

bool CanMeet(const Permit& permit) {
  return std::all_of(permit.obligations.begin(), permit.obligations.end(),
                     [](const std::string& word) {
                       return std::find(kMetObligations.begin(), kMetObligations.end(), word) !=
                              kMetObligations.end();
                     });
}

std::vector<PermittedEntry> PermittedOf(const BatchContent& content) {
  std::vector<PermittedEntry> permitted;
  for (const ReleaseEntry& entry : content.entries) {
    const auto permit = content.decisions.permits.find(entry.subject.id);
    if (permit == content.decisions.permits.end()) continue;
    permitted.push_back({&entry, &permit->second});
  }
  return permitted;
}

size_t TextBytes(const ClinicalItem& item) {
  return item.resource.size() + item.display.size() + item.code.size() + item.date.size() + 256;
}

}  // namespace

size_t EntryBytes(const ReleaseEntry& entry) {
  if (const auto* index = std::get_if<IndexEntry>(&entry.content)) {
    return index->wire.value().size() + 16;
  }
  if (const auto* statement = std::get_if<StatementEntry>(&entry.content)) {
    return TextBytes(statement->item);
  }
  return 64;
}

absl::StatusOr<Batch<Undecided>> Batch<Undecided>::Gather(BatchKind kind, BatchSource source,
                                                          std::vector<ReleaseEntry> entries) {
  if (entries.size() > kBatchItemsMax)
    return absl::InvalidArgumentError("batch: want <= 256 items");
  std::set<absl::string_view> ids;
  size_t bytes = 0;
  for (const ReleaseEntry& entry : entries) {
    bytes += EntryBytes(entry);
    if (entry.subject.id.empty() || !ids.insert(entry.subject.id).second) {
      return absl::InvalidArgumentError("batch: want distinct item ids");
    }
  }
  const size_t bytes_max = entries.size() == 1 ? kItemBytesMax : kBatchBytesMax;
  if (bytes > bytes_max) return absl::InvalidArgumentError("batch: want fewer bytes");
  return Batch(BatchContent{kind, std::move(source), std::move(entries), {}});
}

std::vector<DecisionItem> Batch<Undecided>::Subjects() const {
  std::vector<DecisionItem> subjects;
  subjects.reserve(content_.entries.size());
  for (const ReleaseEntry& entry : content_.entries) subjects.push_back(entry.subject);
  return subjects;
}

Batch<Decided> Batch<Undecided>::Decide(DecisionSet decisions) && {
  std::erase_if(decisions.permits, [](const auto& permit) { return !CanMeet(permit.second); });
  content_.decisions = std::move(decisions);
  return Batch<Decided>(std::move(content_));
}

std::vector<std::string> Batch<Decided>::PermittedIds() const {
  std::vector<std::string> ids;
  for (const PermittedEntry& permitted : PermittedOf(content_)) {
    ids.push_back(permitted.entry->subject.id);
  }
  return ids;
}

std::vector<std::string> Batch<Decided>::Obligations() const {
  std::set<std::string> obligations;
  for (const PermittedEntry& permitted : PermittedOf(content_)) {
    obligations.insert(permitted.permit->obligations.begin(), permitted.permit->obligations.end());
  }
  return {obligations.begin(), obligations.end()};
}

std::vector<PlaceEntry> Batch<Decided>::PermittedPlaces() const {
  std::vector<PlaceEntry> places;
  for (const PermittedEntry& permitted : PermittedOf(content_)) {
    const auto* place = std::get_if<PlaceEntry>(&permitted.entry->content);
    if (place != nullptr) places.push_back(*place);
  }
  return places;
}

void Batch<Decided>::KeepPlacesOf(const std::set<MemberId>& wanted) {
  for (const ReleaseEntry& entry : content_.entries) {
    const auto* place = std::get_if<PlaceEntry>(&entry.content);
    if (place != nullptr && wanted.count(place->member) == 0) {
      content_.decisions.permits.erase(entry.subject.id);
    }
  }
}

absl::StatusOr<Batch<Audited>> Batch<Decided>::Record(const std::string& intent_event_id,
                                                      const IntentReceipt& receipt) && {
  if (intent_event_id.empty() || receipt.intent_event_id != intent_event_id) {
    return absl::FailedPreconditionError("intent: want the receipt of this batch");
  }
  return Batch<Audited>(std::move(content_), intent_event_id);
}

std::vector<PermittedEntry> Batch<Audited>::Permitted() const { return PermittedOf(content_); }

Batch<Undecided> Batch<Audited>::Reopen() && {
  content_.decisions = DecisionSet{};
  return Batch<Undecided>(std::move(content_));
}

}  // namespace hie::exchange
