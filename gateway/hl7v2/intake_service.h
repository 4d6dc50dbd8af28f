#pragma once

#include "gateway/hl7v2/inbox.h"
#include "gateway/hl7v2/intake.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/rpc/server.h"

namespace hie::hl7v2 {

// What hie.exchange.v1.IntakeService stands on.  All must outlive the server.
struct IntakeServiceParts {
  Inbox* inbox = nullptr;
  Intake* intake = nullptr;
  const members::MemberDirectorySource* directory = nullptr;
  const Clock* clock = nullptr;
};

// Registers every method.  A caller sees the exceptions of its own member; the operator sees all.
// An exception of another member does not exist.
void ServeIntake(const IntakeServiceParts& parts, rpc::Server& server);

}  // namespace hie::hl7v2
