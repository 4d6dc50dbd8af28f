#pragma once

#include "absl/status/statusor.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/figures.h"
#include "tests/bench/region.h"

namespace hie::bench {

// Locate, resolve, decide and fence at 16 in flight over gRPC with mutual TLS, each role a process
// of its own, against the bare echo in the same rounds.  `region` runs with a process per role.
absl::StatusOr<Report> MeasureRoles(const BenchOptions& options, Region& region);

}  // namespace hie::bench
