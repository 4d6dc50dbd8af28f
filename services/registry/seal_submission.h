#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/storage/kv_store.h"
#include "services/registry/content_vault.h"

namespace hie::registry {

// Limits of the contents that come with a submission.
inline constexpr size_t kInlineContentBytesMax = size_t{1} << 20;
inline constexpr size_t kInlineContentsBytesMax = size_t{4} << 20;  // Together.

// Checks the contents that come with a submission against what its documents claim of them.
//
// INVALID_ARGUMENT: `contents[i]: want ...`, or XDSNonIdenticalHash, XDSNonIdenticalSize.
absl::Status CheckContents(const v1::SubmitRequest& request);

// Returns the command of a request whose contents are good, without its contents: its documents
// say what those are (hashes, size, content id), so that a repetition is the same body.
//
// A content's id follows from its document and bytes.
v1::SubmitCommand CommandOf(const v1::SubmitRequest& request);

// Seals the contents of `request` into its command, in place of those that are there.  `state`
// tells which patients have a key.  DATA_LOSS: a patient's key is damaged.
absl::Status SealContents(const v1::SubmitRequest& request, const ContentVault& vault,
                          const KvReader& state, v1::SubmitCommand& command);

}  // namespace hie::registry
