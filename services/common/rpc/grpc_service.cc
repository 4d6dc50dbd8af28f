// The gRPC form of a service: what grpc_cpp_plugin would generate for raw callback methods, made
// from the descriptor instead, so that each call passes the gate before anything is parsed.
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/server_context.h>

#include <utility>

#include "services/common/rpc/byte_buffers.h"
#include "services/common/rpc/served_methods.h"
#include "services/common/rpc/server_answers.h"

namespace hie::rpc {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

absl::Status PoolFull() {
  return absl::ResourceExhaustedError("the server has too many calls waiting");
}

absl::Status Late() { return absl::CancelledError("the call ended before its handler began"); }

class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(Admission admission, const ServedMethod& method, WorkerPool& pool,
               const ByteBuffer& request, ByteBuffer* response)
      : answer_(std::make_shared<UnaryAnswer>(std::move(admission.call), this, response)) {
    if (!admission.status.ok()) {
      answer_->Give(std::move(admission.status));
      return;
    }
    if (admission.capped) timer_ = EndAtDeadline(answer_->call()->deadline(), answer_);
    // The task owns all it needs: the reactor may be gone before a cancelled handler is.
    const bool queued = pool.TryRun([answer = answer_, raw = &method.raw,
                                     request = ToBytes(request)] { Run(*raw, answer, request); });
    if (!queued) answer_->Give(PoolFull());
  }

  void OnCancel() override { answer_->Abort(absl::CancelledError("the caller went away")); }
  void OnDone() override {
    answer_->Done();
    delete this;
  }

 private:
  static void Run(const RawMethod& raw, const std::shared_ptr<UnaryAnswer>& answer,
                  const std::string& request) {
    if (answer->call()->cancelled()) {
      return answer->Give(Late());
    }
    if (raw.unary) return answer->Give(raw.unary(answer->call(), request));
    raw.async_unary(answer->call(), request, MakeAnswerCallback(answer));
  }

  const std::shared_ptr<UnaryAnswer> answer_;
  std::unique_ptr<RpcTimer> timer_;
};

// A server-streaming call.
class WriteReactor final : public grpc::ServerWriteReactor<ByteBuffer>, public StreamTransport {
 public:
  WriteReactor(Admission admission, const ServedMethod& method, WorkerPool& pool,
               CallbackServerContext* context, const ByteBuffer& request)
      : context_(context),
        answer_(std::make_shared<StreamAnswer>(std::move(admission.call), this)) {
    if (!admission.status.ok()) {
      answer_->Finish(std::move(admission.status));
      return;
    }
    if (admission.capped) timer_ = EndAtDeadline(answer_->call()->deadline(), answer_);
    const bool queued =
        pool.TryRun([answer = answer_, raw = &method.raw, request = ToBytes(request)] {
          std::shared_ptr<ByteStream> stream = MakeByteStream(answer);
          if (answer->call()->cancelled()) return stream->Finish(Late());
          raw->server_stream(answer->call(), request, std::move(stream));
        });
    if (!queued) answer_->Finish(PoolFull());
  }

  void OnWriteDone(bool ok) override { answer_->WriteDone(ok); }
  void OnCancel() override { answer_->Abort(absl::CancelledError("the caller went away")); }
  void OnDone() override {
    answer_->Done();
    delete this;
  }

  void StartWriteOf(std::string message) override {
    message_ = ToByteBuffer(std::move(message));
    StartWrite(&message_);
  }
  void FinishWith(grpc::Status status) override { Finish(std::move(status)); }
  void ResetCall() override { context_->TryCancel(); }

 private:
  CallbackServerContext* const context_;
  const std::shared_ptr<StreamAnswer> answer_;
  std::unique_ptr<RpcTimer> timer_;
  ByteBuffer message_;  // Good until its write is done.
};

// A bidirectional call.  Reads begin when the handler has given its receiver.
class BidiReactor final : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>,
                          public StreamTransport {
 public:
  BidiReactor(Admission admission, const ServedMethod& method, WorkerPool& pool,
              CallbackServerContext* context)
      : context_(context),
        answer_(std::make_shared<StreamAnswer>(std::move(admission.call), this)) {
    if (!admission.status.ok()) {
      answer_->Finish(std::move(admission.status));
      return;
    }
    const bool queued = pool.TryRun([answer = answer_, raw = &method.raw, receiver = receiver_] {
      Open(*raw, answer, *receiver);
    });
    if (!queued) answer_->Finish(PoolFull());
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(*receiver_);
    (*receiver_)(absl::string_view(ToBytes(request_)));
    if (!answer_->StartReading()) End(*receiver_);
  }
  void OnWriteDone(bool ok) override { answer_->WriteDone(ok); }
  void OnCancel() override { answer_->Abort(absl::CancelledError("the caller went away")); }
  void OnDone() override {
    answer_->Done();
    delete this;
  }

  void StartReadNext() override { StartRead(&request_); }
  void StartWriteOf(std::string message) override {
    message_ = ToByteBuffer(std::move(message));
    StartWrite(&message_);
  }
  void FinishWith(grpc::Status status) override { Finish(std::move(status)); }
  void ResetCall() override { context_->TryCancel(); }

 private:
  using Receiver = std::function<void(std::optional<absl::string_view>)>;

  static void Open(const RawMethod& raw, const std::shared_ptr<StreamAnswer>& answer,
                   Receiver& receiver) {
    receiver = raw.bidi(answer->call(), MakeByteStream(answer));
    if (!answer->StartReading()) End(receiver);
  }

  // The receiver holds the stream, which would keep itself alive: let go of it.
  static void End(Receiver& receiver) {
    receiver(std::nullopt);
    receiver = nullptr;
  }

  CallbackServerContext* const context_;
  const std::shared_ptr<StreamAnswer> answer_;
  // Written on the pool before the first read, then touched by reads only.
  const std::shared_ptr<Receiver> receiver_ = std::make_shared<Receiver>();
  ByteBuffer request_;
  ByteBuffer message_;  // Good until its write is done.
};

RpcMethod::RpcType TypeOf(const RawMethod& method) {
  if (method.client_streaming) return RpcMethod::BIDI_STREAMING;
  return method.server_streaming ? RpcMethod::SERVER_STREAMING : RpcMethod::NORMAL_RPC;
}

class DynamicService final : public grpc::Service {
 public:
  DynamicService(const ServedService& service, CallPath path, Door door) {
    int index = 0;
    for (const ServedMethod& method : service.methods) {
      AddMethod(new RpcServiceMethod(method.path.c_str(), TypeOf(method.raw), nullptr));
      MarkMethodRawCallback(index++, MakeHandler(method, path, door));
    }
  }

 private:
  // gRPC takes ownership of the handler, and each reactor deletes itself in OnDone.
  static grpc::internal::MethodHandler* MakeHandler(const ServedMethod& method, CallPath path,
                                                    Door door) {
    const auto admit = [&method, path, door](const CallbackServerContext& context) {
      return path.gate->Admit(context, door, method.raw, method.recorder);
    };
    switch (TypeOf(method.raw)) {
      case RpcMethod::BIDI_STREAMING:
        return new grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>(
            [admit, &method, path](CallbackServerContext* context) {
              return new BidiReactor(admit(*context), method, *path.pool, context);
            });
      case RpcMethod::SERVER_STREAMING:
        return new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
            [admit, &method, path](CallbackServerContext* context, const ByteBuffer* request) {
              return new WriteReactor(admit(*context), method, *path.pool, context, *request);
            });
      default:
        return new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
            [admit, &method, path](CallbackServerContext* context, const ByteBuffer* request,
                                   ByteBuffer* response) {
              return new UnaryReactor(admit(*context), method, *path.pool, *request, response);
            });
    }
  }
};

}  // namespace

std::unique_ptr<grpc::Service> MakeGrpcService(const ServedService& service, CallPath path,
                                               Door door) {
  return std::make_unique<DynamicService>(service, path, door);
}

}  // namespace hie::rpc
