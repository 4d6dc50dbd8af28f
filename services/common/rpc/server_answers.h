#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/rpc_thread.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/server_call.h"

namespace hie::rpc {

// What both kinds of answer do when the transport, not the handler, ends a call.  Thread-safe.
class RunningCall {
 public:
  virtual ~RunningCall() = default;
  // Cancels the call's context and ends it with `why`, unless it has ended.
  virtual void Abort(absl::Status why) = 0;
};

// Ends `call` with DEADLINE_EXCEEDED at the deadline of its context.
std::unique_ptr<RpcTimer> EndAtDeadline(absl::Time deadline, std::weak_ptr<RunningCall> call);

// The answer of a unary call: given once, by whoever comes first.
//
// gRPC deletes a reactor only after its Finish, so `reactor` and `response` are good until the
// answer is given and never touched after.
class UnaryAnswer final : public RunningCall {
 public:
  UnaryAnswer(std::shared_ptr<ServerCall> call, grpc::ServerUnaryReactor* reactor,
              grpc::ByteBuffer* response)
      : call_(std::move(call)), reactor_(reactor), response_(response) {}

  void Give(absl::StatusOr<std::string> answer) HIE_EXCLUDES(mutex_);
  void Abort(absl::Status why) override;
  // The transport is done.
  void Done() HIE_EXCLUDES(mutex_);
  const std::shared_ptr<ServerCall>& call() const { return call_; }

 private:
  const std::shared_ptr<ServerCall> call_;
  Mutex mutex_;
  grpc::ServerUnaryReactor* reactor_ HIE_GUARDED_BY(mutex_);  // Null once answered.
  grpc::ByteBuffer* const response_;
  absl::StatusCode code_ HIE_GUARDED_BY(mutex_) = absl::StatusCode::kCancelled;
};

// What a stream needs of its reactor, whichever its kind.
class StreamTransport {
 public:
  virtual ~StreamTransport() = default;
  virtual void StartWriteOf(std::string message) = 0;
  virtual void FinishWith(grpc::Status status) = 0;
  // Reads the next message; bidirectional calls only.
  virtual void StartReadNext() {}
  // Resets the call: what is under way fails, FinishWith must still follow.
  virtual void ResetCall() = 0;
};

// The sending half of a streaming call.
//
// `transport` is good until FinishWith, as for UnaryAnswer.  Every call into it happens under the
// mutex: gRPC runs no reaction inside them.
class StreamAnswer final : public RunningCall {
 public:
  StreamAnswer(std::shared_ptr<ServerCall> call, StreamTransport* transport)
      : call_(std::move(call)), transport_(transport) {}

  void Write(std::string message, ByteStream::Done done) HIE_EXCLUDES(mutex_);
  void Finish(absl::Status status) HIE_EXCLUDES(mutex_);
  void Reset() HIE_EXCLUDES(mutex_);
  void Abort(absl::Status why) override HIE_EXCLUDES(mutex_);
  // Begins a read; false, without reading, when the call is finished.
  bool StartReading() HIE_EXCLUDES(mutex_);
  // The write that was under way ended.
  void WriteDone(bool ok) HIE_EXCLUDES(mutex_);
  // The transport is done.
  void Done() HIE_EXCLUDES(mutex_);
  const std::shared_ptr<ServerCall>& call() const { return call_; }

 private:
  void FinishLocked(absl::Status status) HIE_REQUIRES(mutex_);
  void ResetLocked() HIE_REQUIRES(mutex_);

  const std::shared_ptr<ServerCall> call_;
  Mutex mutex_;
  StreamTransport* transport_ HIE_GUARDED_BY(mutex_);  // Null once finished.
  bool writing_ HIE_GUARDED_BY(mutex_) = false;
  ByteStream::Done write_done_ HIE_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ HIE_GUARDED_BY(mutex_);  // Decided; waits for the write.
};

// What handlers hold.  When the last holder lets go without Finish, the call ends with INTERNAL.
std::shared_ptr<ByteStream> MakeByteStream(std::shared_ptr<StreamAnswer> answer);

// The callback of an asynchronous handler.  Dropped without a call, it answers INTERNAL.
std::function<void(absl::StatusOr<std::string>)> MakeAnswerCallback(
    std::shared_ptr<UnaryAnswer> answer);

}  // namespace hie::rpc
