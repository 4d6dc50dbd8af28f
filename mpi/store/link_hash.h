#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Returns the SHA-256 (lower-case hex) of who is who: record -> person by the records' keys, what
// each EID that is no person any more answers, and every decision by its records' keys.  Equal for
// indexes that agree on these, whatever the order, the times and the numbers that led there.
//
// DATA_LOSS: a row is bad or absent.  Cost: one pass over holders, records and persons; memory for
// the decisions only.
absl::StatusOr<std::string> LinkHash(const KvReader& state);

}  // namespace hie::mpi
