#pragma once

#include "absl/status/statusor.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/figures.h"

namespace hie::bench {

// Proposals a second through the embedded journal on RocksDB against bare RocksDB synced writes,
// whose own group commit is the limit: the same rows, 1, 16 and 64 writers, in turn.
absl::StatusOr<Report> MeasureJournal(const BenchOptions& options);

}  // namespace hie::bench
