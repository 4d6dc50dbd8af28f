#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/mpi/v1/model.pb.h"
#include "services/common/base/mutex.h"

namespace hie::mpi {

// What one run tells, for any number of watchers.  Thread-safe.
class RunLog {
 public:
  // Adds an event; progress takes the place of progress just before it, which nobody misses.
  void Tell(v1::RunEvent event);
  // Nothing follows.
  void End(absl::Status status);

  // The run is to end as soon as it can.
  void Cancel();
  bool cancelled() const;
  bool ended() const;

  // Calls one of the two once, at once or later, on this thread or on the run's: `event` with the
  // first event whose number is above `after`, or `end` when there is none and the run has ended.
  // Neither may block.
  void Next(uint64_t after, std::function<void(const v1::RunEvent&)> event,
            std::function<void(const absl::Status&)> end);

 private:
  struct Waiting {
    std::function<void(const v1::RunEvent&)> event;
    std::function<void(const absl::Status&)> end;
  };

  mutable Mutex mutex_;
  std::vector<v1::RunEvent> events_ HIE_GUARDED_BY(mutex_);
  uint64_t numbered_ HIE_GUARDED_BY(mutex_) = 0;
  bool cancelled_ HIE_GUARDED_BY(mutex_) = false;
  bool ended_ HIE_GUARDED_BY(mutex_) = false;
  absl::Status status_ HIE_GUARDED_BY(mutex_);
  std::vector<Waiting> waiting_ HIE_GUARDED_BY(mutex_);
};

// Long runs over the index, one at a time, each on a thread of its own.  Thread-safe.
class RunBoard {
 public:
  using Work = std::function<absl::Status(RunLog& log)>;

  // Cancels the run and waits for it.
  ~RunBoard();

  // Starts `work` under a name.  FAILED_PRECONDITION: another run has not ended.
  absl::Status Start(const std::string& id, Work work);
  // The run of that name.  NOT_FOUND: it is not the last one.
  absl::StatusOr<std::shared_ptr<RunLog>> Find(const std::string& id) const;

 private:
  mutable Mutex mutex_;
  std::string id_ HIE_GUARDED_BY(mutex_);
  std::shared_ptr<RunLog> log_ HIE_GUARDED_BY(mutex_);
  std::thread thread_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::mpi
