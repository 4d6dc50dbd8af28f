#pragma once

#include "gateway/edge/edge_services.h"

namespace hie::edge {

// RegisterPatients, PreviewPatients, MergePatients, UnmergePatient, RemovePatient.
void ServeFeeds(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
