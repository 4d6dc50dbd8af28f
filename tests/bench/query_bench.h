#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/figures.h"
#include "tests/bench/region.h"

namespace hie::bench {

// Whole queries through the gateway that three agents answer, as a physician of a fourth hospital:
// one and 16 in flight.  `region` runs in one process; `persons` are known to three hospitals.
absl::StatusOr<Report> MeasureQueries(const BenchOptions& options, Region& region,
                                      const std::vector<KnownPerson>& persons);

}  // namespace hie::bench
