#include "services/common/storage/memory_kv_store.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie {
namespace {

// Rows that a scan takes from the store at a time: `visit` runs without the lock, so that it may
// read and write the store itself.
constexpr size_t kScanChunkRows = 64;

absl::Status UnknownTable(Table table) {
  return absl::InvalidArgumentError(absl::StrCat("table: want one of the store, have ", table));
}

}  // namespace

// Reads the versions that were newest at `version`.
class MemoryKvStore::Reader final : public KvReader {
 public:
  Reader(const MemoryKvStore& store, uint64_t version) : store_(store), version_(version) {}

  ~Reader() override {
    MutexLock lock(store_.mutex_);
    store_.snapshots_.erase(store_.snapshots_.find(version_));
  }

  absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                 absl::string_view key) const override {
    MutexLock lock(store_.mutex_);
    const Rows* rows = store_.Find(table);
    if (rows == nullptr) return UnknownTable(table);
    const auto row = rows->find(key);
    if (row == rows->end()) return std::nullopt;
    return Visible(row->second);
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Table table, const std::vector<std::string>& keys) const override {
    std::vector<std::optional<std::string>> values;
    values.reserve(keys.size());
    for (const std::string& key : keys) {
      HIE_ASSIGN_OR_RETURN(values.emplace_back(), Get(table, key));
    }
    return values;
  }

  absl::Status Scan(
      Table table, absl::string_view prefix, absl::string_view from,
      absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const override {
    std::string next(std::max(prefix, from));
    while (true) {
      HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> chunk, Chunk(table, prefix, next));
      for (const KvEntry& row : chunk) {
        if (!visit(row.key, row.value)) return absl::OkStatus();
      }
      if (chunk.size() < kScanChunkRows) return absl::OkStatus();
      next = chunk.back().key + '\0';
    }
  }

 private:
  std::optional<std::string> Visible(const Versions& versions) const {
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
      if (version->number <= version_) return version->value;
    }
    return std::nullopt;
  }

  absl::StatusOr<std::vector<KvEntry>> Chunk(Table table, absl::string_view prefix,
                                             const std::string& from) const {
    MutexLock lock(store_.mutex_);
    const Rows* rows = store_.Find(table);
    if (rows == nullptr) return UnknownTable(table);
    std::vector<KvEntry> chunk;
    for (auto row = rows->lower_bound(from); row != rows->end() && chunk.size() < kScanChunkRows;
         ++row) {
      if (!absl::StartsWith(row->first, prefix)) break;
      if (std::optional<std::string> value = Visible(row->second)) {
        chunk.push_back({row->first, *std::move(value)});
      }
    }
    return chunk;
  }

  const MemoryKvStore& store_;
  const uint64_t version_;
};

MemoryKvStore::MemoryKvStore(const std::vector<std::string>& tables) {
  for (const std::string& table : tables) tables_.try_emplace(table);
}

std::shared_ptr<const KvReader> MemoryKvStore::Snapshot() const {
  MutexLock lock(mutex_);
  snapshots_.insert(version_);
  return std::make_shared<Reader>(*this, version_);
}

absl::Status MemoryKvStore::Write(const WriteBatch& batch, Durability) {
  MutexLock lock(mutex_);
  for (const WriteBatch::Change& change : batch.changes()) {
    if (Find(change.table) == nullptr) return UnknownTable(change.table);
  }
  ++version_;
  for (const WriteBatch::Change& change : batch.changes()) {
    Rows& rows = tables_.find(change.table)->second;
    rows[change.key].push_back({version_, change.value});
    stale_.push_back({version_, &rows, change.key});
  }
  ForgetUnseen();
  return absl::OkStatus();
}

absl::Status MemoryKvStore::Checkpoint(const std::string&) const {
  return absl::UnimplementedError("a store in memory has no files");
}

const MemoryKvStore::Rows* MemoryKvStore::Find(Table table) const {
  const auto found = tables_.find(table);
  return found == tables_.end() ? nullptr : &found->second;
}

uint64_t MemoryKvStore::OldestVisible() const {
  return snapshots_.empty() ? version_ : *snapshots_.begin();
}

void MemoryKvStore::ForgetUnseen() {
  const uint64_t oldest = OldestVisible();
  for (; !stale_.empty() && stale_.front().number <= oldest; stale_.pop_front()) {
    Rows& rows = *stale_.front().rows;
    const auto row = rows.find(stale_.front().key);
    if (row == rows.end()) continue;
    Versions& versions = row->second;
    // The newest version at or before `oldest` hides those before it.
    auto first = versions.end();
    while (first != versions.begin() && (first == versions.end() || first->number > oldest)) {
      --first;
    }
    versions.erase(versions.begin(), first);
    if (versions.size() == 1 && versions[0].number <= oldest && !versions[0].value) {
      rows.erase(row);
    }
  }
}

}  // namespace hie
