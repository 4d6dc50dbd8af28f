#pragma once

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
  // Always set: the caller's, capped by the server's maximum.
  virtual absl::Time deadline() const = 0;
  // The caller went away or the deadline passed.
  virtual bool cancelled() const = 0;
  virtual const std::string& request_id() const = 0;
  // W3C trace context of this call, passed to every child.
  virtual const std::string& traceparent() const = 0;
};

}  // namespace hie::rpc
