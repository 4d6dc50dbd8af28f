#pragma once

#include <sys/types.h>

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/figures.h"

// Closed loops: the next call begins when one has ended, so that `in_flight` are always under way.
namespace hie::bench {

// CPU time that process `pid` has used since it started; zero where it is gone.
absl::Duration CpuOf(pid_t pid);

// Starts a call and returns at once; `done` is called once when it has ended, on any thread.
using StartCall = std::function<void(std::function<void(absl::Status)> done)>;

// Keeps `in_flight` calls under way for `time`, then lets them end.  `server`: whose CPU counts.
Load LoadInFlight(int in_flight, absl::Duration time, pid_t server, const StartCall& start);

// The same with calls that block: one thread each.  `call` gets its thread's number.
Load LoadByThreads(int threads, absl::Duration time, pid_t server,
                   const std::function<absl::Status(int thread)>& call);

}  // namespace hie::bench
