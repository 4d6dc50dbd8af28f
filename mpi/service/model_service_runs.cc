#include "mpi/service/model_service_runs.h"

#include <algorithm>
#include <utility>

namespace hie::mpi {

void RunLog::Tell(v1::RunEvent event) {
  std::vector<Waiting> waiting;
  {
    MutexLock lock(mutex_);
    event.set_number(++numbered_);
    const bool overtakes =
        event.has_progress() && !events_.empty() && events_.back().has_progress();
    if (overtakes) events_.pop_back();
    events_.push_back(event);
    waiting.swap(waiting_);
  }
  // Outside the lock: they ask for the next one.
  for (const Waiting& watcher : waiting) watcher.event(event);
}

void RunLog::End(absl::Status status) {
  std::vector<Waiting> waiting;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    status_ = status;
    waiting.swap(waiting_);
  }
  for (const Waiting& watcher : waiting) watcher.end(status);
}

void RunLog::Cancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
}

bool RunLog::cancelled() const {
  MutexLock lock(mutex_);
  return cancelled_;
}

bool RunLog::ended() const {
  MutexLock lock(mutex_);
  return ended_;
}

void RunLog::Next(uint64_t after, std::function<void(const v1::RunEvent&)> event,
                  std::function<void(const absl::Status&)> end) {
  v1::RunEvent found;
  absl::Status status;
  {
    MutexLock lock(mutex_);
    const auto next =
        std::upper_bound(events_.begin(), events_.end(), after,
                         [](uint64_t number, const auto& e) { return number < e.number(); });
    if (next != events_.end()) {
      found = *next;
    } else if (!ended_) {
      waiting_.push_back({std::move(event), std::move(end)});
      return;
    } else {
      status = status_;
    }
  }
  if (found.number() != 0) {
    event(found);
  } else {
    end(status);
  }
}

RunBoard::~RunBoard() {
  std::thread running;
  {
    MutexLock lock(mutex_);
    if (log_ != nullptr) log_->Cancel();
    running = std::move(thread_);
  }
  if (running.joinable()) running.join();
}

absl::Status RunBoard::Start(const std::string& id, Work work) {
  MutexLock lock(mutex_);
  if (log_ != nullptr && !log_->ended()) {
    return absl::FailedPreconditionError("run: another one has not ended");
  }
  // It has ended but for its last lines.
  if (thread_.joinable()) thread_.join();
  id_ = id;
  log_ = std::make_shared<RunLog>();
  thread_ = std::thread([log = log_, work = std::move(work)] { log->End(work(*log)); });
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<RunLog>> RunBoard::Find(const std::string& id) const {
  MutexLock lock(mutex_);
  if (log_ == nullptr || id != id_) return absl::NotFoundError("run_id: want the last run");
  return log_;
}

}  // namespace hie::mpi
