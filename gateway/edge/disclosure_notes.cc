#include "gateway/edge/disclosure_notes.h"

#include <utility>

#include "gateway/exchange/query_driver.h"
#include "hie/consent/v1/consent_service.methods.h"

namespace hie::edge {

void DisclosureNotes::Tell(rpc::CallOptions options, consent::v1::NoteDisclosureRequest request) {
  Try(options, request, 1);
}

void DisclosureNotes::Try(const rpc::CallOptions& options,
                          const consent::v1::NoteDisclosureRequest& request, int number) {
  {
    const MutexLock lock(mutex_);
    ++running_;
  }
  rpc::CallOptions call = options;
  call.deadline = clock_->Now() + exchange::kClosingTime;
  consent_->Call<consent::v1::ConsentService::NoteDisclosure>(
      call, request,
      [this, options, request,
       number](const absl::StatusOr<consent::v1::NoteDisclosureResponse>& noted) {
        Tried(options, request, number, noted.status());
      });
}

void DisclosureNotes::Tried(const rpc::CallOptions& options,
                            const consent::v1::NoteDisclosureRequest& request, int number,
                            const absl::Status& status) {
  const bool passing = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
                       absl::IsResourceExhausted(status);
  if (passing && number < kNoteTriesMax) {
    scheduler_->After(kNoteRetryFirst * (1 << (number - 1)),
                      [this, options, request, number] { Try(options, request, number + 1); });
  }
  // Notified under the lock: whoever waits may destroy this as soon as it is let go.
  const MutexLock lock(mutex_);
  if (--running_ == 0) idle_.NotifyAll();
}

void DisclosureNotes::WaitUntilIdle() {
  const MutexLock lock(mutex_);
  idle_.Wait(mutex_, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return running_ == 0; });
}

}  // namespace hie::edge
