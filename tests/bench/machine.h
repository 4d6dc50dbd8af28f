#pragma once

#include <string>

#include "tests/bench/bench_options.h"

namespace hie::bench {

// Returns what a figure means nothing without: processor, cores, memory, kernel, disk, how busy the
// machine is, commit, build type, seed.  A Markdown list.
std::string DescribeRun(const BenchOptions& options);

}  // namespace hie::bench
