#include "services/common/storage/faulty_kv_store.h"

#include "services/common/base/status_macros.h"

namespace hie {
namespace {

// Returns the part of the batch that the fault lets through.
WriteBatch Surviving(const WriteBatch& batch, WriteFault fault) {
  if (fault == WriteFault::kAllWritten) return batch;
  WriteBatch part;
  const size_t kept = fault == WriteFault::kTorn ? batch.changes().size() / 2 : 0;
  for (size_t i = 0; i < kept; ++i) {
    const WriteBatch::Change& change = batch.changes()[i];
    if (change.value.has_value()) {
      part.Put(change.table, change.key, *change.value);
    } else {
      part.Delete(change.table, change.key);
    }
  }
  return part;
}

}  // namespace

absl::Status FaultyKvStore::Write(const WriteBatch& batch, Durability durability) {
  MutexLock lock(mutex_);
  ++writes_;
  if (fail_at_ == 0 || writes_ < fail_at_) return store_.Write(batch, durability);
  if (writes_ == fail_at_) {
    HIE_RETURN_IF_ERROR(store_.Write(Surviving(batch, fault_), durability));
  }
  return absl::UnavailableError("the store failed, as it was told to");
}

uint64_t FaultyKvStore::writes() const {
  MutexLock lock(mutex_);
  return writes_;
}

}  // namespace hie
