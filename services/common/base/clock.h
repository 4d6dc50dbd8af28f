#pragma once

#include "absl/time/time.h"
#include "services/common/base/mutex.h"

namespace hie {

// Where time comes from.  Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Returns the present moment.
  virtual absl::Time Now() const = 0;
};

// The machine's clock.  Made in main.cc only.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// A clock that tests move by hand.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(absl::Time start) : now_(start) {}
  absl::Time Now() const override;
  // Moves forward; `step` must not be negative.
  void Advance(absl::Duration step);

 private:
  mutable Mutex mutex_;
  absl::Time now_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie
