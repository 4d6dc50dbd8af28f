#include <utility>

#include "absl/time/clock.h"
#include "services/common/rpc/byte_buffers.h"
#include "services/common/rpc/client_call.h"
#include "services/common/rpc/rpc_thread.h"
#include "services/common/rpc/status_mapping.h"

namespace hie::rpc {
namespace {

using grpc::ByteBuffer;

// Owns itself until gRPC is done with it.
//
// gRPC lets a reactor go when nothing is under way, and writes come from outside: a hold keeps it
// until reading ends.  After that nothing is written.
class StreamCall final : public grpc::ClientBidiReactor<ByteBuffer, ByteBuffer>,
                         public ClientByteStream,
                         public std::enable_shared_from_this<StreamCall> {
 public:
  StreamCall(ClientCallStart start, std::function<bool(absl::string_view)> on_message,
             std::function<void(absl::Status)> done)
      : start_(std::move(start)), on_message_(std::move(on_message)), done_(std::move(done)) {}

  void Start(std::optional<std::string> request) HIE_EXCLUDES(mutex_) {
    absl::Status status = FillContext(start_, context_);
    if (status.ok() && !Begin(std::move(request))) status = ServerGone();
    if (status.ok()) return;
    {
      MutexLock lock(mutex_);
      open_ = false;
    }
    RunOnRpcThread(absl::Now(), [self = shared_from_this(), status] { self->done_(status); });
  }

  void Write(std::string message, Done done) override HIE_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (open_ && !writing_ && !half_closed_) {
        writing_ = true;
        write_done_ = std::move(done);
        sent_ = ToByteBuffer(std::move(message));
        return StartWrite(&sent_);
      }
      // A second write before the first is done is a fault: end, rather than lose a message.
      if (open_ && writing_) context_.TryCancel();
    }
    if (done) RunOnRpcThread(absl::Now(), [done = std::move(done)] { done(false); });
  }

  void WritesDone() override HIE_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (!open_ || half_closed_) return;
    half_closed_ = true;
    CloseIfIdle();
  }

  void Cancel() override { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (ok && on_message_(absl::string_view(ToBytes(received_)))) return StartRead(&received_);
    if (ok) context_.TryCancel();
    MutexLock lock(mutex_);
    open_ = false;
    RemoveHold();
  }

  void OnWriteDone(bool ok) override HIE_EXCLUDES(mutex_) {
    Done done;
    {
      MutexLock lock(mutex_);
      writing_ = false;
      done = std::exchange(write_done_, nullptr);
      CloseIfIdle();
    }
    if (done) done(ok);
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<StreamCall> self = std::move(self_);
    done_(FromGrpc(status));
  }

 private:
  bool Begin(std::optional<std::string> request) HIE_EXCLUDES(mutex_) {
    return start_.origin->TryBegin([&](grpc::GenericStub& stub) {
      self_ = shared_from_this();
      stub.PrepareBidiStreamingCall(&context_, start_.path, grpc::StubOptions(), this);
      MutexLock lock(mutex_);
      AddHold();
      StartRead(&received_);
      if (request) {
        writing_ = true;
        half_closed_ = true;
        closing_sent_ = true;
        sent_ = ToByteBuffer(*std::move(request));
        StartWriteLast(&sent_, grpc::WriteOptions());
      }
      StartCall();
    });
  }

  void CloseIfIdle() HIE_REQUIRES(mutex_) {
    if (!open_ || writing_ || !half_closed_ || closing_sent_) return;
    closing_sent_ = true;
    StartWritesDone();
  }

  const ClientCallStart start_;
  const std::function<bool(absl::string_view)> on_message_;
  const std::function<void(absl::Status)> done_;
  grpc::ClientContext context_;
  std::shared_ptr<StreamCall> self_;
  ByteBuffer received_;
  Mutex mutex_;
  bool open_ HIE_GUARDED_BY(mutex_) = true;  // Reading goes on, so the hold is there.
  bool writing_ HIE_GUARDED_BY(mutex_) = false;
  bool half_closed_ HIE_GUARDED_BY(mutex_) = false;
  bool closing_sent_ HIE_GUARDED_BY(mutex_) = false;  // With the last message, or by itself.
  Done write_done_ HIE_GUARDED_BY(mutex_);
  ByteBuffer sent_ HIE_GUARDED_BY(mutex_);  // Good until its write is done.
};

}  // namespace

std::shared_ptr<ClientByteStream> StartStreamCall(ClientCallStart start,
                                                  std::optional<std::string> request,
                                                  std::function<bool(absl::string_view)> on_message,
                                                  std::function<void(absl::Status)> done) {
  auto call =
      std::make_shared<StreamCall>(std::move(start), std::move(on_message), std::move(done));
  call->Start(std::move(request));
  return call;
}

}  // namespace hie::rpc
