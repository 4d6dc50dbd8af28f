#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie {

// A named, ordered map of bytes within a store (a column family).  Names are fixed when the store
// is opened; an unknown name is INVALID_ARGUMENT.
using Table = absl::string_view;

// One row.
struct KvEntry {
  std::string key;
  std::string value;
  friend bool operator==(const KvEntry&, const KvEntry&) = default;
};

// Reads one consistent state of a store.  Thread-safe.
class KvReader {
 public:
  virtual ~KvReader() = default;

  // Returns the value, or nothing where the key is absent.  DATA_LOSS: stored bytes are bad.
  virtual absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                         absl::string_view key) const = 0;

  // Get for each key, in order, in one pass.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Table table, const std::vector<std::string>& keys) const = 0;

  // Visits the rows whose key starts with `prefix` and is >= `from` (empty: from the first), in
  // key order, until `visit` returns false.  The views live for the call of `visit` only.
  virtual absl::Status Scan(
      Table table, absl::string_view prefix, absl::string_view from,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const = 0;

  // Scan from the first row, collected; at most `limit` rows (0: all).
  absl::StatusOr<std::vector<KvEntry>> ScanPrefix(Table table, absl::string_view prefix,
                                                  size_t limit = 0) const;
};

// Changes that are made together or not at all.  Later ones win.  Not thread-safe.
class WriteBatch {
 public:
  struct Change {
    std::string table;
    std::string key;
    std::optional<std::string> value;  // Nothing: delete.
  };

  void Put(Table table, absl::string_view key, absl::string_view value) {
    changes_.push_back({std::string(table), std::string(key), std::string(value)});
  }
  void Delete(Table table, absl::string_view key) {
    changes_.push_back({std::string(table), std::string(key), std::nullopt});
  }
  // Adds the changes of `later` after these.
  void Append(WriteBatch later) {
    for (Change& change : later.changes_) changes_.push_back(std::move(change));
  }
  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }
  void Clear() { changes_.clear(); }

 private:
  std::vector<Change> changes_;
};

// What a write has survived when it returns.
enum class Durability {
  kBuffered,  // A crash of the process; a loss of power may take it.
  kSynced,    // A loss of power.
};

// An ordered store of bytes with atomic batches and snapshots.  Thread-safe.
class KvStore {
 public:
  virtual ~KvStore() = default;

  // Returns the state as of now; stays the same while it lives.  Cheap; do not keep it for long:
  // it holds old versions on disk.  Must not outlive the store.
  virtual std::shared_ptr<const KvReader> Snapshot() const = 0;

  // Makes every change or none.  UNAVAILABLE or DATA_LOSS: it is not known whether the batch is
  // durable; the caller must stop using the store.
  virtual absl::Status Write(const WriteBatch& batch, Durability durability) = 0;

  // Writes a complete copy of the present state into `directory`, which must not exist.
  // UNIMPLEMENTED where the store has no files.
  virtual absl::Status Checkpoint(const std::string& directory) const = 0;
};

}  // namespace hie
