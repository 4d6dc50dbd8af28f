#pragma once

#include <memory>

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// The gRPC door of the exchange: hie.exchange.v1.ExchangeService.  Thread-safe.
//
// The server has authenticated and authorised the caller (gateway/auth) before a handler runs.
// Handlers never wait: they call roles asynchronously and answer later.
class GatewayEdge {
 public:
  using Options = EdgeServices::Options;

  // FAILED_PRECONDITION: something is missing in the options.
  static absl::StatusOr<std::unique_ptr<GatewayEdge>> Create(Options options);

  // Registers every method.  The edge must outlive the server.
  void Serve(rpc::MethodRegistrar& server);

  // Waits for what is in flight; after the server has shut down, while the roles still answer or
  // refuse.
  ~GatewayEdge();

 private:
  explicit GatewayEdge(Options options) : services_(std::move(options)) {}
  EdgeServices services_;
};

}  // namespace hie::edge
