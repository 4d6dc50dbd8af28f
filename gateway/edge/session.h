#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/common/labels/access.h"

namespace hie::edge {

// BTG is only said within a session, and a session opens nothing for another purpose.
// INVALID_ARGUMENT: otherwise, or an id that no session has.
absl::Status CheckSession(const Actor& actor, const std::string& session_id);

}  // namespace hie::edge
