#pragma once

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Registers FindPatients, RegisterPatients and DecideLink.  `services` must outlive the server.
void ServePatients(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
