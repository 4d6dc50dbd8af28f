#pragma once

#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/server.h"
#include "services/registry/content_vault.h"

namespace hie::registry {

// The handlers of hie.registry.v1.RegistryService but for contents (content_service.h).  Callable
// without a server; thread-safe.
//
// Submit and SetDocumentStatus wait for the journal: never call them on a thread of the journal or
// of RPC callbacks.

// `vault` may be null: then FAILED_PRECONDITION where content comes along.
absl::StatusOr<v1::SubmitResponse> HandleSubmit(const v1::SubmitRequest& request,
                                                const ContentVault* vault, Journal& journal);
absl::StatusOr<v1::SetDocumentStatusResponse> HandleSetDocumentStatus(
    const v1::SetDocumentStatusRequest& request, Journal& journal);
absl::StatusOr<v1::FindResponse> HandleFind(const v1::FindRequest& request, const Journal& journal);
// An unknown id is an empty answer.
absl::StatusOr<v1::FindSubmissionSetsResponse> HandleFindSubmissionSets(
    const v1::FindSubmissionSetsRequest& request, const Journal& journal);
absl::StatusOr<v1::GetDocumentResponse> HandleGetDocument(const v1::GetDocumentRequest& request,
                                                          const Journal& journal);

// Registers every method of the service.  Both must outlive the server.
void ServeRegistry(rpc::Server& server, const ContentVault* vault, Journal& journal);

}  // namespace hie::registry
