#include "tests/support/stack/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace hie::testing {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(5);

// In the child, before exec: only what is safe after fork.
[[noreturn]] void Become(std::vector<char*>& arguments, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // Nothing outlives a test that dies.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Options& options) {
  const std::string path = options.output.empty() ? "/dev/null" : options.output;
  const int output = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) return absl::UnavailableError(absl::StrCat(path, ": cannot be opened"));
  std::vector<std::string> command = options.command;
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) Become(arguments, output);
  close(output);
  if (pid < 0) return absl::UnavailableError("fork failed");
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() { Kill(); }

void ChildProcess::Reap(int status) {
  gone_ = true;
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool ChildProcess::Running() {
  int status = 0;
  if (!gone_ && waitpid(pid_, &status, WNOHANG) == pid_) Reap(status);
  return !gone_;
}

void ChildProcess::Kill() {
  if (!Running()) return;
  kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  Reap(status);
}

int ChildProcess::Stop(absl::Duration grace) {
  if (Running()) kill(pid_, SIGTERM);
  const int status = Wait(grace);
  Kill();
  return status;
}

int ChildProcess::Wait(absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  while (Running() && absl::Now() < end) absl::SleepFor(kPoll);
  return exit_status_;
}

// Waits until it stands still: until then its threads may still answer.
void ChildProcess::Freeze() {
  if (!Running()) return;
  kill(pid_, SIGSTOP);
  int status = 0;
  if (waitpid(pid_, &status, WUNTRACED) == pid_ && !WIFSTOPPED(status)) Reap(status);
}

void ChildProcess::Thaw() {
  if (Running()) kill(pid_, SIGCONT);
}

}  // namespace hie::testing
