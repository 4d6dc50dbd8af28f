#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "services/common/base/mutex.h"

namespace hie::rpc {

// A fixed number of threads behind a bounded queue.  Thread-safe.
class WorkerPool {
 public:
  struct Options {
    std::string name;  // Shows in thread lists.
    int threads;
    size_t queue_max;                                  // At most so many tasks wait.
    std::function<void(size_t)> on_waiting = nullptr;  // Told the count when it changes; fast.
  };
  explicit WorkerPool(Options options);
  // As Stop.
  ~WorkerPool();

  // Takes `task` and returns true; false, without running it, when the queue is full or the pool
  // was stopped.
  bool TryRun(std::function<void()> task) HIE_EXCLUDES(mutex_);

  // Tasks that wait for a thread.
  size_t Waiting() const HIE_EXCLUDES(mutex_);

  // Takes no more tasks, runs those that wait and ends the threads.  Not from a task.
  void Stop() HIE_EXCLUDES(mutex_);

 private:
  void Work() HIE_EXCLUDES(mutex_);

  void TellWaiting() HIE_REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ HIE_GUARDED_BY(mutex_);
  bool stopped_ HIE_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // Changed by the constructor and Stop only.
};

}  // namespace hie::rpc
