#pragma once

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Registers Query and Retrieve.  `services` must outlive the server.
void ServeQueries(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
