#pragma once

#include "gateway/edge/edge_services.h"

namespace hie::edge {

// SubmitDocuments, PutDocumentContent, SetDocumentStatus.
//
// A document for an id that was merged away files under the id that replaced it (PRACTICE 7).
void ServeSubmissions(EdgeServices& services, rpc::MethodRegistrar& server);

}  // namespace hie::edge
