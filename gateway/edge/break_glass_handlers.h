#pragma once

#include "gateway/edge/edge_services.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Registers OpenBreakGlass, AttestSecondTier and EndBreakGlass.  `services` must outlive the
// server.
void ServeBreakGlass(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
