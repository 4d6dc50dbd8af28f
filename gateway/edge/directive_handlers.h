#pragma once

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Registers PutDirective, RevokeDirective and ListDirectives.  `services` must outlive the server.
void ServeDirectives(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
