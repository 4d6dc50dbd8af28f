#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/audit/leaf_codec.h"
#include "services/audit/segment_scan.h"
#include "services/common/storage/kv_store.h"

namespace hie::audit {

// Finds leaves by event id, patient tag, member and sequence.  Holds nothing that the segments do
// not: it may lag behind them, never lead, and is rebuilt from them by deleting it.  Thread-safe.
//
// Every read: DATA_LOSS where stored bytes are bad.
class AuditIndex {
 public:
  // `store` holds Tables() and must outlive the index.
  explicit AuditIndex(KvStore* store) : store_(store) {}

  static std::vector<std::string> Tables();

  // The last leaf that is indexed.
  absl::StatusOr<ChainHead> Applied() const;

  // Adds a leaf's rows to a batch, for Write.
  static void Add(const Record& record, const v1::Leaf& leaf, const LeafLocation& location,
                  WriteBatch& batch);
  absl::Status Write(const WriteBatch& batch) {
    return store_->Write(batch, Durability::kBuffered);
  }

  // Returns the sequence under which an event was recorded, or nothing.
  absl::StatusOr<std::optional<uint64_t>> SequenceOf(absl::string_view event_id) const;

  absl::StatusOr<PatientHead> Head(absl::string_view tag) const;

  // Return the newest `limit` sequences below `before` (0: from the newest), newest first: leaves
  // that concern any of `tags`, or whose actor's member or custodian is `member`.
  absl::StatusOr<std::vector<uint64_t>> ByTags(const std::vector<std::string>& tags,
                                               uint64_t before, size_t limit) const;
  absl::StatusOr<std::vector<uint64_t>> ByMember(absl::string_view member, uint64_t before,
                                                 size_t limit) const;

  // DATA_LOSS also where the sequence is not indexed.
  absl::StatusOr<LeafLocation> Location(uint64_t sequence) const;

 private:
  KvStore* const store_;
};

}  // namespace hie::audit
