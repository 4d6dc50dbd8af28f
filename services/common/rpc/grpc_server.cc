#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <prometheus/gauge.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/base/status_macros.h"
#include "services/common/log/log.h"
#include "services/common/rpc/call_recorder.h"
#include "services/common/rpc/callback_threads.h"
#include "services/common/rpc/grpc_channel.h"
#include "services/common/rpc/served_methods.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/tls_credentials.h"

namespace hie::rpc {
namespace {

constexpr int kKeepaliveMillis = 30'000;
constexpr int kKeepaliveTimeoutMillis = 10'000;
// Clients ping every 20 s; faster ones are sent away.
constexpr int kPingMillisMin = 10'000;
// Per connection: bounds what one peer can begin at once.
constexpr int kStreamsMax = 1'000;
// Reflection is gRPC's only blocking service here: this bounds what its callers can hold.
constexpr int kBlockingThreadsMax = 8;

// Puts reflection on the port and nowhere else: linking the library adds it to every server.
class ReflectionOption final : public grpc::ServerBuilderOption {
 public:
  explicit ReflectionOption(Door door) : door_(door) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
    if (door_ == Door::kPort) {
      plugins->push_back(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>());
    }
  }

 private:
  const Door door_;
};

// One gRPC server and the services it was made of.
class DoorServer {
 public:
  DoorServer(const std::vector<ServedService>& services, CallPath path, Door door,
             const ServerLimits& limits)
      : door_(door) {
    for (const ServedService& service : services) {
      services_.push_back(MakeGrpcService(service, path, door));
      builder_.RegisterService(services_.back().get());
    }
    builder_.SetOption(std::make_unique<ReflectionOption>(door));
    builder_.SetMaxReceiveMessageSize(limits.message_bytes_max);
    builder_.SetMaxSendMessageSize(limits.message_bytes_max);
    builder_.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder_.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder_.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
    builder_.SetResourceQuota(
        grpc::ResourceQuota().SetMaxThreads(door == Door::kPort ? kBlockingThreadsMax : 1));
    builder_.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, limits.metadata_bytes_max);
    builder_.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
    // With it a second server would share the port in silence and answer half of the calls.
    builder_.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder_.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMillis);
    builder_.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMillis);
    builder_.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder_.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                                kPingMillisMin);
  }

  void Listen(const std::string& address, std::shared_ptr<grpc::ServerCredentials> credentials) {
    builder_.AddListeningPort(address, std::move(credentials), &port_);
  }

  bool Start() {
    server_ = builder_.BuildAndStart();
    if (server_ == nullptr || (door_ == Door::kPort && port_ <= 0)) return false;
    SetServing(true);
    return true;
  }

  int port() const { return port_; }
  grpc::Server& server() { return *server_; }

  void Shutdown(absl::Time deadline) {
    SetServing(false);
    server_->Shutdown(absl::ToChronoTime(deadline));
    server_->Wait();
  }

 private:
  void SetServing(bool serving) {
    grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
    if (health != nullptr) health->SetServingStatus(serving);
  }

  const Door door_;
  int port_ = 0;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  grpc::ServerBuilder builder_;
  std::unique_ptr<grpc::Server> server_;
};

class GrpcServer final : public Server {
 public:
  explicit GrpcServer(Options options)
      : options_(std::move(options)),
        ids_(options_.random == nullptr ? SystemRandom().Next() : options_.random->Next()) {}
  ~GrpcServer() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Start() override;
  int port() const override { return port_door_ == nullptr ? 0 : port_door_->port(); }
  std::shared_ptr<Channel> InProcessChannel(const std::string& role) override;
  void Shutdown(absl::Duration grace) override;

 protected:
  void Add(RawMethod method) override { methods_.push_back(std::move(method)); }

 private:
  absl::Status OpenDoors();
  absl::Status OpenPort(CallPath path);

  Options options_;
  SeededRandom ids_;  // Of requests and spans: unique, no secret, and five draws a call.
  std::vector<RawMethod> methods_;
  std::vector<ServedService> services_;
  std::unique_ptr<CallGate> gate_;
  std::unique_ptr<WorkerPool> pool_;
  const std::shared_ptr<InProcessLatch> latch_ = std::make_shared<InProcessLatch>();
  std::unique_ptr<DoorServer> in_process_door_;
  std::unique_ptr<DoorServer> port_door_;
};

absl::Status GrpcServer::Start() {
  if (gate_ != nullptr) return absl::FailedPreconditionError("the server was started before");
  HIE_ASSIGN_OR_RETURN(services_, GroupByService(std::move(methods_)));
  for (ServedService& service : services_) {
    for (ServedMethod& method : service.methods) {
      method.recorder =
          std::make_shared<MethodRecorder>(MethodRecorder::Options{.server = options_.name,
                                                                   .method = method.raw.full_name,
                                                                   .metrics = options_.metrics,
                                                                   .log = options_.log});
    }
  }
  gate_ =
      std::make_unique<CallGate>(CallGate::Options{.access = options_.access,
                                                   .clock = options_.clock,
                                                   .random = &ids_,
                                                   .call_time_max = options_.limits.call_time_max});
  prometheus::Gauge* waiting =
      options_.metrics == nullptr ? nullptr : QueueGauge(*options_.metrics, options_.name);
  pool_ = std::make_unique<WorkerPool>(
      WorkerPool::Options{.name = options_.name,
                          .threads = options_.limits.pool_threads,
                          .queue_max = static_cast<size_t>(options_.limits.pool_queue_max),
                          .on_waiting = [waiting](size_t count) {
                            if (waiting != nullptr) waiting->Set(static_cast<double>(count));
                          }});
  absl::Status opened = OpenDoors();
  if (!opened.ok()) Shutdown(absl::ZeroDuration());
  return opened;
}

absl::Status GrpcServer::OpenDoors() {
  KeepCallbackThreads();
  grpc::EnableDefaultHealthCheckService(true);
  const CallPath path = {gate_.get(), pool_.get()};
  in_process_door_ =
      std::make_unique<DoorServer>(services_, path, Door::kInProcess, options_.limits);
  if (!in_process_door_->Start()) {
    in_process_door_ = nullptr;
    return absl::InternalError("the in-process server did not start");
  }
  return options_.listen.empty() ? absl::OkStatus() : OpenPort(path);
}

absl::Status GrpcServer::OpenPort(CallPath path) {
  HIE_ASSIGN_OR_RETURN(std::shared_ptr<grpc::ServerCredentials> credentials,
                       MakeServerCredentials(*options_.tls));
  auto door = std::make_unique<DoorServer>(services_, path, Door::kPort, options_.limits);
  door->Listen(options_.listen, std::move(credentials));
  if (!door->Start()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot listen on ", options_.listen, ": in use, or not an address of this machine"));
  }
  port_door_ = std::move(door);
  if (options_.log != nullptr) {
    options_.log->Write(log::Level::kInfo, "listening",
                        {{"address", options_.listen}, {"port", port_door_->port()}});
  }
  return absl::OkStatus();
}

std::shared_ptr<Channel> GrpcServer::InProcessChannel(const std::string& role) {
  const std::string shown = role.empty() || options_.in_process_credential.empty()
                                ? ""
                                : absl::StrCat(role, ":", options_.in_process_credential);
  std::shared_ptr<grpc::Channel> channel;
  latch_->IfOpen([this, &channel] {
    if (in_process_door_ == nullptr) return;
    channel = in_process_door_->server().InProcessChannel(ClientArguments());
  });
  return std::make_shared<GrpcChannel>(std::make_shared<CallOrigin>(std::move(channel), latch_),
                                       shown);
}

void GrpcServer::Shutdown(absl::Duration grace) {
  const absl::Time deadline = absl::Now() + grace;
  latch_->Close();
  // Both doors close at once: neither takes calls while the other lets its own end.
  std::thread port_shutdown;
  if (port_door_ != nullptr) {
    port_shutdown = std::thread([this, deadline] { port_door_->Shutdown(deadline); });
  }
  if (in_process_door_ != nullptr) in_process_door_->Shutdown(deadline);
  if (port_shutdown.joinable()) port_shutdown.join();
  if (pool_ != nullptr) pool_->Stop();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Create(Options options) {
  if (options.name.empty()) return absl::InvalidArgumentError("name: want the role's name");
  if (options.clock == nullptr) return absl::InvalidArgumentError("clock: want one");
  if (options.access == nullptr) return absl::InvalidArgumentError("access: want a policy");
  if (!options.listen.empty() && options.tls == nullptr) {
    return absl::InvalidArgumentError("tls: want certificate files, since listen is set");
  }
  if (options.limits.pool_threads < 1 || options.limits.pool_queue_max < 1) {
    return absl::InvalidArgumentError("limits: want at least one thread and one waiting call");
  }
  return std::make_unique<GrpcServer>(std::move(options));
}

}  // namespace hie::rpc
