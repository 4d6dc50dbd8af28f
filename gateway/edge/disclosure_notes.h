#pragma once

#include <memory>

#include "gateway/exchange/scheduler.h"
#include "hie/consent/v1/consent_service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/channel.h"

namespace hie::edge {

// Tries of one note, the first included, and what lies between them: doubled each time.
inline constexpr int kNoteTriesMax = 8;
inline constexpr absl::Duration kNoteRetryFirst = absl::Seconds(1);

// Tells consent that broken glass opened something of a custodian, so that its privacy officer
// hears of it.  Thread-safe; does not block.
//
// Where consent does not answer, it is told again.  What is not told within the tries, or before
// the process ends, the audit still has: the session stands at every release.
class DisclosureNotes {
 public:
  // All must outlive it.
  DisclosureNotes(std::shared_ptr<rpc::Channel> consent, exchange::Scheduler* scheduler,
                  const Clock* clock)
      : consent_(std::move(consent)), scheduler_(scheduler), clock_(clock) {}

  void Tell(rpc::CallOptions options, consent::v1::NoteDisclosureRequest request);

  // Waits for calls that are under way; after the scheduler has stopped.
  void WaitUntilIdle() HIE_EXCLUDES(mutex_);

 private:
  void Try(const rpc::CallOptions& options, const consent::v1::NoteDisclosureRequest& request,
           int number);
  void Tried(const rpc::CallOptions& options, const consent::v1::NoteDisclosureRequest& request,
             int number, const absl::Status& status) HIE_EXCLUDES(mutex_);

  const std::shared_ptr<rpc::Channel> consent_;
  exchange::Scheduler* const scheduler_;
  const Clock* const clock_;
  Mutex mutex_;
  CondVar idle_;
  int running_ HIE_GUARDED_BY(mutex_) = 0;
};

}  // namespace hie::edge
