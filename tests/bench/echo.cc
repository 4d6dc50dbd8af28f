#include "tests/bench/echo.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/tls_credentials.h"

namespace hie::bench {
namespace {

using grpc::ByteBuffer;

constexpr const char* kPath = "/hie.bench.Echo/Echo";
constexpr absl::Duration kStartTime = absl::Seconds(20);

rpc::TlsFiles KeysOf(const std::string& pki, const std::string& role) {
  rpc::TlsFiles files;
  files.certificate_chain = absl::StrCat(pki, "/roles/", role, ".crt");
  files.private_key = absl::StrCat(pki, "/roles/", role, ".key");
  files.trust_anchors = pki + "/ca.crt";
  return files;
}

class EchoService final : public grpc::Service {
 public:
  EchoService() {
    AddMethod(new grpc::internal::RpcServiceMethod(kPath, grpc::internal::RpcMethod::NORMAL_RPC,
                                                   nullptr));
    // gRPC takes ownership.
    MarkMethodRawCallback(0, new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
                                 [](grpc::CallbackServerContext* context, const ByteBuffer* request,
                                    ByteBuffer* response) {
                                   *response = *request;
                                   grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
                                   reactor->Finish(grpc::Status::OK);
                                   return reactor;
                                 }));
  }
};

absl::StatusOr<int> AwaitPort(const std::string& ready_file, testing::ChildProcess& server) {
  for (const absl::Time end = absl::Now() + kStartTime; absl::Now() < end && server.Running();) {
    int port = 0;
    if (std::ifstream(ready_file) >> port && port > 0) return port;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::UnavailableError("the echo server did not start");
}

// One call, which goes when it is done.
struct EchoCall {
  grpc::ClientContext context;
  ByteBuffer response;
  std::function<void(absl::Status)> done;

  void Ended(const grpc::Status& status) {
    const std::unique_ptr<EchoCall> self(this);
    const bool right = status.ok() && response.Length() == kEchoBytes;
    done(right ? absl::OkStatus() : absl::UnavailableError("echo: failed"));
  }
};

class GrpcEcho final : public Echo {
 public:
  GrpcEcho(std::unique_ptr<testing::ChildProcess> server, std::shared_ptr<grpc::Channel> channel)
      : server_(std::move(server)), stub_(std::move(channel)) {
    const std::string bytes(kEchoBytes, 'e');
    const grpc::Slice slice(bytes);
    request_ = ByteBuffer(&slice, 1);
  }

  void Call(std::function<void(absl::Status)> done) override {
    auto* call = new EchoCall{.context = {}, .response = {}, .done = std::move(done)};
    stub_.UnaryCall(&call->context, kPath, grpc::StubOptions(), &request_, &call->response,
                    [call](const grpc::Status& status) { call->Ended(status); });
  }
  pid_t server_pid() const override { return server_->pid(); }

 private:
  const std::unique_ptr<testing::ChildProcess> server_;
  grpc::GenericStub stub_;
  ByteBuffer request_;
};

}  // namespace

int RunEchoServer(const std::string& pki, const std::string& ready_file) {
  const auto credentials = rpc::MakeServerCredentials(KeysOf(pki, "registry"));
  if (!credentials.ok()) {
    std::cerr << "echo: " << credentials.status().message() << "\n";
    return 1;
  }
  int port = 0;
  EchoService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.AddListeningPort("127.0.0.1:0", *credentials, &port);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::ofstream(ready_file + ".part") << port << "\n";
  std::filesystem::rename(ready_file + ".part", ready_file);
  server->Wait();
  return 0;
}

absl::StatusOr<std::unique_ptr<Echo>> Echo::Start(const std::string& directory,
                                                  const std::string& pki) {
  const std::string ready_file = directory + "/echo.ready";
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  testing::ChildProcess::Options options;
  options.command = {self, "--echo_server", "--pki_dir", pki, "--ready_file", ready_file};
  options.output = directory + "/echo.out";
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<testing::ChildProcess> server,
                       testing::ChildProcess::Start(options));
  HIE_ASSIGN_OR_RETURN(const int port, AwaitPort(ready_file, *server));
  HIE_ASSIGN_OR_RETURN(const auto credentials, rpc::MakeChannelCredentials(KeysOf(pki, "gateway")));
  std::unique_ptr<Echo> echo = std::make_unique<GrpcEcho>(
      std::move(server), grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), credentials));
  return echo;
}

}  // namespace hie::bench
