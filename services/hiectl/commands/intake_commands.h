#pragma once

#include <cstdint>
#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// Which exceptions to list, and what to do with one.
struct ExceptionOptions {
  std::string member;  // Empty: the caller's own.
  bool all = false;    // Closed ones too.
  uint32_t limit = 100;
  uint64_t after = 0;
  uint64_t id = 0;
  std::string out;     // File for the message; empty: none is written.
  std::string reason;  // Why one is discarded.
};

// `exception list`: what intake could not apply, oldest first, without patient data.
ExitCode ExceptionList(const Context& context, const ExceptionOptions& options);
// `exception show`: one of them; its message goes to a file only, and the look is audited.
ExitCode ExceptionShow(const Context& context, const ExceptionOptions& options);
// `exception replay`: applies the message again.
ExitCode ExceptionReplay(const Context& context, const ExceptionOptions& options);
// `exception discard`: closes it without effect.
ExitCode ExceptionDiscard(const Context& context, const ExceptionOptions& options);

// `member shadow`: what a member's feed would have done, in words for people.  kCheckFailed: it has
// findings that stand in the way of LIVE.
ExitCode MemberShadow(const Context& context, const std::string& member);

}  // namespace hie::ctl
