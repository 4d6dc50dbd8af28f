#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"

namespace hie::members {

// Runs functions at their time.  Thread-safe.
class TimerQueue {
 public:
  using Id = uint64_t;

  // Who runs what is due: a thread of the queue, or whoever calls RunDue (tests, with a simulated
  // clock).
  enum class Drive { kThread, kByHand };

  // `clock` must outlive the queue.
  TimerQueue(const Clock* clock, Drive drive);
  // As Stop.
  ~TimerQueue();

  // Runs `task` once, `delay` from now, on the queue's thread; it must not block.
  Id After(absl::Duration delay, std::function<void()> task) HIE_EXCLUDES(mutex_);

  // Forgets a task that has not begun; else does nothing.
  void Cancel(Id id) HIE_EXCLUDES(mutex_);

  // Runs what is due, in order of time.
  void RunDue() HIE_EXCLUDES(mutex_);

  // Runs nothing any more; waits for a running task.  Not from a task.
  void Stop() HIE_EXCLUDES(mutex_);

 private:
  using Key = std::pair<absl::Time, Id>;

  void Run() HIE_EXCLUDES(mutex_);
  bool TakeDue(std::function<void()>& task) HIE_EXCLUDES(mutex_);

  const Clock* const clock_;
  Mutex mutex_;
  CondVar changed_;
  Id next_id_ HIE_GUARDED_BY(mutex_) = 1;
  std::map<Key, std::function<void()>> tasks_ HIE_GUARDED_BY(mutex_);
  absl::flat_hash_map<Id, absl::Time> times_ HIE_GUARDED_BY(mutex_);
  bool stopped_ HIE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace hie::members
