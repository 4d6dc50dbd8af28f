#include "services/common/journal/overlay_reader.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "services/common/base/status_macros.h"

namespace hie {
namespace {

const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace

template <typename Result>
Result OverlayReader::Noted(Result result) const {
  base_status_.Update(StatusOf(result));
  return result;
}

void OverlayReader::Add(const WriteBatch& batch) {
  for (const WriteBatch::Change& change : batch.changes()) {
    changed_[change.table][change.key] = change.value;
  }
}

WriteBatch OverlayReader::Changes() const {
  WriteBatch batch;
  for (const auto& [table, rows] : changed_) {
    for (const auto& [key, value] : rows) {
      if (value) {
        batch.Put(table, key, *value);
      } else {
        batch.Delete(table, key);
      }
    }
  }
  return batch;
}

absl::StatusOr<std::optional<std::string>> OverlayReader::Get(Table table,
                                                              absl::string_view key) const {
  if (const Rows* rows = Find(table)) {
    if (const auto row = rows->find(key); row != rows->end()) return row->second;
  }
  return Noted(base_.Get(table, key));
}

absl::StatusOr<std::vector<std::optional<std::string>>> OverlayReader::MultiGet(
    Table table, const std::vector<std::string>& keys) const {
  HIE_ASSIGN_OR_RETURN(std::vector<std::optional<std::string>> values,
                       Noted(base_.MultiGet(table, keys)));
  const Rows* rows = Find(table);
  if (rows == nullptr) return values;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (const auto row = rows->find(keys[i]); row != rows->end()) values[i] = row->second;
  }
  return values;
}

absl::Status OverlayReader::Scan(
    Table table, absl::string_view prefix, absl::string_view from,
    absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const {
  const Rows* rows = Find(table);
  if (rows == nullptr) return Noted(base_.Scan(table, prefix, from, visit));
  auto row = rows->lower_bound(std::max(prefix, from));
  bool wanted = true;
  // Visits the changed rows that come before `end` (nothing: all that are left).
  const auto visit_changed = [&](std::optional<absl::string_view> end) {
    for (; wanted && row != rows->end() && absl::StartsWith(row->first, prefix); ++row) {
      if (end.has_value() && row->first >= *end) return;
      if (row->second.has_value()) wanted = visit(row->first, *row->second);
    }
  };
  HIE_RETURN_IF_ERROR(
      Noted(base_.Scan(table, prefix, from, [&](absl::string_view key, absl::string_view value) {
        visit_changed(key);
        const bool replaced = row != rows->end() && row->first == key;
        if (wanted && !replaced) wanted = visit(key, value);
        return wanted;
      })));
  visit_changed(std::nullopt);
  return absl::OkStatus();
}

const OverlayReader::Rows* OverlayReader::Find(Table table) const {
  const auto found = changed_.find(table);
  return found == changed_.end() ? nullptr : &found->second;
}

}  // namespace hie
