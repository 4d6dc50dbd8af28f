#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/call_recorder.h"

namespace hie::rpc {

// A call as handlers see it, and what is recorded of it.  Thread-safe.
//
// Outlives the transport's own object: whoever works for the call may keep it.
class ServerCall final : public CallContext {
 public:
  struct Start {
    Caller caller;
    absl::Time deadline;
    std::string request_id;
    std::string traceparent;
    std::shared_ptr<MethodRecorder> recorder;
  };

  // Counts the call as running.
  explicit ServerCall(Start start);

  const Caller& caller() const override { return start_.caller; }
  absl::Time deadline() const override { return start_.deadline; }
  bool cancelled() const override;
  const std::string& request_id() const override { return start_.request_id; }
  const std::string& traceparent() const override { return start_.traceparent; }
  void WhenCancelled(std::function<void()> then) override HIE_EXCLUDES(mutex_);

  // Makes cancelled() true and calls what waits for it.
  void Cancel() HIE_EXCLUDES(mutex_);

  // The transport is done with the call, which ended with `code`: records it once.
  void End(absl::StatusCode code) HIE_EXCLUDES(mutex_);

 private:
  const Start start_;
  const absl::Time began_;
  std::atomic<bool> cancelled_ = false;
  Mutex mutex_;
  bool over_ HIE_GUARDED_BY(mutex_) = false;
  std::vector<std::function<void()>> when_cancelled_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::rpc
