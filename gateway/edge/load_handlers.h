#pragma once

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Serves PatientLoadService.  `services` must outlive the server.
void ServeLoads(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
