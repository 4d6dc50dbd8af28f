#pragma once

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Registers ListAudit, VerifyAudit and ListNotices.  `services` must outlive the server.
void ServeAudit(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
