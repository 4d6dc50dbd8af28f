#include "services/registry/staged_sweeper.h"

#include <thread>

#include "services/common/base/mutex.h"
#include "services/registry/content_service.h"

namespace hie::registry {
namespace {

class ThreadSweeper final : public StagedSweeper {
 public:
  ThreadSweeper(Journal& journal, const Clock& clock, absl::Duration period)
      : journal_(journal), clock_(clock), period_(period), thread_([this] { Run(); }) {}

  ~ThreadSweeper() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.NotifyAll();
    thread_.join();
  }

 private:
  void Run() {
    do {
      // Not durable now is durable at the next period: nothing depends on when it happens.
      RemoveStagedContents(clock_.Now() - kStagedAgeMax, journal_).IgnoreError();
    } while (!WaitToStop());
  }

  bool WaitToStop() {
    MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, period_, [this] { return stopping_; });
  }

  Journal& journal_;
  const Clock& clock_;
  const absl::Duration period_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ HIE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<StagedSweeper> StagedSweeper::Start(Journal& journal, const Clock& clock,
                                                    absl::Duration period) {
  return std::make_unique<ThreadSweeper>(journal, clock, period);
}

}  // namespace hie::registry
