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
  // Of the doors only this one: iti67, iti65, token, mllp or memory; empty: all.
  std::string door;
  size_t idle_connections = 5'000;
  size_t document_mib = 200;  // The one that is streamed.
};

// For reading: a minute or two.
inline BenchOptions FullMode() {
  BenchOptions options;
  options.slice = absl::Milliseconds(300);
  options.warm_up = absl::Milliseconds(500);
  options.rounds = 15;
  return options;
}

// Tells whether the measurement of a door is wanted.
inline bool Wanted(const BenchOptions& options, const std::string& door) {
  return options.door.empty() || options.door == door;
}

// For ctest: that every figure exists and every call succeeds; its times mean nothing.
inline BenchOptions QuickMode() {
  BenchOptions options;
  options.people = 60;
  options.idle_connections = 50;
  options.document_mib = 4;
  options.slice = absl::Milliseconds(100);
  options.warm_up = absl::Milliseconds(50);
  options.rounds = 1;
  return options;
}

}  // namespace hie::bench
