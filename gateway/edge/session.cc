#include "gateway/edge/session.h"

namespace hie::edge {
namespace {

constexpr size_t kSessionIdBytesMax = 64;

bool IsEmergency(Purpose purpose) {
  return purpose == Purpose::kEtreat || purpose == Purpose::kBtg;
}

}  // namespace

absl::Status CheckSession(const Actor& actor, const std::string& session_id) {
  if (session_id.size() > kSessionIdBytesMax) {
    return absl::InvalidArgumentError("session_id: want at most 64 bytes");
  }
  if (session_id.empty() && actor.purpose == Purpose::kBtg) {
    return absl::InvalidArgumentError("session_id: want a session for purpose BTG");
  }
  if (!session_id.empty() && !IsEmergency(actor.purpose)) {
    return absl::InvalidArgumentError("session_id: want purpose ETREAT or BTG with a session");
  }
  return absl::OkStatus();
}

}  // namespace hie::edge
