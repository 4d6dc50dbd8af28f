#include "gateway/hl7v2/intake_worker.h"

#include <algorithm>
#include <utility>

#include "gateway/hl7v2/inbox_wire.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;

// Doubling stops long before a number overflows.
constexpr int kDoublingsMax = 16;

v1::FinishMessage FinishOf(uint64_t number, const EffectResult& result,
                           const std::optional<audit::v1::Event>& repair) {
  v1::FinishMessage finish;
  finish.set_number(number);
  if (result.finding) {
    finish.set_state(v1::INBOX_STATE_EXCEPTION);
    *finish.mutable_finding() = ToProto(*result.finding);
  } else {
    finish.set_state(repair ? v1::INBOX_STATE_REPLAYED : v1::INBOX_STATE_APPLIED);
    for (const v1::FieldWrite& write : result.writes) *finish.add_writes() = write;
  }
  for (const v1::IntakeCount& count : result.counts) *finish.add_counts() = count;
  if (repair) *finish.mutable_event() = *repair;
  return finish;
}

}  // namespace

IntakeWorker::IntakeWorker(Options options)
    : options_(std::move(options)),
      pool_({.name = "hl7v2-apply",
             .threads = options_.threads,
             .queue_max = options_.applying_max * 2}) {}

IntakeWorker::~IntakeWorker() { Stop(); }

void IntakeWorker::Stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  pool_.Stop();
  MutexLock lock(mutex_);
  idle_.Wait(mutex_, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return running_ == 0; });
}

uint64_t IntakeWorker::waiting() const {
  MutexLock lock(mutex_);
  return jobs_.size();
}

void IntakeWorker::Insert(uint64_t number, std::shared_ptr<Job> job) {
  std::vector<std::string> keys;
  for (const LocalPatient& patient : job->plan->Keys()) {
    keys.push_back(options_.inbox->RecordWord(patient));
  }
  lanes_.Add(number, std::move(keys));
  jobs_.emplace(number, std::move(job));
}

void IntakeWorker::Add(uint64_t number, std::shared_ptr<const Reception> reception,
                       std::shared_ptr<const IntakePlan> plan, Settle settle) {
  auto job = std::make_shared<Job>();
  job->reception = std::move(reception);
  job->plan = std::move(plan);
  if (settle != nullptr) job->waiters.push_back(std::move(settle));
  {
    MutexLock lock(mutex_);
    Insert(number, std::move(job));
  }
  Pump();
}

bool IntakeWorker::Join(uint64_t number, Settle settle) {
  MutexLock lock(mutex_);
  const auto found = jobs_.find(number);
  if (found == jobs_.end()) return false;
  found->second->waiters.push_back(std::move(settle));
  return true;
}

bool IntakeWorker::Repair(uint64_t number, std::shared_ptr<const Reception> reception,
                          std::shared_ptr<const IntakePlan> plan, audit::v1::Event event,
                          Settle settle) {
  auto job = std::make_shared<Job>();
  job->reception = std::move(reception);
  job->plan = std::move(plan);
  job->repair = std::move(event);
  job->waiters.push_back(std::move(settle));
  {
    MutexLock lock(mutex_);
    if (jobs_.contains(number)) return false;
    Insert(number, std::move(job));
  }
  Pump();
  return true;
}

void IntakeWorker::Pump() {
  std::vector<std::pair<uint64_t, std::shared_ptr<Job>>> ready;
  {
    MutexLock lock(mutex_);
    while (!stopped_ && applying_ < options_.applying_max) {
      const std::optional<uint64_t> number = lanes_.TakeReady();
      if (!number) break;
      ++applying_;
      ++running_;
      ready.emplace_back(*number, jobs_.at(*number));
    }
  }
  for (const auto& [number, job] : ready) Start(number, job);
}

void IntakeWorker::Start(uint64_t number, const std::shared_ptr<Job>& job) {
  const auto run = [this, number, job] {
    options_.runner->Run(
        job->reception, job->plan, number,
        [this, number, job](EffectResult result) { Ran(number, job, std::move(result)); });
  };
  // A pool that ends takes nothing: the inbox keeps the message for the next start.
  if (!pool_.TryRun(run)) Leave();
}

void IntakeWorker::Ran(uint64_t number, const std::shared_ptr<Job>& job, EffectResult result) {
  if (!result.retry.ok()) return RetryLater(number, job, result.retry);
  const v1::FinishMessage finish = FinishOf(number, result, job->repair);
  const Settled settled{finish.state(), result.finding};
  options_.inbox->Finish(
      finish, [this, number, job, settled](const absl::StatusOr<v1::ClosedMessage>& closed) {
        if (!closed.ok()) return RetryLater(number, job, closed.status());
        Tell(number, job, settled);
      });
}

void IntakeWorker::RetryLater(uint64_t number, const std::shared_ptr<Job>& job,
                              const absl::Status& why) {
  if (options_.on_retry != nullptr) options_.on_retry(why);
  const absl::Duration delay = std::min(
      options_.retry_max, options_.retry_first * (1 << std::min(job->tries++, kDoublingsMax)));
  options_.timers->After(delay, [this, number, job] {
    {
      MutexLock lock(mutex_);
      if (stopped_) return;
      ++running_;
    }
    Start(number, job);
  });
  Leave();
}

void IntakeWorker::Leave() {
  MutexLock lock(mutex_);
  if (--running_ == 0) idle_.NotifyAll();
}

void IntakeWorker::Tell(uint64_t number, const std::shared_ptr<Job>& job, const Settled& settled) {
  std::vector<Settle> waiters;
  {
    MutexLock lock(mutex_);
    lanes_.Done(number);
    jobs_.erase(number);
    --applying_;
    waiters = std::move(job->waiters);
  }
  if (options_.on_settled != nullptr) options_.on_settled(settled);
  for (const Settle& settle : waiters) settle(settled);
  Pump();
  Leave();
}

}  // namespace hie::hl7v2
