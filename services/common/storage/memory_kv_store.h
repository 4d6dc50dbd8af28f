#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/common/base/mutex.h"
#include "services/common/storage/kv_store.h"

namespace hie {

// A KvStore in memory: the reference that the other stores are compared with, and the store of
// tests.  Nothing survives it; kSynced means no more than kBuffered.
//
// Thread-safe.  A snapshot costs O(log snapshots), a write O(log rows) per change: each key keeps
// the versions that a living snapshot can still see.
class MemoryKvStore final : public KvStore {
 public:
  explicit MemoryKvStore(const std::vector<std::string>& tables);

  std::shared_ptr<const KvReader> Snapshot() const override;
  absl::Status Write(const WriteBatch& batch, Durability durability) override;
  // Always UNIMPLEMENTED.
  absl::Status Checkpoint(const std::string& directory) const override;

 private:
  class Reader;

  struct Version {
    uint64_t number = 0;
    std::optional<std::string> value;  // Nothing: deleted by this version.
  };
  // Oldest first, never empty.
  using Versions = std::vector<Version>;
  using Rows = std::map<std::string, Versions, std::less<>>;
  // A row that may hold versions nobody can see once all snapshots are at `number` or later.
  struct Stale {
    uint64_t number = 0;
    Rows* rows = nullptr;
    std::string key;
  };

  // Returns the table's rows, or null where there is no such table.
  const Rows* Find(Table table) const HIE_REQUIRES(mutex_);
  uint64_t OldestVisible() const HIE_REQUIRES(mutex_);
  void ForgetUnseen() HIE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Rows, std::less<>> tables_ HIE_GUARDED_BY(mutex_);
  uint64_t version_ HIE_GUARDED_BY(mutex_) = 0;
  mutable std::multiset<uint64_t> snapshots_ HIE_GUARDED_BY(mutex_);
  std::deque<Stale> stale_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie
