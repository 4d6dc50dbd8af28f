#include "services/common/rpc/rpc_thread.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace hie::rpc {
namespace {

// gRPC takes what lies before the epoch for the infinite future.
std::chrono::system_clock::time_point Due(absl::Time when) {
  return absl::ToChronoTime(std::max(when, absl::UnixEpoch()));
}

struct Task {
  grpc::Alarm alarm;
  std::function<void()> run;
};

}  // namespace

void RunOnRpcThread(absl::Time when, std::function<void()> task) {
  // The alarm keeps what it calls until it is destroyed: it must not own itself through that.
  auto* owned = new Task{{}, std::move(task)};
  owned->alarm.Set(Due(when), [owned](bool) {
    const std::unique_ptr<Task> taken(owned);
    taken->run();
  });
}

struct RpcTimer::Alarm {
  grpc::Alarm alarm;
};

RpcTimer::RpcTimer(absl::Time when, std::function<void()> task)
    : alarm_(std::make_unique<Alarm>()) {
  alarm_->alarm.Set(Due(when), [task = std::move(task)](bool expired) {
    if (expired) task();
  });
}

RpcTimer::~RpcTimer() = default;

}  // namespace hie::rpc
