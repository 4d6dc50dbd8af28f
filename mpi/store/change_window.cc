#include "mpi/store/change_window.h"

#include "mpi/store/tables.h"

namespace hie::mpi {
namespace {

// Keys and persons share one map: the lowest bit tells them apart.
uint64_t WatchedKey(uint64_t base) { return base << 1; }

// What of a change matching would see; 0: nothing.  A record that leaves the index leaves its
// person's row changed, too.
uint64_t WatchedBy(const WriteBatch::Change& change) {
  if (change.table == kKeysTable) {
    const absl::StatusOr<Filing> filing = ReadFilingKey(change.key);
    return filing.ok() ? WatchedKey(filing->base) : 0;
  }
  if (change.table == kPersonsTable) return WatchedPerson(change.key);
  if (change.table == kFeaturesTable && change.value) {
    const absl::StatusOr<FeatureRowView> row = ReadFeatureRow(*change.value);
    return row.ok() ? WatchedPerson(row->person_key) : 0;
  }
  return 0;
}

}  // namespace

uint64_t WatchedPerson(absl::string_view person_key) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : person_key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash | 1;
}

void ChangeWindow::Note(uint64_t sequence, const WriteBatch& changes) {
  std::vector<uint64_t> watched;
  for (const WriteBatch::Change& change : changes.changes()) {
    const uint64_t what = WatchedBy(change);
    if (what != 0) watched.push_back(what);
  }
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
  if (!any_ || plan.sequence() < complete_after_) return false;
  const auto moved = [&](uint64_t what) HIE_REQUIRES(mutex_) {
    const auto found = changed_.find(what);
    return found != changed_.end() && found->second > plan.sequence();
  };
  for (const uint64_t base : plan.keys()) {
    if (moved(WatchedKey(base))) return false;
  }
  for (const uint64_t person : plan.watched()) {
    if (moved(person)) return false;
  }
  return true;
}

}  // namespace hie::mpi
