#pragma once

#include <string>
#include <vector>

#include "services/common/journal/journal.h"

namespace hie::consent {

// The role's name in outbox rows and notices.
inline constexpr absl::string_view kRoleName = "consent";

// The consent role's state: applies ConsentCommand; the proto says what each replies.
//
// Commands are well-formed; what depends on the state is decided here.  Every change of a patient's
// directives raises the patient's sequence by one, keeps the earlier version and writes one outbox
// event; sessions write theirs, and notices for privacy officers.  Refusals, by command:
//   record     ABORTED the version moved; FAILED_PRECONDITION not in force, taken by another
//              subject, supersedes what this subject has not, or supersedes from a future day
//   withdraw   NOT_FOUND; FAILED_PRECONDITION not in force
//   raise, end NOT_FOUND; PERMISSION_DENIED another user; raise: FAILED_PRECONDITION over
//   disclose   NOT_FOUND
class ConsentMachine final : public StateMachine {
 public:
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

  // Tables that Apply reads and writes, "outbox" included.
  static std::vector<std::string> Tables();
};

}  // namespace hie::consent
