#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/edge/exchange_calls.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/call_recorder.h"
#include "services/common/rpc/caller.h"
#include "services/common/rpc/method_registrar.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::edge {

// Counts calls whose end was not told yet.  Thread-safe.
class OpenCalls {
 public:
  void Enter() HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++count_;
  }
  void Leave() HIE_EXCLUDES(mutex_) {
    // Notified under the lock: whoever waits may destroy this as soon as it is let go.
    const MutexLock lock(mutex_);
    if (--count_ == 0) empty_.NotifyAll();
  }
  void WaitUntilEmpty() HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    empty_.Wait(mutex_, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return count_ == 0; });
  }

 private:
  Mutex mutex_;
  CondVar empty_;
  int count_ HIE_GUARDED_BY(mutex_) = 0;
};

// The handlers of this process, called by its other doors.
//
// It is given the handlers that the gRPC server is given (GatewayEdge::Serve), and calls them under
// the same policy: a caller that is not a member, or lacks the method's permission, is refused
// before anything is parsed.  Handlers begin on a bounded pool of its own, so that no door waits
// for one; what the doors are told comes on RPC threads, never within Call or Stream.  The caller's
// deadline and cancellation end a call as over gRPC.
//
// Register every method before the first call.  Thread-safe after that.
class LocalDoor final : public ExchangeCalls, public rpc::MethodRegistrar {
 public:
  struct Options {
    std::string name = "local";  // For logs, metrics and threads.
    std::shared_ptr<const rpc::AccessPolicy> access;
    int threads = 2;
    size_t queue_max = 1024;                                  // Beyond: RESOURCE_EXHAUSTED.
    std::shared_ptr<log::Logger> log = nullptr;               // Null: no log.
    std::shared_ptr<prometheus::Registry> metrics = nullptr;  // Null: not counted.
  };

  // INVALID_ARGUMENT: no policy, or no thread.
  static absl::StatusOr<std::unique_ptr<LocalDoor>> Create(Options options);

  // Begins no more calls (RESOURCE_EXHAUSTED) and waits for those that wait for a thread.  Calls
  // that a handler works for go on.  Idempotent; not from a callback.
  void Stop();

  // Waits until every call's end was told; after Stop, and while what handlers need still answers.
  void WaitUntilIdle() { open_->WaitUntilEmpty(); }

 protected:
  void Add(rpc::RawMethod method) override;
  void StartUnary(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                  std::string request,
                  std::function<void(absl::StatusOr<std::string>)> done) override;
  void StartStream(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                   std::string request,
                   std::function<void(const std::string&, std::function<void(bool)>)> on_message,
                   std::function<void(absl::Status)> done) override;

 private:
  struct Method {
    rpc::RawMethod raw;
    std::shared_ptr<rpc::MethodRecorder> recorder;
  };

  explicit LocalDoor(Options options);

  // The method where `context` may call it.  UNIMPLEMENTED: nobody serves it.
  absl::StatusOr<const Method*> Admit(const std::string& name,
                                      const rpc::CallContext& context) const;

  const Options options_;
  const std::shared_ptr<OpenCalls> open_ = std::make_shared<OpenCalls>();
  std::map<std::string, Method> methods_;
  rpc::WorkerPool pool_;  // Last: its tasks use what stands above.
};

}  // namespace hie::edge
