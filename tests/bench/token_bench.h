#pragma once

#include "absl/status/statusor.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/figures.h"

namespace hie::bench {

// What recognising an access token costs a call of the HTTPS door, in this process, one thread:
// seen before, and for the first time.
absl::StatusOr<Report> MeasureTokens(const BenchOptions& options);

}  // namespace hie::bench
