#include "gateway/members/timer_queue.h"

#include <algorithm>

namespace hie::members {
namespace {

constexpr absl::Duration kLongestSleep = absl::Seconds(1);

}  // namespace

TimerQueue::TimerQueue(const Clock* clock, Drive drive) : clock_(clock) {
  if (drive == Drive::kThread) thread_ = std::thread([this] { Run(); });
}

TimerQueue::~TimerQueue() { Stop(); }

TimerQueue::Id TimerQueue::After(absl::Duration delay, std::function<void()> task) {
  Id id = 0;
  {
    MutexLock lock(mutex_);
    id = next_id_++;
    // Nothing runs any more; a task that was kept might hold what holds this queue.
    if (stopped_) return id;
    const absl::Time when = clock_->Now() + delay;
    tasks_.emplace(Key{when, id}, std::move(task));
    times_.emplace(id, when);
  }
  changed_.NotifyAll();
  return id;
}

void TimerQueue::Cancel(Id id) {
  std::function<void()> dropped;  // Destroyed outside the lock: it may own what calls us.
  MutexLock lock(mutex_);
  const auto time = times_.find(id);
  if (time == times_.end()) return;
  const auto task = tasks_.find(Key{time->second, id});
  dropped = std::move(task->second);
  tasks_.erase(task);
  times_.erase(time);
}

bool TimerQueue::TakeDue(std::function<void()>& task) {
  MutexLock lock(mutex_);
  if (stopped_ || tasks_.empty() || tasks_.begin()->first.first > clock_->Now()) return false;
  task = std::move(tasks_.begin()->second);
  times_.erase(tasks_.begin()->first.second);
  tasks_.erase(tasks_.begin());
  return true;
}

void TimerQueue::RunDue() {
  std::function<void()> task;
  while (TakeDue(task)) {
    task();
    task = nullptr;
  }
}

void TimerQueue::Run() {
  while (true) {
    RunDue();
    MutexLock lock(mutex_);
    if (stopped_) return;
    absl::Duration sleep = kLongestSleep;
    if (!tasks_.empty()) sleep = std::min(sleep, tasks_.begin()->first.first - clock_->Now());
    const Id seen = next_id_;
    changed_.WaitFor(mutex_, std::max(sleep, absl::ZeroDuration()),
                     [&]() HIE_NO_THREAD_SAFETY_ANALYSIS { return stopped_ || next_id_ != seen; });
  }
}

void TimerQueue::Stop() {
  std::map<Key, std::function<void()>> dropped;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(tasks_);
    times_.clear();
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

}  // namespace hie::members
