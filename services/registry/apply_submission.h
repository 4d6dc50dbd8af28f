#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/journal/journal.h"

namespace hie::registry {

// Applies a submission; see RegistryMachine.  Returns the serialised SubmitResponse.
//
// ABORTED: a content was sealed with a key that is not the patient's: seal and propose again.
absl::StatusOr<std::string> ApplySubmission(const v1::SubmitCommand& command, const Stamp& stamp,
                                            const KvReader& state, WriteBatch& changes);

// Applies a change of status.  Returns the serialised SetDocumentStatusResponse.
absl::StatusOr<std::string> ApplySetStatus(const v1::SetStatusCommand& command, const Stamp& stamp,
                                           const KvReader& state, WriteBatch& changes);

}  // namespace hie::registry
