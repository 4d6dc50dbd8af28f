#pragma once

#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>

#include "services/common/base/mutex.h"
#include "services/common/rpc/call_origin.h"
#include "services/common/rpc/channel.h"

namespace hie::rpc {

// What a client call needs to begin, once per try.
struct ClientCallStart {
  std::shared_ptr<CallOrigin> origin;
  std::string path;
  CallOptions options;
  std::string role_credential;
};

// Fills in deadline and metadata.  INVALID_ARGUMENT: a value cannot be sent as metadata.
absl::Status FillContext(const ClientCallStart& start, grpc::ClientContext& context);

// What a call is told that could not begin.
absl::Status ServerGone();

// One unary call with at most `tries` tries.  `done` runs once, on an RPC thread.
std::shared_ptr<CallHandle> StartUnaryCall(ClientCallStart start, int tries, std::string request,
                                           std::function<void(absl::StatusOr<std::string>)> done);

// A call that receives many messages.  With `request` it sends that one only; without, the caller
// writes.  `on_message` false cancels; `done` runs last; both on RPC threads.
std::shared_ptr<ClientByteStream> StartStreamCall(ClientCallStart start,
                                                  std::optional<std::string> request,
                                                  std::function<bool(absl::string_view)> on_message,
                                                  std::function<void(absl::Status)> done);

}  // namespace hie::rpc
