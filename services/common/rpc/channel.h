#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/tls.h"

namespace hie::rpc {

// How one call is made.
struct CallOptions {
  absl::Time deadline;       // Required.
  std::string request_id;    // Passed on as x-request-id.
  std::string traceparent;   // W3C trace context.
  std::string bearer_token;  // Empty: none.
};

// Returns the options of a child call: same ids, and the deadline minus a margin (a tenth of what
// is left, at most 20 ms), so that the parent still has time to answer.
CallOptions ChildCall(const CallContext& parent);

// A call that may be cancelled.  Destroying the handle does not cancel.
class CallHandle {
 public:
  virtual ~CallHandle() = default;
  virtual void Cancel() = 0;
};

// The client's side of a bidirectional call.  Thread-safe.
class ClientByteStream : public CallHandle {
 public:
  using Done = std::function<void(bool ok)>;
  // One Write at a time; as ByteStream::Write.
  virtual void Write(std::string message, Done done) = 0;
  // No more writes follow.
  virtual void WritesDone() = 0;
};

// A connection to one server, as bytes underneath.  Thread-safe.
//
// Unary calls of idempotent methods are tried at most twice, on UNAVAILABLE only, within the
// deadline; all others once.
class Channel {
 public:
  virtual ~Channel() = default;

  // Dials `target` (host:port) with mutual TLS; `server_name` overrides the name to verify.
  static absl::StatusOr<std::shared_ptr<Channel>> Dial(const std::string& target,
                                                       std::shared_ptr<TlsFiles> tls,
                                                       const std::string& server_name = "");

  // Calls a unary method.  `done` runs on an RPC thread and must not block.
  template <typename Method>
  std::shared_ptr<CallHandle> Call(
      const CallOptions& options, const typename Method::Request& request,
      std::function<void(absl::StatusOr<typename Method::Response>)> done) {
    static_assert(!Method::kClientStreaming && !Method::kServerStreaming);
    return StartUnary(Method::kPath, Method::kIdempotent, options, request.SerializeAsString(),
                      [done = std::move(done)](absl::StatusOr<std::string> bytes) {
                        done(Parse<typename Method::Response>(std::move(bytes)));
                      });
  }

  // Calls a unary method and waits.  For programs and tests; never on an RPC thread.
  template <typename Method>
  absl::StatusOr<typename Method::Response> CallAndWait(const CallOptions& options,
                                                        const typename Method::Request& request) {
    static_assert(!Method::kClientStreaming && !Method::kServerStreaming);
    return Parse<typename Method::Response>(
        WaitUnary(Method::kPath, Method::kIdempotent, options, request.SerializeAsString()));
  }

  // Calls a server-streaming method.  `on_message` runs on an RPC thread, one at a time, the next
  // is read when it returns; returning false cancels.  `done` runs last.
  template <typename Method>
  std::shared_ptr<CallHandle> Stream(
      const CallOptions& options, const typename Method::Request& request,
      std::function<bool(const typename Method::Response&)> on_message,
      std::function<void(absl::Status)> done) {
    static_assert(!Method::kClientStreaming && Method::kServerStreaming);
    return StartStream(
        Method::kPath, options, request.SerializeAsString(),
        [on_message = std::move(on_message)](absl::string_view bytes) {
          typename Method::Response response;
          return response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
                 on_message(response);
        },
        std::move(done));
  }

  // Opens a bidirectional call; see Stream.
  template <typename Method>
  std::shared_ptr<ClientByteStream> Bidi(
      const CallOptions& options, std::function<bool(const typename Method::Response&)> on_message,
      std::function<void(absl::Status)> done) {
    static_assert(Method::kClientStreaming && Method::kServerStreaming);
    return StartBidi(
        Method::kPath, options,
        [on_message = std::move(on_message)](absl::string_view bytes) {
          typename Method::Response response;
          return response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
                 on_message(response);
        },
        std::move(done));
  }

 protected:
  template <typename Response>
  static absl::StatusOr<Response> Parse(absl::StatusOr<std::string> bytes) {
    if (!bytes.ok()) return bytes.status();
    Response response;
    if (!response.ParseFromString(*bytes)) return absl::InternalError("response: not a message");
    return response;
  }

  virtual std::shared_ptr<CallHandle> StartUnary(
      const std::string& path, bool idempotent, const CallOptions& options, std::string request,
      std::function<void(absl::StatusOr<std::string>)> done) = 0;
  virtual absl::StatusOr<std::string> WaitUnary(const std::string& path, bool idempotent,
                                                const CallOptions& options,
                                                std::string request) = 0;
  virtual std::shared_ptr<CallHandle> StartStream(const std::string& path,
                                                  const CallOptions& options, std::string request,
                                                  std::function<bool(absl::string_view)> on_message,
                                                  std::function<void(absl::Status)> done) = 0;
  virtual std::shared_ptr<ClientByteStream> StartBidi(
      const std::string& path, const CallOptions& options,
      std::function<bool(absl::string_view)> on_message,
      std::function<void(absl::Status)> done) = 0;
};

}  // namespace hie::rpc
