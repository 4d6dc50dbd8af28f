#pragma once

#include "gateway/edge/edge_services.h"

namespace hie::edge {

// GetDocument, FindSubmissionSets.  What may not be seen is answered as what does not exist.
void ServeDocuments(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
