#include "services/registry/registry_machine.h"

#include "absl/status/status.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/outbox/outbox.h"
#include "services/registry/apply_content.h"
#include "services/registry/apply_submission.h"
#include "services/registry/content_store.h"
#include "services/registry/registry_store.h"
#include "services/registry/set_store.h"

namespace hie::registry {

absl::StatusOr<std::string> RegistryMachine::Apply(absl::string_view command, absl::string_view,
                                                   const Stamp& stamp, const KvReader& state,
                                                   WriteBatch& changes) const {
  v1::RegistryCommand parsed;
  if (parsed.ParseFromArray(command.data(), static_cast<int>(command.size()))) {
    switch (parsed.command_case()) {
      case v1::RegistryCommand::kSubmit:
        return ApplySubmission(parsed.submit(), stamp, state, changes);
      case v1::RegistryCommand::kSetStatus:
        return ApplySetStatus(parsed.set_status(), stamp, state, changes);
      case v1::RegistryCommand::kStageContent:
        return ApplyStageContent(parsed.stage_content(), stamp, state, changes);
      case v1::RegistryCommand::kRemoveStaged:
        return ApplyRemoveStaged(parsed.remove_staged(), state, changes);
      case v1::RegistryCommand::COMMAND_NOT_SET:
        break;
    }
  }
  return absl::InternalError("registry: not a command of this version");
}

std::vector<std::string> RegistryMachine::Tables() {
  return {std::string(kDocumentTable),
          std::string(kResourceTable),
          std::string(kByPatientTable),
          std::string(kAssociationTable),
          std::string(kLocatorTable),
          std::string(kSubmissionTable),
          std::string(kSetTable),
          std::string(kSetByPatientTable),
          std::string(kContentTable),
          std::string(kContentChunkTable),
          std::string(kContentKeyTable),
          std::string(kContentStagedTable),
          std::string(kContentStagedSizeTable),
          std::string(outbox::kTable)};
}

}  // namespace hie::registry
