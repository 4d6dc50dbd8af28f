#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/directory/v1/directory_service.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/server.h"

namespace hie::directory {

// The handlers of hie.directory.v1.DirectoryService.  Callable without a server; thread-safe.
//
// PutMember waits for the journal: never call it on a thread of the journal or of RPC callbacks.
absl::StatusOr<v1::PutMemberResponse> HandlePutMember(const v1::PutMemberRequest& request,
                                                      Journal& journal);
absl::StatusOr<v1::GetSnapshotResponse> HandleGetSnapshot(const v1::GetSnapshotRequest& request,
                                                          const Journal& journal);

// Fills an empty directory from a seed (services/common/member/directory_seed.h).
//
// Returns how many members were added; 0: the directory was not empty, or the seed is.
// INVALID_ARGUMENT: a member is malformed; also where the directory is not empty, so that a bad
// file is found when it is written.  ALREADY_EXISTS: two members claim the same thing.
absl::StatusOr<uint32_t> SeedDirectory(absl::string_view seed, Journal& journal);

// Registers the handlers.  `journal` must outlive the server.
void ServeDirectory(rpc::Server& server, Journal& journal);

}  // namespace hie::directory
