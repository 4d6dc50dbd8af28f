#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/caller.h"

namespace hie::rpc {

// The other direction of a streaming call.  Thread-safe.  A stream that is dropped by all its
// holders without Finish ends with INTERNAL.  Bytes are serialised messages; use the
// typed ServerWriter and ServerStream below.
class ByteStream {
 public:
  using Done = std::function<void(bool ok)>;
  virtual ~ByteStream() = default;
  // Sends one message; `done(true)` when the transport has taken it, `done(false)` when the call
  // is over.  `done` runs on an RPC thread and must not block.
  //
  // At most one Write at a time: the next one follows `done`, so that a slow reader slows the
  // writer and nothing piles up; the reader's answer may come before `done` (write_queue.h).  A
  // second Write before that is a fault: the call is reset, so that the reader cannot take what it
  // has for complete.
  virtual void Write(std::string message, Done done) = 0;
  // Ends the call, after a write that is under way.  What follows is dropped.  A call that was
  // cancelled or ran out of time has ended already: Finish then does nothing.
  virtual void Finish(absl::Status status) = 0;
  // Ends the call by a reset, without a final status: the reader cannot take it for complete.
  virtual void Reset() = 0;
};

// Methods that a server answers, as bytes.  The typed form is MethodRegistrar::Serve.
struct RawMethod {
  std::string full_name;
  hie::options::v1::Permission permission = hie::options::v1::PERMISSION_UNSPECIFIED;
  bool client_streaming = false;
  bool server_streaming = false;
  // Exactly one of these is set.
  std::function<absl::StatusOr<std::string>(std::shared_ptr<CallContext>, absl::string_view)> unary;
  // Returns at once; answers later through the callback.
  std::function<void(std::shared_ptr<CallContext>, absl::string_view,
                     std::function<void(absl::StatusOr<std::string>)>)>
      async_unary;
  // Server streaming: the request, then writes.
  std::function<void(std::shared_ptr<CallContext>, absl::string_view, std::shared_ptr<ByteStream>)>
      server_stream;
  // Bidirectional: returns the receiver of messages.  It is called on an RPC thread, one message
  // at a time, with std::nullopt once when the other side is done or gone; must not block.
  std::function<std::function<void(std::optional<absl::string_view>)>(std::shared_ptr<CallContext>,
                                                                      std::shared_ptr<ByteStream>)>
      bidi;
};

// Typed writer of a server-streaming method.  Copyable handle.
template <typename Response>
class ServerWriter {
 public:
  explicit ServerWriter(std::shared_ptr<ByteStream> stream) : stream_(std::move(stream)) {}
  void Write(const Response& response, ByteStream::Done done) const {
    stream_->Write(response.SerializeAsString(), std::move(done));
  }
  void Finish(absl::Status status) const { stream_->Finish(std::move(status)); }
  void Reset() const { stream_->Reset(); }

 private:
  std::shared_ptr<ByteStream> stream_;
};

// Takes the handlers of methods: a server, or another door into the same handlers.
class MethodRegistrar {
 public:
  virtual ~MethodRegistrar() = default;

  // Registers the handler of a unary method.  It runs on a bounded pool and may wait
  // for its own journal, never for an RPC.
  //   handler: absl::StatusOr<Response>(const CallContext&, const Request&)
  template <typename Method, typename Handler>
  void Serve(Handler handler) {
    static_assert(!Method::kClientStreaming && !Method::kServerStreaming);
    RawMethod raw = Describe<Method>();
    raw.unary = [handler = std::move(handler)](
                    std::shared_ptr<CallContext> context,
                    absl::string_view bytes) -> absl::StatusOr<std::string> {
      typename Method::Request request;
      if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return absl::InvalidArgumentError("request: not a valid message");
      }
      absl::StatusOr<typename Method::Response> response = handler(*context, request);
      if (!response.ok()) return response.status();
      return response->SerializeAsString();
    };
    Add(std::move(raw));
  }

  // Registers an asynchronous unary handler: it is called on the pool and answers later.
  //   handler: void(std::shared_ptr<CallContext>, Request,
  //                 std::function<void(absl::StatusOr<Response>)>)
  template <typename Method, typename Handler>
  void ServeAsync(Handler handler) {
    static_assert(!Method::kClientStreaming && !Method::kServerStreaming);
    RawMethod raw = Describe<Method>();
    raw.async_unary = [handler = std::move(handler)](
                          std::shared_ptr<CallContext> context, absl::string_view bytes,
                          std::function<void(absl::StatusOr<std::string>)> done) {
      typename Method::Request request;
      if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return done(absl::InvalidArgumentError("request: not a valid message"));
      }
      handler(std::move(context), std::move(request),
              [done = std::move(done)](absl::StatusOr<typename Method::Response> response) {
                if (!response.ok()) return done(response.status());
                done(response->SerializeAsString());
              });
    };
    Add(std::move(raw));
  }

  // Registers a server-streaming handler: called on the pool, writes and finishes later.
  //   handler: void(std::shared_ptr<CallContext>, Request, ServerWriter<Response>)
  template <typename Method, typename Handler>
  void ServeStream(Handler handler) {
    static_assert(!Method::kClientStreaming && Method::kServerStreaming);
    RawMethod raw = Describe<Method>();
    raw.server_stream = [handler = std::move(handler)](std::shared_ptr<CallContext> context,
                                                       absl::string_view bytes,
                                                       std::shared_ptr<ByteStream> stream) {
      typename Method::Request request;
      if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return stream->Finish(absl::InvalidArgumentError("request: not a valid message"));
      }
      handler(std::move(context), std::move(request),
              ServerWriter<typename Method::Response>(std::move(stream)));
    };
    Add(std::move(raw));
  }

  // Registers a bidirectional handler.  It is called when the call opens and returns the receiver
  // of requests: void(const Request* request), null once at the end.
  //   handler: std::function<void(const Request*)>(std::shared_ptr<CallContext>,
  //                                                ServerWriter<Response>)
  template <typename Method, typename Handler>
  void ServeBidi(Handler handler) {
    static_assert(Method::kClientStreaming && Method::kServerStreaming);
    RawMethod raw = Describe<Method>();
    raw.bidi = [handler = std::move(handler)](std::shared_ptr<CallContext> context,
                                              std::shared_ptr<ByteStream> stream) {
      std::function<void(const typename Method::Request*)> receive =
          handler(std::move(context), ServerWriter<typename Method::Response>(stream));
      return [receive = std::move(receive), stream](std::optional<absl::string_view> bytes) {
        if (!bytes) return receive(nullptr);
        typename Method::Request request;
        if (!request.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
          return stream->Finish(absl::InvalidArgumentError("request: not a valid message"));
        }
        receive(&request);
      };
    };
    Add(std::move(raw));
  }

 protected:
  template <typename Method>
  static RawMethod Describe() {
    RawMethod raw;
    raw.full_name = Method::kFullName;
    raw.permission = Method::kPermission;
    raw.client_streaming = Method::kClientStreaming;
    raw.server_streaming = Method::kServerStreaming;
    return raw;
  }

  virtual void Add(RawMethod method) = 0;
};

}  // namespace hie::rpc
