#include "services/common/rpc/grpc_channel.h"

#include <grpcpp/create_channel.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/callback_threads.h"
#include "services/common/rpc/client_call.h"
#include "services/common/rpc/tls_credentials.h"

namespace hie::rpc {
namespace {

constexpr int kTriesIdempotent = 2;
constexpr int kTriesOnce = 1;
// What a server of ours may send at once; servers cap what they receive lower.
constexpr int kReceiveBytesMax = 16 << 20;
constexpr int kMetadataBytesMax = 16 << 10;
// Notices a dead connection, also without calls: agents wait for hours.
constexpr int kKeepaliveMillis = 20'000;
constexpr int kKeepaliveTimeoutMillis = 10'000;
constexpr int kReconnectMillisFirst = 100;
// gRPC gives this argument a second meaning: how long a connection attempt may take.
constexpr int kConnectMillisMax = 5'000;
constexpr int kReconnectMillisMax = 5'000;
// Left to a parent to answer after its child's deadline.
constexpr absl::Duration kMarginMax = absl::Milliseconds(20);
constexpr int kMarginShare = 10;

// What WaitUnary waits for; shared, since the caller may be gone from the stack only after it.
struct Waiting {
  Mutex mutex;
  CondVar changed;
  std::optional<absl::StatusOr<std::string>> result HIE_GUARDED_BY(mutex);
};

}  // namespace

CallOptions ChildCall(const CallContext& parent) {
  CallOptions options;
  const absl::Duration left = parent.deadline() - absl::Now();
  options.deadline = parent.deadline();
  if (left > absl::ZeroDuration() && left < absl::InfiniteDuration()) {
    options.deadline -= std::min(left / kMarginShare, kMarginMax);
  }
  options.request_id = parent.request_id();
  options.traceparent = parent.traceparent();
  return options;
}

grpc::ChannelArguments ClientArguments() {
  grpc::ChannelArguments arguments;
  // gRPC would retry what never reached a server; whether to try again is decided per method here.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMillis);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMillis);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMillisFirst);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMillisMax);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMillisMax);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  arguments.SetMaxReceiveMessageSize(kReceiveBytesMax);
  return arguments;
}

absl::StatusOr<std::shared_ptr<Channel>> Channel::Dial(const std::string& target,
                                                       std::shared_ptr<TlsFiles> tls,
                                                       const std::string& server_name) {
  if (tls == nullptr) return absl::InvalidArgumentError("tls: want certificate files");
  KeepCallbackThreads();
  HIE_ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelCredentials> credentials,
                       MakeChannelCredentials(*tls));
  grpc::ChannelArguments arguments = ClientArguments();
  if (!server_name.empty()) arguments.SetSslTargetNameOverride(server_name);
  return std::make_shared<GrpcChannel>(
      std::make_shared<CallOrigin>(grpc::CreateCustomChannel(target, credentials, arguments),
                                   nullptr),
      "");
}

std::shared_ptr<CallHandle> GrpcChannel::StartUnary(
    const std::string& path, bool idempotent, const CallOptions& options, std::string request,
    std::function<void(absl::StatusOr<std::string>)> done) {
  return StartUnaryCall({origin_, path, options, role_credential_},
                        idempotent ? kTriesIdempotent : kTriesOnce, std::move(request),
                        std::move(done));
}

absl::StatusOr<std::string> GrpcChannel::WaitUnary(const std::string& path, bool idempotent,
                                                   const CallOptions& options,
                                                   std::string request) {
  auto waiting = std::make_shared<Waiting>();
  StartUnary(path, idempotent, options, std::move(request),
             [waiting](absl::StatusOr<std::string> result) {
               MutexLock lock(waiting->mutex);
               waiting->result = std::move(result);
               waiting->changed.NotifyAll();
             });
  MutexLock lock(waiting->mutex);
  waiting->changed.Wait(waiting->mutex, [&waiting]() HIE_NO_THREAD_SAFETY_ANALYSIS {
    return waiting->result.has_value();
  });
  return *std::move(waiting->result);
}

std::shared_ptr<CallHandle> GrpcChannel::StartStream(
    const std::string& path, const CallOptions& options, std::string request,
    std::function<bool(absl::string_view)> on_message, std::function<void(absl::Status)> done) {
  return StartStreamCall({origin_, path, options, role_credential_}, std::move(request),
                         std::move(on_message), std::move(done));
}

std::shared_ptr<ClientByteStream> GrpcChannel::StartBidi(
    const std::string& path, const CallOptions& options,
    std::function<bool(absl::string_view)> on_message, std::function<void(absl::Status)> done) {
  return StartStreamCall({origin_, path, options, role_credential_}, std::nullopt,
                         std::move(on_message), std::move(done));
}

}  // namespace hie::rpc
