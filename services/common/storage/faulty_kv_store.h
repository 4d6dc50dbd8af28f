#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "services/common/base/mutex.h"
#include "services/common/storage/kv_store.h"

namespace hie {

// What a FaultyKvStore does to the write that it fails.
enum class WriteFault {
  kNothingWritten,  // The batch is lost.
  kAllWritten,      // The batch is there, though an error was reported.
  kTorn,            // The first half of the changes is there: what an honest store never does; for
                    // showing that a check would notice.
};

// A store that fails at write number N, and at every write after it.  For tests.
//
// Thread-safe.  Reads go on: they show what a restart would find.
class FaultyKvStore final : public KvStore {
 public:
  // Never fails where `fail_at` is 0; else the write with that number, counted from 1.  `store`
  // must outlive this one.
  FaultyKvStore(KvStore& store, uint64_t fail_at, WriteFault fault)
      : store_(store), fail_at_(fail_at), fault_(fault) {}

  std::shared_ptr<const KvReader> Snapshot() const override { return store_.Snapshot(); }
  // UNAVAILABLE from the failing write on.
  absl::Status Write(const WriteBatch& batch, Durability durability) override;
  absl::Status Checkpoint(const std::string& directory) const override {
    return store_.Checkpoint(directory);
  }

  // Returns how many writes were tried.
  uint64_t writes() const;

 private:
  KvStore& store_;
  const uint64_t fail_at_;
  const WriteFault fault_;
  mutable Mutex mutex_;
  uint64_t writes_ HIE_GUARDED_BY(mutex_) = 0;
};

}  // namespace hie
