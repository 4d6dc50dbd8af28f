#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

// Thread-safety annotations, checked by clang (-Wthread-safety), silent elsewhere.
#if defined(__clang__)
#define HIE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define HIE_THREAD_ANNOTATION(x)
#endif
#define HIE_CAPABILITY(x) HIE_THREAD_ANNOTATION(capability(x))
#define HIE_SCOPED_CAPABILITY HIE_THREAD_ANNOTATION(scoped_lockable)
#define HIE_GUARDED_BY(x) HIE_THREAD_ANNOTATION(guarded_by(x))
#define HIE_REQUIRES(...) HIE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define HIE_EXCLUDES(...) HIE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define HIE_ACQUIRE(...) HIE_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define HIE_RELEASE(...) HIE_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define HIE_NO_THREAD_SAFETY_ANALYSIS HIE_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace hie {

// std::mutex with annotations; absl::Mutex is slower here and confuses TSan (packaged build).
class HIE_CAPABILITY("mutex") Mutex {
 public:
  void Lock() HIE_ACQUIRE() { mutex_.lock(); }
  void Unlock() HIE_RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class HIE_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) HIE_ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() HIE_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits for a change under a Mutex that the caller holds.
class CondVar {
 public:
  // Waits until `condition()` holds.  The caller holds `mutex`.
  template <typename Condition>
  void Wait(Mutex& mutex, Condition condition) HIE_REQUIRES(mutex) HIE_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    changed_.wait(lock, condition);
    lock.release();
  }

  // Waits until `condition()` holds or `timeout` passed; returns what `condition()` says then.
  template <typename Condition>
  bool WaitFor(Mutex& mutex, absl::Duration timeout, Condition condition)
      HIE_REQUIRES(mutex) HIE_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool held = changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), condition);
    lock.release();
    return held;
  }

  void NotifyOne() { changed_.notify_one(); }
  void NotifyAll() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

}  // namespace hie
