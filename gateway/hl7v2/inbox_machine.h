#pragma once

#include <string>

#include "services/common/journal/journal.h"

namespace hie::hl7v2 {

// The inbox: applies hie.exchange.v1.IntakeCommand.  Replies are the messages that the contract
// names; refusals: NOT_FOUND no such message, FAILED_PRECONDITION it is no open exception.
//
// A message that is finished again is told as it is: finishing is idempotent.
class InboxMachine final : public StateMachine {
 public:
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;
};

}  // namespace hie::hl7v2
