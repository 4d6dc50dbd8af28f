#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/mpi/v1/model.pb.h"
#include "mpi/store/active_model.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Records drawn for rates where the request does not say, and at most.
inline constexpr uint32_t kMonitoredRecords = 5'000;
inline constexpr uint32_t kMonitoredRecordsMax = 100'000;
// Linked pairs looked at for each drawn record, and random ones.
inline constexpr size_t kLinkedPairsPerRecord = 5;
inline constexpr size_t kRandomPairsPerRecord = 10;
// Heavy keys that are named.
inline constexpr size_t kHeavyKeysMax = 100;

struct MonitorOptions {
  uint64_t seed = 1;
  uint32_t records_max = kMonitoredRecords;
};

// Tells how matching fares in a state (MATCHING: monitors): expected against made matches, how
// often each level is seen between linked and between random records of each source, beside the
// model's m and u, missing fields by source, keys that many records share, and the age of the
// review queue.
//
// Counts of records, persons and linked pairs are exact where no more than `records_max` records
// were ever filed; else they are estimated from the drawn ones.  Deterministic for a state and a
// seed.  DATA_LOSS: a row cannot be read.  Cost: some point reads for each drawn record, a scan of
// the heavy keys' counts and of the open tasks.
absl::StatusOr<v1::Monitors> MeasureMonitors(const KvReader& state, const ActiveModel& models,
                                             const MonitorOptions& options, absl::Time now);

}  // namespace hie::mpi
