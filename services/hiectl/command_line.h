#pragma once

#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/hiectl/exit_code.h"

namespace hie::ctl {

// Reads the arguments, runs the one command that they name, prints, and returns what to tell the
// shell.  Patient data is never an argument: it comes from files or standard input.
//
// Connection options come from the arguments, else from HIE_GATEWAY, HIE_CREDENTIALS, HIE_USER,
// HIE_ROLE and HIE_PURPOSE.
ExitCode RunCommandLine(int argc, char** argv, const Clock& clock, RandomSource& random);

}  // namespace hie::ctl
