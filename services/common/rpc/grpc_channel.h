#pragma once

#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>
#include <utility>

#include "services/common/rpc/call_origin.h"
#include "services/common/rpc/channel.h"

namespace hie::rpc {

// A Channel over gRPC.  Thread-safe.
class GrpcChannel final : public Channel {
 public:
  // `role_credential` is shown on every call; empty: none.
  GrpcChannel(std::shared_ptr<CallOrigin> origin, std::string role_credential)
      : origin_(std::move(origin)), role_credential_(std::move(role_credential)) {}

  // See Channel; public for tests that call paths without a contract.
  std::shared_ptr<CallHandle> StartUnary(
      const std::string& path, bool idempotent, const CallOptions& options, std::string request,
      std::function<void(absl::StatusOr<std::string>)> done) override;
  absl::StatusOr<std::string> WaitUnary(const std::string& path, bool idempotent,
                                        const CallOptions& options, std::string request) override;
  std::shared_ptr<CallHandle> StartStream(const std::string& path, const CallOptions& options,
                                          std::string request,
                                          std::function<bool(absl::string_view)> on_message,
                                          std::function<void(absl::Status)> done) override;
  std::shared_ptr<ClientByteStream> StartBidi(const std::string& path, const CallOptions& options,
                                              std::function<bool(absl::string_view)> on_message,
                                              std::function<void(absl::Status)> done) override;

 private:
  const std::shared_ptr<CallOrigin> origin_;
  const std::string role_credential_;
};

// Arguments of every channel: no retries of gRPC's own, keepalive, caps.
grpc::ChannelArguments ClientArguments();

}  // namespace hie::rpc
