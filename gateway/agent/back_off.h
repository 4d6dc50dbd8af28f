#pragma once

#include "absl/time/time.h"
#include "services/common/base/random_source.h"

namespace hie::agent {

// How long to wait before dialling again: exponential, capped, with jitter, so that a thousand
// agents do not return in one second.  Not thread-safe.
class BackOff {
 public:
  struct Limits {
    absl::Duration first = absl::Milliseconds(200);
    absl::Duration max = absl::Seconds(30);
  };
  // `random` must outlive this.
  BackOff(Limits limits, RandomSource* random) : limits_(limits), random_(random) {}

  // Returns the next wait: between half of the step and the step; the step doubles up to the cap.
  absl::Duration Next();
  // A connection held: begin again.
  void Reset() { failures_ = 0; }

 private:
  const Limits limits_;
  RandomSource* const random_;
  int failures_ = 0;
};

}  // namespace hie::agent
