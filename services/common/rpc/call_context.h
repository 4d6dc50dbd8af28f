#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "services/common/rpc/caller.h"

namespace hie::rpc {

// One call on the server, shared with whatever works for it.  Thread-safe.
class CallContext {
 public:
  virtual ~CallContext() = default;
  virtual const Caller& caller() const = 0;
  // Always set: the caller's, capped by the server's maximum (a bidirectional call is not capped:
  // infinite where its caller set none).  In the machine's time, which the transport counts,
  // whatever clock the role runs on.
  virtual absl::Time deadline() const = 0;
  // The caller went away or the deadline passed.
  virtual bool cancelled() const = 0;
  virtual const std::string& request_id() const = 0;
  // Calls `then` once, on an RPC thread, when the call is cancelled; at once, on this thread, if it
  // was.  Dropped when the call ends otherwise.  Must not block.
  virtual void WhenCancelled(std::function<void()> then) { (void)then; }
  // W3C trace context of this call with a span of its own, passed to every child.
  virtual const std::string& traceparent() const = 0;
};

}  // namespace hie::rpc
