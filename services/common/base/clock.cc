#include "services/common/base/clock.h"

#include "absl/time/clock.h"

namespace hie {

absl::Time SystemClock::Now() const { return absl::Now(); }

absl::Time SimulatedClock::Now() const {
  const MutexLock lock(mutex_);
  return now_;
}

void SimulatedClock::Advance(absl::Duration step) {
  const MutexLock lock(mutex_);
  now_ += step;
}

}  // namespace hie
