#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/storage/kv_store.h"

namespace hie {

// Returns the SHA-256 (lower-case hex) of every row of `tables`, in the order of the names given,
// then of the keys.  Equal for equal content, whatever the store and its history; names, keys and
// values are framed by their length.  One pass over the tables.
absl::StatusOr<std::string> DbHash(const KvReader& state, const std::vector<std::string>& tables);

}  // namespace hie
