#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/method_registrar.h"
#include "services/common/rpc/rpc_thread.h"
#include "services/common/rpc/server_call.h"

namespace hie::edge {

// A call of another door while a handler works for it.  Thread-safe.
//
// Ends once: by its handler, by its caller or at its deadline, whichever comes first.  What the
// caller is told comes on an RPC thread, never within a call into this, so that no handler and no
// door runs inside the other's locks.
class LocalCall : public std::enable_shared_from_this<LocalCall> {
 public:
  explicit LocalCall(std::shared_ptr<rpc::ServerCall> call) : call_(std::move(call)) {}
  virtual ~LocalCall() = default;

  // Ends it with `why`, unless it has ended, and cancels what works for it.
  virtual void Abort(absl::Status why) = 0;

  // From now on the cancellation of `parent`, and the deadline, end it.
  void Follow(rpc::CallContext& parent);

  // What the handler sees.
  const std::shared_ptr<rpc::ServerCall>& call() const { return call_; }

 protected:
  // Returns the status as callers may read it: as over gRPC, the text of INTERNAL stays inside.
  absl::Status Outward(const absl::Status& status) const;

 private:
  const std::shared_ptr<rpc::ServerCall> call_;
  Mutex mutex_;
  std::unique_ptr<rpc::RpcTimer> timer_ HIE_GUARDED_BY(mutex_);
};

// The answer of a unary call.
class LocalAnswer final : public LocalCall {
 public:
  using Done = std::function<void(absl::StatusOr<std::string>)>;
  LocalAnswer(std::shared_ptr<rpc::ServerCall> call, Done done)
      : LocalCall(std::move(call)), done_(std::move(done)) {}

  void Give(absl::StatusOr<std::string> answer) HIE_EXCLUDES(mutex_);
  void Abort(absl::Status why) override;

 private:
  Mutex mutex_;
  Done done_ HIE_GUARDED_BY(mutex_);  // Null once answered.
};

// The sending half of a server-streaming call: one message at a time, the next one when the reader
// has said so.
class LocalStream final : public LocalCall {
 public:
  using Next = std::function<void(bool)>;
  using OnMessage = std::function<void(const std::string&, Next)>;
  using Done = std::function<void(absl::Status)>;
  LocalStream(std::shared_ptr<rpc::ServerCall> call, OnMessage on_message, Done done)
      : LocalCall(std::move(call)), on_message_(std::move(on_message)), done_(std::move(done)) {}

  // As rpc::ByteStream.
  void Write(std::string message, rpc::ByteStream::Done done) HIE_EXCLUDES(mutex_);
  void Finish(absl::Status status) HIE_EXCLUDES(mutex_);
  void Reset();
  void Abort(absl::Status why) override HIE_EXCLUDES(mutex_);

 private:
  // The reader's answer to message number `message`.
  void Read(uint64_t message, bool more) HIE_EXCLUDES(mutex_);
  Next NextOf(uint64_t message);
  void Schedule() HIE_REQUIRES(mutex_);
  // Tells the reader what there is to tell, one thing at a time.
  void Run() HIE_EXCLUDES(mutex_);
  void TellEnd(const absl::Status& status);

  Mutex mutex_;
  OnMessage on_message_;                                       // Called by Run only.
  Done done_;                                                  // Called by Run only.
  std::optional<std::string> message_ HIE_GUARDED_BY(mutex_);  // Not yet given to the reader.
  uint64_t messages_ HIE_GUARDED_BY(mutex_) = 0;
  bool writing_ HIE_GUARDED_BY(mutex_) = false;  // A message has not been read to its end.
  rpc::ByteStream::Done write_done_ HIE_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ HIE_GUARDED_BY(mutex_);
  bool running_ HIE_GUARDED_BY(mutex_) = false;
  bool told_ HIE_GUARDED_BY(mutex_) = false;
};

// What handlers hold.  Let go of without an answer, the call ends with INTERNAL.
std::shared_ptr<rpc::ByteStream> HoldStream(std::shared_ptr<LocalStream> stream);
std::function<void(absl::StatusOr<std::string>)> HoldAnswer(std::shared_ptr<LocalAnswer> answer);

}  // namespace hie::edge
