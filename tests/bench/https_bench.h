#pragma once

#include "absl/status/statusor.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/door_region.h"
#include "tests/bench/figures.h"

namespace hie::bench {

// Over HTTPS, each against a bare Beast server that takes and returns as many bytes, in the same
// rounds: ITI-67 of twenty entries from the index, ITI-65 until it is durable, and tokens.
absl::StatusOr<Report> MeasureHttps(const BenchOptions& options, DoorRegion& region);

}  // namespace hie::bench
