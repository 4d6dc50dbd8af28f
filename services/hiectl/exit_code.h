#pragma once

#include "absl/status/status.h"

namespace hie::ctl {

// What hiectl tells the shell.  Stable: scripts depend on it.
enum class ExitCode {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kNotFound = 3,
  kSignIn = 4,
  kDenied = 5,
  kConflict = 6,
  kPartial = 7,  // An answer came, and a source is missing from it.
  kUnavailable = 8,
  kCheckFailed = 10,  // A verification ran and found something wrong.
};

// Returns the exit code of a status; OK is kOk.
ExitCode ExitCodeFor(const absl::Status& status);

// Returns what the user can do next about `status`, one sentence; empty where nothing is known.
const char* NextStep(const absl::Status& status);

}  // namespace hie::ctl
