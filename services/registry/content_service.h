#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/server.h"
#include "services/registry/content_reader.h"
#include "services/registry/content_vault.h"

namespace hie::registry {

// Limits of contents.
inline constexpr size_t kContentPartBytesMax = size_t{1} << 20;
inline constexpr uint64_t kContentBytesMax = uint64_t{1} << 30;
// Staged content that no submission named for so long is removed.
inline constexpr absl::Duration kStagedAgeMax = absl::Hours(24);

// The handlers of contents.  Callable without a server; thread-safe.  `vault` null:
// FAILED_PRECONDITION, this registry keeps no content.

// Waits for the journal, and with the last part reads all of the content for its hashes: never
// call it on a thread of the journal or of RPC callbacks.
absl::StatusOr<v1::PutContentResponse> HandlePutContent(const v1::PutContentRequest& request,
                                                        const ContentVault* vault,
                                                        Journal& journal);

// Opens the content of a document.  NOT_FOUND: no such document, or the exchange keeps no content
// of it.  Else as ContentReader::Open.
absl::StatusOr<std::unique_ptr<ContentReader>> HandleGetContent(
    const v1::GetContentRequest& request, const ContentVault* vault, const Journal& journal);

// Removes staged contents that were begun before `before`; returns how many.  Waits for the
// journal.
absl::StatusOr<uint32_t> RemoveStagedContents(absl::Time before, Journal& journal);

// Registers PutContent and GetContent.  Both must outlive the server.
void ServeContents(rpc::Server& server, const ContentVault* vault, Journal& journal);

}  // namespace hie::registry
