#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/consent/v1/consent_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/journal.h"

namespace hie::consent {

// Proposes a command, waits, and reads its reply.
template <typename Message>
absl::StatusOr<Message> ProposeFor(const v1::ConsentCommand& command, Journal& journal) {
  HIE_ASSIGN_OR_RETURN(const Applied applied, ProposeAndWait(journal, command.SerializeAsString()));
  Message message;
  if (!message.ParseFromString(applied.reply)) {
    return absl::InternalError("consent: a reply is not readable");
  }
  return message;
}

}  // namespace hie::consent
