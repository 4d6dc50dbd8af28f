#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/channel.h"

namespace hie::edge {

// The exchange's own methods, called from another door of the same process on behalf of a caller
// whom that door has authenticated.  The FHIR and HL7 v2 doors translate; what is decided, audited
// and released is decided, audited and released by the same handlers as over gRPC.
//
// Permission is checked as over gRPC: PERMISSION_DENIED.  `context` is the call: its caller is who
// calls, its deadline and cancellation hold for everything below.  Thread-safe; never blocks;
// callbacks come on any thread and must not block.
class ExchangeCalls {
 public:
  virtual ~ExchangeCalls() = default;

  // Calls a unary method.
  template <typename Method>
  void Call(std::shared_ptr<rpc::CallContext> context, const typename Method::Request& request,
            std::function<void(absl::StatusOr<typename Method::Response>)> done) {
    static_assert(!Method::kClientStreaming && !Method::kServerStreaming);
    StartUnary(Method::kFullName, std::move(context), request.SerializeAsString(),
               [done = std::move(done)](absl::StatusOr<std::string> bytes) {
                 if (!bytes.ok()) return done(bytes.status());
                 typename Method::Response response;
                 if (!response.ParseFromString(*bytes)) {
                   return done(absl::InternalError("response: not a message"));
                 }
                 done(std::move(response));
               });
  }

  // Calls a server-streaming method.
  //
  // `on_message` gets each message with `next`: the following one comes after `next(true)`, which
  // may be called later from any thread; `next(false)` gives the call up.  `done` once, last.
  template <typename Method>
  void Stream(std::shared_ptr<rpc::CallContext> context, const typename Method::Request& request,
              std::function<void(typename Method::Response, std::function<void(bool)>)> on_message,
              std::function<void(absl::Status)> done) {
    static_assert(!Method::kClientStreaming && Method::kServerStreaming);
    StartStream(
        Method::kFullName, std::move(context), request.SerializeAsString(),
        [on_message = std::move(on_message)](const std::string& bytes,
                                             std::function<void(bool)> next) {
          typename Method::Response response;
          if (!response.ParseFromString(bytes)) return next(false);
          on_message(std::move(response), std::move(next));
        },
        std::move(done));
  }

 protected:
  virtual void StartUnary(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                          std::string request,
                          std::function<void(absl::StatusOr<std::string>)> done) = 0;
  virtual void StartStream(
      const std::string& method, std::shared_ptr<rpc::CallContext> context, std::string request,
      std::function<void(const std::string&, std::function<void(bool)>)> on_message,
      std::function<void(absl::Status)> done) = 0;
};

// The context of a call that another door made.  Thread-safe.
class DoorContext final : public rpc::CallContext {
 public:
  DoorContext(rpc::Caller caller, absl::Time deadline, std::string request_id,
              std::string traceparent);
  ~DoorContext() override;

  const rpc::Caller& caller() const override { return caller_; }
  absl::Time deadline() const override { return deadline_; }
  bool cancelled() const override;
  const std::string& request_id() const override { return request_id_; }
  void WhenCancelled(std::function<void()> then) override;
  const std::string& traceparent() const override { return traceparent_; }

  // The client has gone: cancels what runs for it.  Idempotent.
  void Cancel();

 private:
  struct State;
  const rpc::Caller caller_;
  const absl::Time deadline_;
  const std::string request_id_;
  const std::string traceparent_;
  const std::shared_ptr<State> state_;
};

}  // namespace hie::edge
