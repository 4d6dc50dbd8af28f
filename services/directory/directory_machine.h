#pragma once

#include <string>
#include <vector>

#include "services/common/journal/journal.h"

namespace hie::directory {

// The role's name in outbox rows.
inline constexpr absl::string_view kRoleName = "directory";

// The directory's state: applies DirectoryCommand; replies PutMemberResponse or SeedReply.
//
// Commands are well-formed (ValidateMember); what depends on the state is decided here.  Refusals:
// ABORTED, the member's version moved; as ValidateNew, ValidateChange and ValidateAmong.  Each
// change writes one outbox event.  Cost: reads every member, of which there are hundreds.
class DirectoryMachine final : public StateMachine {
 public:
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

  // Tables that Apply reads and writes, "outbox" included.
  static std::vector<std::string> Tables();
};

}  // namespace hie::directory
