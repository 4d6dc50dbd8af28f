#pragma once

#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/server.h"

namespace hie::registry {

// The handlers of hie.registry.v1.RegistryService.  Callable without a server; thread-safe.
//
// Submit waits for the journal: never call it on a thread of the journal or of RPC callbacks.
absl::StatusOr<v1::SubmitResponse> HandleSubmit(const v1::SubmitRequest& request, Journal& journal);
absl::StatusOr<v1::FindResponse> HandleFind(const v1::FindRequest& request, const Journal& journal);
absl::StatusOr<v1::GetDocumentResponse> HandleGetDocument(const v1::GetDocumentRequest& request,
                                                          const Journal& journal);

// Registers them.  `journal` must outlive the server.
void ServeRegistry(rpc::Server& server, Journal& journal);

}  // namespace hie::registry
