#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/effect_runner.h"
#include "gateway/hl7v2/inbox.h"
#include "gateway/hl7v2/lanes.h"
#include "gateway/members/timer_queue.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::hl7v2 {

// Where a message stands once nothing more is tried.
struct Settled {
  exchange::v1::InboxState state = exchange::v1::INBOX_STATE_APPLIED;
  std::optional<Finding> finding;
};

// Applies accepted messages: those about the same record one after the other in the order of
// arrival, others at the same time.  What the exchange cannot do now is tried again with back-off;
// what it refuses becomes an exception.  Thread-safe.
class IntakeWorker {
 public:
  struct Options {
    const EffectRunner* runner = nullptr;   // Must outlive the worker.
    Inbox* inbox = nullptr;                 // Must outlive the worker.
    members::TimerQueue* timers = nullptr;  // Must outlive the worker.
    size_t applying_max = 256;
    int threads = 2;
    absl::Duration retry_first = absl::Milliseconds(100);
    absl::Duration retry_max = absl::Seconds(10);
    // Told of each message that settled, and of each failed try; must be fast.  May be null.
    std::function<void(const Settled&)> on_settled = nullptr;
    std::function<void(const absl::Status&)> on_retry = nullptr;
  };
  // Told once what became of a message, durably; on any thread; must not block.
  using Settle = std::function<void(const Settled&)>;

  explicit IntakeWorker(Options options);
  // As Stop.  The timers must have been stopped before.
  ~IntakeWorker();

  // Adds a message that was just accepted, or taken up at a start, in the order of numbers.
  void Add(uint64_t number, std::shared_ptr<const Reception> reception,
           std::shared_ptr<const IntakePlan> plan, Settle settle) HIE_EXCLUDES(mutex_);

  // Tells `settle`, too, what becomes of a message that waits or runs.  False: none such; it has
  // settled.
  bool Join(uint64_t number, Settle settle) HIE_EXCLUDES(mutex_);

  // Applies an exception again; `event` is recorded with its end.  False: it is being repaired.
  bool Repair(uint64_t number, std::shared_ptr<const Reception> reception,
              std::shared_ptr<const IntakePlan> plan, audit::v1::Event event, Settle settle)
      HIE_EXCLUDES(mutex_);

  // Starts nothing any more and waits for what runs.  What waits is dropped untold: the inbox has
  // it.  Idempotent.
  void Stop() HIE_EXCLUDES(mutex_);

  // Messages that were added and did not settle.
  uint64_t waiting() const HIE_EXCLUDES(mutex_);

 private:
  struct Job {
    std::shared_ptr<const Reception> reception;
    std::shared_ptr<const IntakePlan> plan;
    std::vector<Settle> waiters;
    std::optional<audit::v1::Event> repair;
    int tries = 0;
  };

  void Insert(uint64_t number, std::shared_ptr<Job> job) HIE_REQUIRES(mutex_);
  // Starts what may start.
  void Pump() HIE_EXCLUDES(mutex_);
  void Start(uint64_t number, const std::shared_ptr<Job>& job);
  void Ran(uint64_t number, const std::shared_ptr<Job>& job, EffectResult result);
  void RetryLater(uint64_t number, const std::shared_ptr<Job>& job, const absl::Status& why);
  void Tell(uint64_t number, const std::shared_ptr<Job>& job, const Settled& settled);
  void Leave() HIE_EXCLUDES(mutex_);

  const Options options_;
  rpc::WorkerPool pool_;

  mutable Mutex mutex_;
  CondVar idle_;
  Lanes lanes_ HIE_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, std::shared_ptr<Job>> jobs_ HIE_GUARDED_BY(mutex_);
  size_t applying_ HIE_GUARDED_BY(mutex_) = 0;  // Started and not settled, resting ones included.
  size_t running_ HIE_GUARDED_BY(mutex_) = 0;   // Started and not resting.
  bool stopped_ HIE_GUARDED_BY(mutex_) = false;
};

}  // namespace hie::hl7v2
