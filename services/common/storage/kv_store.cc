#include "services/common/storage/kv_store.h"

#include "services/common/base/status_macros.h"

namespace hie {

absl::StatusOr<std::vector<KvEntry>> KvReader::ScanPrefix(Table table, absl::string_view prefix,
                                                          size_t limit) const {
  std::vector<KvEntry> rows;
  HIE_RETURN_IF_ERROR(Scan(table, prefix, "", [&](absl::string_view key, absl::string_view value) {
    rows.push_back({std::string(key), std::string(value)});
    return limit == 0 || rows.size() < limit;
  }));
  return rows;
}

}  // namespace hie
