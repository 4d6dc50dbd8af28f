#include "mpi/store/change_window.h"

#include <algorithm>

#include "mpi/store/tables.h"

namespace hie::mpi {
namespace {

// Kinds of what is watched: a fingerprint of one kind is none of another's.
enum class Kind : uint64_t { kKey = 1, kNarrowKey, kHeavyKey, kPerson };

uint64_t Fingerprint(Kind kind, uint64_t what) {
  uint64_t hash = (what << 3 | static_cast<uint64_t>(kind)) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ hash >> 32) * 0xff51afd7ed558ccdULL;
  return hash ^ hash >> 29;
}

// Adds what of a change matching would see.  A record that leaves the index leaves its person's row
// changed, too.
void AddWatched(const WriteBatch::Change& change, std::vector<uint64_t>& watched) {
  if (change.table == kKeysTable) {
    const absl::StatusOr<Filing> filing = ReadFilingKey(change.key);
    if (!filing.ok()) return;
    watched.push_back(WatchedKey(filing->base));
    watched.push_back(WatchedNarrowKey(filing->base, filing->refinement));
    if (!change.value) watched.push_back(WatchedHeavyKey(filing->base));
  } else if (change.table == kPersonsTable) {
    watched.push_back(WatchedPerson(change.key));
  } else if (change.table == kFeaturesTable && change.value) {
    const absl::StatusOr<FeatureRowView> row = ReadFeatureRow(*change.value);
    if (row.ok()) watched.push_back(WatchedPerson(row->person_key));
  }
}

}  // namespace

uint64_t WatchedKey(uint64_t base) { return Fingerprint(Kind::kKey, base); }

uint64_t WatchedNarrowKey(uint64_t base, uint16_t refinement) {
  return Fingerprint(Kind::kNarrowKey, base * 0x2545f4914f6cdd1dULL + refinement);
}

uint64_t WatchedHeavyKey(uint64_t base) { return Fingerprint(Kind::kHeavyKey, base); }

uint64_t WatchedPerson(absl::string_view person_key) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : person_key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return Fingerprint(Kind::kPerson, hash);
}

void ChangeWindow::Note(uint64_t sequence, const WriteBatch& changes) {
  std::vector<uint64_t> watched;
  for (const WriteBatch::Change& change : changes.changes()) AddWatched(change, watched);
  std::sort(watched.begin(), watched.end());
  watched.erase(std::unique(watched.begin(), watched.end()), watched.end());
  MutexLock lock(mutex_);
  if (!any_) complete_after_ = sequence - 1;
  any_ = true;
  if (watched.empty()) return;
  for (const uint64_t what : watched) changed_[what] = sequence;
  commands_.emplace_back(sequence, std::move(watched));
  if (commands_.size() > kWindowCommandsMax) Forget();
}

void ChangeWindow::Forget() {
  const auto& [sequence, watched] = commands_.front();
  for (const uint64_t what : watched) {
    const auto found = changed_.find(what);
    if (found != changed_.end() && found->second == sequence) changed_.erase(found);
  }
  complete_after_ = sequence;
  commands_.pop_front();
}

bool ChangeWindow::Unchanged(const v1::MatchPlan& plan) const {
  MutexLock lock(mutex_);
  const bool unchanged = IsUnchanged(plan);
  ++(unchanged ? answers_.unchanged : answers_.changed);
  return unchanged;
}

ChangeWindow::Answers ChangeWindow::answers() const {
  MutexLock lock(mutex_);
  return answers_;
}

bool ChangeWindow::IsUnchanged(const v1::MatchPlan& plan) const {
  if (!any_ || plan.sequence() < complete_after_) return false;
  for (const uint64_t what : plan.watched()) {
    const auto found = changed_.find(what);
    if (found != changed_.end() && found->second > plan.sequence()) return false;
  }
  return true;
}

}  // namespace hie::mpi
