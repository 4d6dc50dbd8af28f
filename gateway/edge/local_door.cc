#include "gateway/edge/local_door.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/edge/local_calls.h"
#include "services/common/rpc/rpc_thread.h"
#include "services/common/rpc/server_call.h"

namespace hie::edge {
namespace {

absl::Status Busy() { return absl::ResourceExhaustedError("too many calls wait for a thread"); }

absl::Status Late() { return absl::CancelledError("the call ended before its handler began"); }

// Counts a call from its start until its end was told and what told it is gone.
template <typename Told>
std::function<void(Told)> Counted(const std::shared_ptr<OpenCalls>& open,
                                  std::function<void(Told)> done) {
  open->Enter();
  return [open, done = std::move(done)](Told told) {
    done(std::move(told));
    open->Leave();
  };
}

// A span of the door's own is not needed: the handler works within the request's.
std::shared_ptr<rpc::ServerCall> MakeCall(const rpc::CallContext& context,
                                          std::shared_ptr<rpc::MethodRecorder> recorder) {
  return std::make_shared<rpc::ServerCall>(
      rpc::ServerCall::Start{.caller = context.caller(),
                             .deadline = context.deadline(),
                             .request_id = context.request_id(),
                             .traceparent = context.traceparent(),
                             .recorder = std::move(recorder)});
}

}  // namespace

absl::StatusOr<std::unique_ptr<LocalDoor>> LocalDoor::Create(Options options) {
  if (options.access == nullptr) return absl::InvalidArgumentError("access: want a policy");
  if (options.threads < 1 || options.queue_max < 1) {
    return absl::InvalidArgumentError("threads: want at least one, and one waiting call");
  }
  return std::unique_ptr<LocalDoor>(new LocalDoor(std::move(options)));
}

LocalDoor::LocalDoor(Options options)
    : options_(std::move(options)),
      pool_({.name = options_.name,
             .threads = options_.threads,
             .queue_max = options_.queue_max,
             .on_waiting = nullptr}) {}

void LocalDoor::Stop() { pool_.Stop(); }

void LocalDoor::Add(rpc::RawMethod method) {
  const std::string name = method.full_name;
  auto recorder = std::make_shared<rpc::MethodRecorder>(rpc::MethodRecorder::Options{
      .server = options_.name, .method = name, .metrics = options_.metrics, .log = options_.log});
  methods_[name] = Method{std::move(method), std::move(recorder)};
}

absl::StatusOr<const LocalDoor::Method*> LocalDoor::Admit(const std::string& name,
                                                          const rpc::CallContext& context) const {
  const auto found = methods_.find(name);
  if (found == methods_.end()) {
    return absl::UnimplementedError(absl::StrCat(name, ": nobody serves it"));
  }
  const rpc::Caller& caller = context.caller();
  if (caller.kind == rpc::CallerKind::kAnonymous) {
    return absl::UnauthenticatedError("caller: not recognised");
  }
  if (caller.kind != rpc::CallerKind::kMember) {
    return absl::PermissionDeniedError("caller: want a member");
  }
  const absl::Status allowed = options_.access->Authorize(caller, found->second.raw.permission);
  if (!allowed.ok()) return allowed;
  return &found->second;
}

void LocalDoor::StartUnary(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                           std::string request,
                           std::function<void(absl::StatusOr<std::string>)> done) {
  done = Counted<absl::StatusOr<std::string>>(open_, std::move(done));
  const absl::StatusOr<const Method*> admitted = Admit(method, *context);
  if (!admitted.ok()) {
    return rpc::RunOnRpcThread(absl::Now(),
                               [done = std::move(done), why = admitted.status()] { done(why); });
  }
  const rpc::RawMethod* raw = &(*admitted)->raw;
  const auto answer =
      std::make_shared<LocalAnswer>(MakeCall(*context, (*admitted)->recorder), std::move(done));
  const bool queued = pool_.TryRun([answer, raw, context, request = std::move(request)] {
    answer->Follow(*context);
    if (answer->call()->cancelled()) return answer->Give(Late());
    if (raw->unary) return answer->Give(raw->unary(answer->call(), request));
    if (raw->async_unary) return raw->async_unary(answer->call(), request, HoldAnswer(answer));
    answer->Give(absl::UnimplementedError("the method is of another kind"));
  });
  if (!queued) answer->Give(Busy());
}

void LocalDoor::StartStream(
    const std::string& method, std::shared_ptr<rpc::CallContext> context, std::string request,
    std::function<void(const std::string&, std::function<void(bool)>)> on_message,
    std::function<void(absl::Status)> done) {
  done = Counted<absl::Status>(open_, std::move(done));
  const absl::StatusOr<const Method*> admitted = Admit(method, *context);
  if (!admitted.ok()) {
    return rpc::RunOnRpcThread(absl::Now(),
                               [done = std::move(done), why = admitted.status()] { done(why); });
  }
  const rpc::RawMethod* raw = &(*admitted)->raw;
  const auto stream = std::make_shared<LocalStream>(MakeCall(*context, (*admitted)->recorder),
                                                    std::move(on_message), std::move(done));
  const bool queued = pool_.TryRun([stream, raw, context, request = std::move(request)] {
    stream->Follow(*context);
    const std::shared_ptr<rpc::ByteStream> held = HoldStream(stream);
    if (stream->call()->cancelled()) return held->Finish(Late());
    if (raw->server_stream) return raw->server_stream(stream->call(), request, held);
    held->Finish(absl::UnimplementedError("the method is of another kind"));
  });
  if (!queued) stream->Finish(Busy());
}

}  // namespace hie::edge
