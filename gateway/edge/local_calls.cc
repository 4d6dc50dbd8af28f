#include "gateway/edge/local_calls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace hie::edge {
namespace {

absl::Status Dropped() { return absl::InternalError("the handler dropped the call"); }

class HeldStream final : public rpc::ByteStream {
 public:
  explicit HeldStream(std::shared_ptr<LocalStream> stream) : stream_(std::move(stream)) {}
  ~HeldStream() override { stream_->Finish(Dropped()); }
  void Write(std::string message, Done done) override {
    stream_->Write(std::move(message), std::move(done));
  }
  void Finish(absl::Status status) override { stream_->Finish(std::move(status)); }
  void Reset() override { stream_->Reset(); }

 private:
  const std::shared_ptr<LocalStream> stream_;
};

class HeldAnswer {
 public:
  explicit HeldAnswer(std::shared_ptr<LocalAnswer> answer) : answer_(std::move(answer)) {}
  ~HeldAnswer() { answer_->Give(Dropped()); }
  HeldAnswer(const HeldAnswer&) = delete;
  HeldAnswer& operator=(const HeldAnswer&) = delete;
  void Give(absl::StatusOr<std::string> answer) { answer_->Give(std::move(answer)); }

 private:
  const std::shared_ptr<LocalAnswer> answer_;
};

// The reader's `next`: counts once; let go of, the reader wants no more.
class ReaderTurn {
 public:
  explicit ReaderTurn(std::function<void(bool)> answer) : answer_(std::move(answer)) {}
  ~ReaderTurn() { answer_(false); }
  ReaderTurn(const ReaderTurn&) = delete;
  ReaderTurn& operator=(const ReaderTurn&) = delete;
  void Answer(bool more) { answer_(more); }

 private:
  const std::function<void(bool)> answer_;  // Ignores all but the first.
};

}  // namespace

void LocalCall::Follow(rpc::CallContext& parent) {
  const std::weak_ptr<LocalCall> weak = weak_from_this();
  if (parent.deadline() != absl::InfiniteFuture()) {
    const MutexLock lock(mutex_);
    timer_ = std::make_unique<rpc::RpcTimer>(parent.deadline(), [weak] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->Abort(absl::DeadlineExceededError("the call took longer than its caller admits"));
    });
  }
  parent.WhenCancelled([weak] {
    const auto self = weak.lock();
    if (self != nullptr) self->Abort(absl::CancelledError("the caller went away"));
  });
}

absl::Status LocalCall::Outward(const absl::Status& status) const {
  if (status.code() != absl::StatusCode::kUnknown && status.code() != absl::StatusCode::kInternal) {
    return status;
  }
  return absl::InternalError(absl::StrCat("internal error, request ", call_->request_id()));
}

void LocalAnswer::Give(absl::StatusOr<std::string> answer) {
  Done done;
  {
    const MutexLock lock(mutex_);
    done = std::exchange(done_, nullptr);
  }
  if (done == nullptr) return;
  call()->End(Outward(answer.status()).code());
  if (!answer.ok()) answer = Outward(answer.status());
  rpc::RunOnRpcThread(absl::Now(), [done = std::move(done), answer = std::move(answer)]() mutable {
    done(std::move(answer));
  });
}

// Cancelled first: what ends a call lets go of those who wait for its cancellation.
void LocalAnswer::Abort(absl::Status why) {
  call()->Cancel();
  Give(std::move(why));
}

void LocalStream::Write(std::string message, rpc::ByteStream::Done done) {
  bool twice = false;
  {
    const MutexLock lock(mutex_);
    if (!end_ && !writing_) {
      writing_ = true;
      ++messages_;
      message_ = std::move(message);
      write_done_ = std::move(done);
      return Schedule();
    }
    twice = writing_ && !end_;
  }
  if (twice) Reset();
  // Not on this thread: the caller may hold what `done` takes.
  if (done) rpc::RunOnRpcThread(absl::Now(), [done = std::move(done)] { done(false); });
}

void LocalStream::Finish(absl::Status status) {
  const MutexLock lock(mutex_);
  if (!end_) end_ = std::move(status);
  Schedule();
}

void LocalStream::Reset() {
  Abort(absl::DataLossError("the call was reset: what came of it is not the whole"));
}

void LocalStream::Abort(absl::Status why) {
  rpc::ByteStream::Done done;
  {
    const MutexLock lock(mutex_);
    if (!end_ || writing_) end_ = std::move(why);
    message_.reset();
    writing_ = false;
    done = std::exchange(write_done_, nullptr);
  }
  if (done) rpc::RunOnRpcThread(absl::Now(), [done = std::move(done)] { done(false); });
  // Before the end is told, which lets go of those who wait for the cancellation.
  call()->Cancel();
  const MutexLock lock(mutex_);
  Schedule();
}

void LocalStream::Read(uint64_t message, bool more) {
  rpc::ByteStream::Done done;
  {
    const MutexLock lock(mutex_);
    if (!writing_ || message != messages_) return;
    if (more) {
      writing_ = false;
      done = std::exchange(write_done_, nullptr);
      Schedule();
    }
  }
  if (!more) return Abort(absl::CancelledError("the caller wants no more"));
  if (done) done(true);
}

LocalStream::Next LocalStream::NextOf(uint64_t message) {
  const auto self = std::static_pointer_cast<LocalStream>(shared_from_this());
  const auto turn =
      std::make_shared<ReaderTurn>([self, message](bool more) { self->Read(message, more); });
  return [turn](bool more) { turn->Answer(more); };
}

void LocalStream::Schedule() {
  const bool something = message_.has_value() || (end_.has_value() && !writing_ && !told_);
  if (running_ || !something) return;
  running_ = true;
  const auto self = std::static_pointer_cast<LocalStream>(shared_from_this());
  rpc::RunOnRpcThread(absl::Now(), [self] { self->Run(); });
}

void LocalStream::Run() {
  for (;;) {
    std::optional<std::string> message;
    std::optional<absl::Status> end;
    uint64_t number = 0;
    {
      const MutexLock lock(mutex_);
      message = std::exchange(message_, std::nullopt);
      number = messages_;
      if (!message && end_ && !writing_ && !std::exchange(told_, true)) end = end_;
      if (!message && !end) {
        running_ = false;
        return;
      }
    }
    if (message) {
      on_message_(*message, NextOf(number));
    } else {
      TellEnd(*end);
    }
  }
}

void LocalStream::TellEnd(const absl::Status& status) {
  on_message_ = nullptr;
  const Done done = std::exchange(done_, nullptr);
  const absl::Status told = Outward(status);
  call()->End(told.code());
  done(told);
}

std::shared_ptr<rpc::ByteStream> HoldStream(std::shared_ptr<LocalStream> stream) {
  return std::make_shared<HeldStream>(std::move(stream));
}

std::function<void(absl::StatusOr<std::string>)> HoldAnswer(std::shared_ptr<LocalAnswer> answer) {
  return [held = std::make_shared<HeldAnswer>(std::move(answer))](
             absl::StatusOr<std::string> result) { held->Give(std::move(result)); };
}

}  // namespace hie::edge
