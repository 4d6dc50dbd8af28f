#pragma once

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Registers ListMembers and PutMember.  `services` must outlive the server.
void ServeMembers(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
