#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace hie::rpc {

// Runs `task` once on an RPC thread at `when` (the machine's time); at once where that has passed.
void RunOnRpcThread(absl::Time when, std::function<void()> task);

// A task for later that its owner may drop.
class RpcTimer {
 public:
  // As RunOnRpcThread, unless destroyed first; then `task` does not run, or is running already.
  RpcTimer(absl::Time when, std::function<void()> task);
  ~RpcTimer();

 private:
  struct Alarm;
  const std::unique_ptr<Alarm> alarm_;
};

}  // namespace hie::rpc
