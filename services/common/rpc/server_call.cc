#include "services/common/rpc/server_call.h"

#include <utility>

#include "absl/time/clock.h"

namespace hie::rpc {

ServerCall::ServerCall(Start start) : start_(std::move(start)), began_(absl::Now()) {
  start_.recorder->Began();
}

bool ServerCall::cancelled() const {
  return cancelled_.load(std::memory_order_acquire) || absl::Now() > start_.deadline;
}

void ServerCall::WhenCancelled(std::function<void()> then) {
  {
    MutexLock lock(mutex_);
    if (!cancelled_.load(std::memory_order_acquire)) {
      if (!over_) when_cancelled_.push_back(std::move(then));
      return;
    }
  }
  then();
}

void ServerCall::Cancel() {
  std::vector<std::function<void()>> waiting;
  {
    MutexLock lock(mutex_);
    cancelled_.store(true, std::memory_order_release);
    waiting.swap(when_cancelled_);
  }
  for (const std::function<void()>& then : waiting) then();
}

void ServerCall::End(absl::StatusCode code) {
  std::vector<std::function<void()>> dropped;  // Destroyed outside the lock.
  {
    MutexLock lock(mutex_);
    if (std::exchange(over_, true)) return;
    dropped.swap(when_cancelled_);
  }
  start_.recorder->Ended({.code = code,
                          .took = absl::Now() - began_,
                          .request_id = start_.request_id,
                          .traceparent = start_.traceparent,
                          .caller = start_.caller});
}

}  // namespace hie::rpc
