#pragma once

#include <string>
#include <vector>

#include "services/common/journal/journal.h"

namespace hie::registry {

// The role's name in outbox rows.
inline constexpr absl::string_view kRoleName = "registry";

// The registry's state: applies RegistryCommand; each command's reply is said at its function
// (apply_submission.h, apply_content.h).
//
// Refusals: as FileSubmission, and ALREADY_EXISTS where the submission id stands for another
// body.  A submission id again, with the same body, is the first reply and changes nothing; so is
// a submission set again under another submission id.
class RegistryMachine final : public StateMachine {
 public:
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

  // Tables that Apply reads and writes, "outbox" included.
  static std::vector<std::string> Tables();
};

}  // namespace hie::registry
