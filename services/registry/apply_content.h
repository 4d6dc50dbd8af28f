#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/journal/journal.h"

namespace hie::registry {

// Applies a part of a large content.  Returns the serialised PutContentResponse.
//
// ABORTED: the content is not as it was when the part was sealed: read and propose again.
// RESOURCE_EXHAUSTED: more is staged for the patient's authority than may be (kStagedBytesMax).
absl::StatusOr<std::string> ApplyStageContent(const v1::StageContentCommand& command,
                                              const Stamp& stamp, const KvReader& state,
                                              WriteBatch& changes);

// Removes staged contents.  Returns the serialised RemoveStagedReply.
absl::StatusOr<std::string> ApplyRemoveStaged(const v1::RemoveStagedCommand& command,
                                              const KvReader& state, WriteBatch& changes);

}  // namespace hie::registry
