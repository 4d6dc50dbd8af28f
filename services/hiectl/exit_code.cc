#include "services/hiectl/exit_code.h"

namespace hie::ctl {

ExitCode ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kUnauthenticated:
      return ExitCode::kSignIn;
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kDenied;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return ExitCode::kConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kUnavailable;
    case absl::StatusCode::kDataLoss:
      return ExitCode::kCheckFailed;
    default:
      return ExitCode::kFailure;
  }
}

const char* NextStep(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return "Mend the named field and try again.";
    case absl::StatusCode::kNotFound:
      return "Check the id; `hiectl patient find` looks a person up by demographics.";
    case absl::StatusCode::kUnauthenticated:
      return "Check --credentials, --user, --role and --purpose, and that the key is registered "
             "(`hiectl member list`).";
    case absl::StatusCode::kPermissionDenied:
      return "Ask with a role and purpose that may do this.";
    case absl::StatusCode::kAborted:
      return "Somebody changed it in the meantime: read it again and retry.";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return "Check that hied runs and that --gateway names its address, then retry.";
    case absl::StatusCode::kResourceExhausted:
      return "The exchange is busy: wait a moment and retry.";
    case absl::StatusCode::kDataLoss:
      return "Stop using this copy, keep it for inspection, and restore the last checkpoint.";
    default:
      return "";
  }
}

}  // namespace hie::ctl
