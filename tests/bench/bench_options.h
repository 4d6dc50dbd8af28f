#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace hie::bench {

// How much is measured.
struct BenchOptions {
  uint64_t seed = 1;
  size_t people = 2000;    // Inhabitants of the generated region.
  std::string directory;   // Everything is written below it, and goes at the end.
  std::string sources;     // Root of the project: policy file, commit.
  absl::Duration slice;    // Time of one measurement.
  absl::Duration warm_up;  // Before the first of its kind.
  int rounds = 1;          // Each measures every candidate once, in turn.
};

// For reading: a minute or two.
inline BenchOptions FullMode() {
  BenchOptions options;
  options.slice = absl::Milliseconds(300);
  options.warm_up = absl::Milliseconds(500);
  options.rounds = 15;
  return options;
}

// For ctest: that every figure exists and every call succeeds; its times mean nothing.
inline BenchOptions QuickMode() {
  BenchOptions options;
  options.people = 60;
  options.slice = absl::Milliseconds(100);
  options.warm_up = absl::Milliseconds(50);
  options.rounds = 1;
  return options;
}

}  // namespace hie::bench
