#pragma once

#include "absl/status/statusor.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/door_region.h"
#include "tests/bench/figures.h"

namespace hie::bench {

// What the gateway's process grows by: for thousands of idle keep-alive connections, and while a
// document of 200 MB passes through it.  `region` runs with a process per role.
absl::StatusOr<Report> MeasureMemory(const BenchOptions& options, DoorRegion& region);

}  // namespace hie::bench
