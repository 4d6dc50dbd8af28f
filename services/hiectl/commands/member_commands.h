#pragma once

#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `member list`: members, their state and whether their agent is attached.
ExitCode MemberList(const Context& context);

// `member add`: creates or changes a member, read as hie.directory.v1.Member in JSON.
ExitCode MemberAdd(const Context& context, const std::string& member_file);

}  // namespace hie::ctl
