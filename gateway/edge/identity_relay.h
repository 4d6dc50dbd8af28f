#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gateway/edge/edge_services.h"
#include "gateway/edge/identity_steward.h"
#include "services/common/base/mutex.h"

namespace hie::edge {

// Messages that wait for a caller who reads slowly; beyond it the stream ends, to be resumed.
inline constexpr size_t kRelayWaitingMax = 1000;
// Messages that are put on record at once.
inline constexpr size_t kRelayBatch = 100;

// A stream of the index on its way to a steward.  What it shows of patients is on record before it
// leaves.  Counted as a call until it has ended.
//
// Ends as the role's stream does: DEADLINE_EXCEEDED where the call's time is over.
// RESOURCE_EXHAUSTED: the caller reads too slowly.
template <typename Method, typename Response>
class RelayedStream : public std::enable_shared_from_this<RelayedStream<Method, Response>> {
 public:
  using RoleResponse = typename Method::Response;
  using PatientsOf = std::function<void(const RoleResponse&, Patients&)>;
  using Convert = std::function<Response(RoleResponse)>;

  RelayedStream(EdgeServices& services, std::shared_ptr<rpc::CallContext> context, std::string word,
                PatientsOf patients_of, Convert convert, rpc::ServerWriter<Response> writer)
      : services_(services),
        context_(std::move(context)),
        word_(std::move(word)),
        patients_of_(std::move(patients_of)),
        convert_(std::move(convert)),
        writer_(std::move(writer)) {}

  void Start(const typename Method::Request& request) {
    const auto self = this->shared_from_this();
    // The call's own time: a stream may last longer than an answer.
    std::shared_ptr<rpc::CallHandle> handle = services_.roles().mpi->template Stream<Method>(
        rpc::ChildCall(*context_), request,
        [self](const RoleResponse& message) { return self->Take(message); },
        [self](const absl::Status& status) { self->RoleDone(status); });
    {
      const MutexLock lock(mutex_);
      role_ = handle;
      if (!over_) handle = nullptr;
    }
    if (handle != nullptr) handle->Cancel();
    context_->WhenCancelled([weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->End(absl::CancelledError("the caller has gone"));
    });
  }

 private:
  bool Take(const RoleResponse& message) HIE_EXCLUDES(mutex_) {
    bool full = false;
    {
      const MutexLock lock(mutex_);
      if (over_) return false;
      full = waiting_.size() >= kRelayWaitingMax;
      if (!full) waiting_.push_back(message);
    }
    if (full) {
      End(absl::ResourceExhaustedError(
          "the caller reads too slowly; go on after the last message"));
      return false;
    }
    Pump();
    return true;
  }

  void RoleDone(const absl::Status& status) HIE_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      role_done_ = true;
      role_status_ = absl::IsDeadlineExceeded(status) ? status : TellCaller(status, kPatientIndex);
      if (status.ok()) role_status_ = absl::OkStatus();
    }
    Pump();
  }

  // Puts what waits on record and sends it, one batch at a time.
  void Pump() HIE_EXCLUDES(mutex_) {
    const auto batch = std::make_shared<std::deque<RoleResponse>>();
    absl::Status ended;
    {
      const MutexLock lock(mutex_);
      if (busy_ || over_) return;
      if (waiting_.empty() && !role_done_) return;
      ended = role_status_;
      while (!waiting_.empty() && batch->size() < kRelayBatch) {
        batch->push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      busy_ = !batch->empty();
    }
    if (batch->empty()) return End(ended);
    Patients patients;
    for (const RoleResponse& message : *batch) patients_of_(message, patients);
    const auto self = this->shared_from_this();
    if (patients.empty()) return SendNext(batch);
    RecordReading(services_, *context_, word_, std::move(patients),
                  [self, batch](const absl::Status& recorded) {
                    if (recorded.ok()) return self->SendNext(batch);
                    self->End(recorded);
                    self->BatchDone();
                  });
  }

  void SendNext(const std::shared_ptr<std::deque<RoleResponse>>& batch) HIE_EXCLUDES(mutex_) {
    if (batch->empty()) return BatchDone();
    const Response response = convert_(std::move(batch->front()));
    batch->pop_front();
    writer_.Write(response, [self = this->shared_from_this(), batch](bool taken) {
      if (taken) return self->SendNext(batch);
      self->End(absl::CancelledError("the caller has gone"));
      self->BatchDone();
    });
  }

  // The services are left when nothing uses them any more.
  void BatchDone() HIE_EXCLUDES(mutex_) {
    bool over = false;
    {
      const MutexLock lock(mutex_);
      busy_ = false;
      over = over_;
    }
    if (over) return services_.calls().Leave();
    Pump();
  }

  void End(const absl::Status& status) HIE_EXCLUDES(mutex_) {
    std::shared_ptr<rpc::CallHandle> role;
    bool busy = false;
    {
      const MutexLock lock(mutex_);
      if (over_) return;
      over_ = true;
      waiting_.clear();
      busy = busy_;
      if (!role_done_) role = role_;
    }
    if (role != nullptr) role->Cancel();
    writer_.Finish(status);
    if (!busy) services_.calls().Leave();
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const std::string word_;
  const PatientsOf patients_of_;
  const Convert convert_;
  const rpc::ServerWriter<Response> writer_;

  Mutex mutex_;
  std::shared_ptr<rpc::CallHandle> role_ HIE_GUARDED_BY(mutex_);
  std::deque<RoleResponse> waiting_ HIE_GUARDED_BY(mutex_);
  bool busy_ HIE_GUARDED_BY(mutex_) = false;  // A batch is on its way.
  bool role_done_ HIE_GUARDED_BY(mutex_) = false;
  absl::Status role_status_ HIE_GUARDED_BY(mutex_);
  bool over_ HIE_GUARDED_BY(mutex_) = false;
};

// Relays a stream of the index to a steward.
template <typename Method, typename Response, typename PatientsOf, typename Convert>
void Relay(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
           const typename Method::Request& request, std::string word, PatientsOf patients_of,
           Convert convert, const rpc::ServerWriter<Response>& writer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return writer.Finish(steward);
  if (!services.calls().TryEnter()) {
    return writer.Finish(absl::ResourceExhaustedError("too many calls are on their way"));
  }
  std::make_shared<RelayedStream<Method, Response>>(services, std::move(context), std::move(word),
                                                    std::move(patients_of), std::move(convert),
                                                    writer)
      ->Start(request);
}

}  // namespace hie::edge
