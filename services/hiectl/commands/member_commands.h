#pragma once

#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `member list`: members, their state and whether their agent is attached.
ExitCode MemberList(const Context& context);

// A member's file and its keys.
struct MemberAddOptions {
  std::string file;              // hie.directory.v1.Member as TOML (.toml) or JSON.
  std::string certificate_file;  // client.crt; empty: none is added.
  std::string token_key_file;    // token.pub; empty: none is added.
};

// `member add`: creates or changes a member.  A file without a version changes the member as it is
// now; keys and clients that are registered and not in the file stay.
ExitCode MemberAdd(const Context& context, const MemberAddOptions& options);

}  // namespace hie::ctl
