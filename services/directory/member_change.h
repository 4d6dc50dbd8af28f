#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/common/member/member.h"

namespace hie::directory {

// Says in short machine words how a member changed, for the audit: "put-member", the id, then
// "created" or what differs: "state:TEST>SHADOW", "key-added:<id>", "key-revoked:<id>", "name",
// "home-community", "facilities", "domains", "endpoints", "roles".
//
// Deterministic; at most 6 words and one per changed key.
std::vector<std::string> DescribeChange(const std::optional<Member>& before, const Member& after);

}  // namespace hie::directory
