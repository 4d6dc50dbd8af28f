#include "tests/bench/load.h"

#include <time.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "services/common/base/mutex.h"

namespace hie::bench {
namespace {

// Calls that follow one another, each begun by the end of the one before.
class Chain {
 public:
  Chain(absl::Time end, const StartCall& start, std::function<void()> finished)
      : end_(end), start_(start), finished_(std::move(finished)) {}

  void Next() {
    began_ = absl::Now();
    start_([this](const absl::Status& status) { Ended(status); });
  }

  const std::vector<double>& micros() const { return micros_; }
  size_t failures() const { return failures_; }

 private:
  void Ended(const absl::Status& status) {
    const absl::Time now = absl::Now();
    if (status.ok()) {
      micros_.push_back(absl::ToDoubleMicroseconds(now - began_));
    } else {
      ++failures_;
    }
    // A failure ends the chain: a server that refuses at once would be asked without end.
    if (status.ok() && now < end_) return Next();
    // A copy: whoever waits destroys the chain as soon as it is told.
    const std::function<void()> finished = finished_;
    finished();
  }

  const absl::Time end_;
  const StartCall& start_;
  const std::function<void()> finished_;
  absl::Time began_;
  std::vector<double> micros_;
  size_t failures_ = 0;
};

// Waits for a number of ends.
class Countdown {
 public:
  explicit Countdown(int count) : left_(count) {}
  void Tick() {
    const MutexLock lock(mutex_);
    if (--left_ == 0) changed_.NotifyAll();
  }
  void Wait() {
    const MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this] { return left_ == 0; });
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int left_ HIE_GUARDED_BY(mutex_);
};

void Add(const std::vector<double>& micros, size_t failures, Load& load) {
  load.micros.insert(load.micros.end(), micros.begin(), micros.end());
  load.failures += failures;
}

}  // namespace

absl::Duration CpuOf(pid_t pid) {
  clockid_t clock = 0;
  timespec used = {};
  // Of 0 and -1 the clock would be our own.
  if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    return absl::ZeroDuration();
  }
  return absl::DurationFromTimespec(used);
}

Load LoadInFlight(int in_flight, absl::Duration time, pid_t server, const StartCall& start) {
  Load load;
  const absl::Duration cpu = CpuOf(server);
  const absl::Time began = absl::Now();
  const auto running = std::make_shared<Countdown>(in_flight);
  std::vector<std::unique_ptr<Chain>> chains;
  for (int i = 0; i < in_flight; ++i) {
    chains.push_back(std::make_unique<Chain>(began + time, start, [running] { running->Tick(); }));
  }
  for (const auto& chain : chains) chain->Next();
  running->Wait();
  load.time = absl::Now() - began;
  load.server_cpu = CpuOf(server) - cpu;
  for (const auto& chain : chains) Add(chain->micros(), chain->failures(), load);
  return load;
}

Load LoadByThreads(int threads, absl::Duration time, pid_t server,
                   const std::function<absl::Status(int thread)>& call) {
  Load load;
  const absl::Duration cpu = CpuOf(server);
  const absl::Time began = absl::Now();
  std::vector<Load> parts(static_cast<size_t>(threads));
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&part = parts[static_cast<size_t>(i)], &call, i, end = began + time] {
      for (absl::Time now = absl::Now(); now < end && part.failures == 0;) {
        const absl::Status status = call(i);
        const absl::Time after = absl::Now();
        if (status.ok()) part.micros.push_back(absl::ToDoubleMicroseconds(after - now));
        part.failures += status.ok() ? 0 : 1;
        now = after;
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  load.time = absl::Now() - began;
  load.server_cpu = CpuOf(server) - cpu;
  for (const Load& part : parts) Add(part.micros, part.failures, load);
  return load;
}

}  // namespace hie::bench
