#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/common/storage/kv_store.h"

namespace hie {

// A state with changes on top that are not written yet: what the next command of a group sees.
//
// Not thread-safe.  Keeps a copy of the changes.  An unknown table is reported by the base.
class OverlayReader final : public KvReader {
 public:
  // `base` must outlive the reader.
  explicit OverlayReader(const KvReader& base) : base_(base) {}

  // Lays the batch's changes on top; later ones win.
  void Add(const WriteBatch& batch);

  // The changes as one batch: each row once, in order of tables and keys.
  WriteBatch Changes() const;

  // Returns the first error that the base answered; OK where there was none.  A machine may take
  // such an error for a refusal: the journal must not.
  const absl::Status& base_status() const { return base_status_; }

  absl::StatusOr<std::optional<std::string>> Get(Table table, absl::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      Table table, const std::vector<std::string>& keys) const override;
  // `visit` must not call Add.
  absl::Status Scan(
      Table table, absl::string_view prefix, absl::string_view from,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const override;

 private:
  // Nothing: deleted.
  using Rows = std::map<std::string, std::optional<std::string>, std::less<>>;

  // Returns the table's changes, or null where it has none.
  const Rows* Find(Table table) const;

  // Returns what the base answered and remembers an error.
  template <typename Result>
  Result Noted(Result result) const;

  const KvReader& base_;
  mutable absl::Status base_status_;
  std::map<std::string, Rows, std::less<>> changed_;
};

}  // namespace hie
