#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hie::testing {

// A program that a test started.  Killed when destroyed.  Not thread-safe.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;  // Path, then arguments.
    std::string output;                // File that gets standard output and error, appended.
  };

  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Options& options);
  ~ChildProcess();

  // Still runs.
  bool Running();
  // SIGKILL, and waits until it is gone.
  void Kill();
  // SIGTERM; SIGKILL after `grace`.  Returns the exit status, -1 where it was killed.
  int Stop(absl::Duration grace);
  // Waits for its end; returns the exit status, -1 where a signal ended it or `timeout` passed.
  int Wait(absl::Duration timeout);
  // SIGSTOP and SIGCONT.
  void Freeze();
  void Thaw();

  pid_t pid() const { return pid_; }

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  void Reap(int status);

  pid_t pid_;
  bool gone_ = false;
  int exit_status_ = -1;
};

}  // namespace hie::testing
