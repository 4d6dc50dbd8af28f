#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rocksdb {
class Status;
}  // namespace rocksdb

namespace hie {

// Returns what RocksDB said as our status: DATA_LOSS for damage, RESOURCE_EXHAUSTED for a full
// disk, FAILED_PRECONDITION for a store in use, UNAVAILABLE for a failing device.  RocksDB keeps
// keys and values out of its messages (allow_data_in_errors is off).
absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view what);

}  // namespace hie
