#pragma once

#include "absl/status/statusor.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/door_region.h"
#include "tests/bench/figures.h"

namespace hie::bench {

// ADT^A04 of new patients over 50 plain MLLP connections: original mode (acknowledged when the
// patient is registered, durably) and enhanced mode (commit acknowledgement once it is on disk).
absl::StatusOr<Report> MeasureMllp(const BenchOptions& options, DoorRegion& region);

}  // namespace hie::bench
