#include "gateway/edge/exchange_calls.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "services/common/base/mutex.h"

namespace hie::edge {

struct DoorContext::State {
  Mutex mutex;
  bool cancelled HIE_GUARDED_BY(mutex) = false;
  std::vector<std::function<void()>> waiting HIE_GUARDED_BY(mutex);
};

DoorContext::DoorContext(rpc::Caller caller, absl::Time deadline, std::string request_id,
                         std::string traceparent)
    : caller_(std::move(caller)),
      deadline_(deadline),
      request_id_(std::move(request_id)),
      traceparent_(std::move(traceparent)),
      state_(std::make_shared<State>()) {}

DoorContext::~DoorContext() = default;

bool DoorContext::cancelled() const {
  const MutexLock lock(state_->mutex);
  return state_->cancelled || absl::Now() > deadline_;
}

void DoorContext::WhenCancelled(std::function<void()> then) {
  {
    const MutexLock lock(state_->mutex);
    if (!state_->cancelled) {
      state_->waiting.push_back(std::move(then));
      return;
    }
  }
  then();
}

void DoorContext::Cancel() {
  std::vector<std::function<void()>> waiting;
  {
    const MutexLock lock(state_->mutex);
    state_->cancelled = true;
    waiting.swap(state_->waiting);
  }
  for (const std::function<void()>& then : waiting) then();
}

}  // namespace hie::edge
