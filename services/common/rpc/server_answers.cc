#include "services/common/rpc/server_answers.h"

#include <utility>

#include "absl/time/clock.h"
#include "services/common/rpc/byte_buffers.h"
#include "services/common/rpc/status_mapping.h"

namespace hie::rpc {
namespace {

absl::Status Dropped() { return absl::InternalError("the handler dropped the call"); }

class HeldStream final : public ByteStream {
 public:
  explicit HeldStream(std::shared_ptr<StreamAnswer> answer) : answer_(std::move(answer)) {}
  ~HeldStream() override { answer_->Finish(Dropped()); }
  void Write(std::string message, Done done) override {
    answer_->Write(std::move(message), std::move(done));
  }
  void Finish(absl::Status status) override { answer_->Finish(std::move(status)); }
  void Reset() override { answer_->Reset(); }

 private:
  const std::shared_ptr<StreamAnswer> answer_;
};

class HeldAnswer {
 public:
  explicit HeldAnswer(std::shared_ptr<UnaryAnswer> answer) : answer_(std::move(answer)) {}
  ~HeldAnswer() { answer_->Give(Dropped()); }
  HeldAnswer(const HeldAnswer&) = delete;
  HeldAnswer& operator=(const HeldAnswer&) = delete;
  void Give(absl::StatusOr<std::string> answer) { answer_->Give(std::move(answer)); }

 private:
  const std::shared_ptr<UnaryAnswer> answer_;
};

}  // namespace

std::unique_ptr<RpcTimer> EndAtDeadline(absl::Time deadline, std::weak_ptr<RunningCall> call) {
  return std::make_unique<RpcTimer>(deadline, [call = std::move(call)] {
    if (const std::shared_ptr<RunningCall> running = call.lock()) {
      running->Abort(absl::DeadlineExceededError("the call took longer than the server admits"));
    }
  });
}

void UnaryAnswer::Give(absl::StatusOr<std::string> answer) {
  MutexLock lock(mutex_);
  grpc::ServerUnaryReactor* reactor = std::exchange(reactor_, nullptr);
  if (reactor == nullptr) return;
  code_ = OutwardCode(answer.status());
  if (answer.ok()) *response_ = ToByteBuffer(*std::move(answer));
  reactor->Finish(ToGrpc(answer.status(), call_->request_id()));
}

void UnaryAnswer::Abort(absl::Status why) {
  Give(std::move(why));
  call_->Cancel();
}

void UnaryAnswer::Done() {
  absl::StatusCode code;
  {
    MutexLock lock(mutex_);
    code = code_;
  }
  call_->End(code);
}

void StreamAnswer::Write(std::string message, ByteStream::Done done) {
  {
    MutexLock lock(mutex_);
    if (transport_ != nullptr && !end_ && !writing_) {
      writing_ = true;
      write_done_ = std::move(done);
      return transport_->StartWriteOf(std::move(message));
    }
    if (writing_ && !end_) ResetLocked();
  }
  // Not on this thread: the caller may hold what `done` takes.
  if (done) RunOnRpcThread(absl::Now(), [done = std::move(done)] { done(false); });
}

void StreamAnswer::Finish(absl::Status status) {
  MutexLock lock(mutex_);
  FinishLocked(std::move(status));
}

void StreamAnswer::FinishLocked(absl::Status status) {
  if (!end_) end_ = std::move(status);
  if (writing_) return;
  StreamTransport* transport = std::exchange(transport_, nullptr);
  if (transport != nullptr) transport->FinishWith(ToGrpc(*end_, call_->request_id()));
}

void StreamAnswer::Reset() {
  MutexLock lock(mutex_);
  ResetLocked();
}

void StreamAnswer::ResetLocked() {
  if (transport_ == nullptr) return;
  end_ = absl::CancelledError("the server reset the call");
  transport_->ResetCall();
  FinishLocked(*end_);
}

void StreamAnswer::Abort(absl::Status why) {
  {
    MutexLock lock(mutex_);
    // A reader that does not read holds a write back for ever: only a reset ends that.
    if (writing_ && transport_ != nullptr) transport_->ResetCall();
    FinishLocked(std::move(why));
  }
  call_->Cancel();
}

bool StreamAnswer::StartReading() {
  MutexLock lock(mutex_);
  if (transport_ == nullptr) return false;
  transport_->StartReadNext();
  return true;
}

void StreamAnswer::WriteDone(bool ok) {
  ByteStream::Done done;
  {
    MutexLock lock(mutex_);
    writing_ = false;
    done = std::exchange(write_done_, nullptr);
    if (end_) FinishLocked(*end_);
  }
  if (done) done(ok);
}

void StreamAnswer::Done() {
  absl::StatusCode code;
  {
    MutexLock lock(mutex_);
    code = end_ ? OutwardCode(*end_) : absl::StatusCode::kCancelled;
  }
  call_->End(code);
}

std::shared_ptr<ByteStream> MakeByteStream(std::shared_ptr<StreamAnswer> answer) {
  return std::make_shared<HeldStream>(std::move(answer));
}

std::function<void(absl::StatusOr<std::string>)> MakeAnswerCallback(
    std::shared_ptr<UnaryAnswer> answer) {
  return [held = std::make_shared<HeldAnswer>(std::move(answer))](
             absl::StatusOr<std::string> result) { held->Give(std::move(result)); };
}

}  // namespace hie::rpc
