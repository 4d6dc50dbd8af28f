#include "services/common/rpc/callback_threads.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <vector>

namespace hie::rpc {
namespace {

// Without reflection, which would bring threads of its own.
class NoPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
  }
};

// A server without a door: nobody can call it, and the threads stay for its sake.
class IdleServer {
 public:
  IdleServer() {
    grpc::ServerBuilder builder;
    builder.SetOption(std::make_unique<NoPlugins>());
    builder.RegisterCallbackGenericService(&nothing_);
    server_ = builder.BuildAndStart();
  }

 private:
  grpc::CallbackGenericService nothing_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

void KeepCallbackThreads() {
  // Never destroyed: at exit its threads may still run.  Kept in memory, so that leak checkers
  // see that it is owned.
  [[gnu::used]] static const IdleServer* const kept = new IdleServer;
}

}  // namespace hie::rpc
