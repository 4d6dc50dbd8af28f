#pragma once

#include <functional>

#include "absl/time/time.h"

namespace hie::exchange {

// Runs functions later.  Thread-safe.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Runs `task` once, `delay` from now, on any thread; it must not block.  Tasks that are due when
  // the scheduler ends are dropped.
  virtual void After(absl::Duration delay, std::function<void()> task) = 0;
};

// Runs tasks that take a while, off the threads of RPC.  Thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `task` once, soon, on a thread of its own pool; on the caller's where the pool is full: an
  // event must not be lost.
  virtual void Run(std::function<void()> task) = 0;
};

}  // namespace hie::exchange
