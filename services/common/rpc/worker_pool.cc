#include "services/common/rpc/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace hie::rpc {
namespace {

constexpr size_t kThreadNameMax = 15;  // Of the kernel.

}  // namespace

WorkerPool::WorkerPool(Options options) : options_(std::move(options)) {
  const std::string name = options_.name.substr(0, kThreadNameMax);
  threads_.reserve(static_cast<size_t>(options_.threads));
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { Work(); });
    ::pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::TryRun(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    if (stopped_ || queue_.size() >= options_.queue_max) return false;
    queue_.push_back(std::move(task));
    TellWaiting();
  }
  changed_.NotifyOne();
  return true;
}

size_t WorkerPool::Waiting() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void WorkerPool::Stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::TellWaiting() {
  if (options_.on_waiting) options_.on_waiting(queue_.size());
}

void WorkerPool::Work() {
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      changed_.Wait(mutex_,
                    [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return stopped_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
      TellWaiting();
    }
    task();
  }
}

}  // namespace hie::rpc
