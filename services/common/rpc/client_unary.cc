#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/rpc/byte_buffers.h"
#include "services/common/rpc/client_call.h"
#include "services/common/rpc/metadata.h"
#include "services/common/rpc/rpc_thread.h"
#include "services/common/rpc/status_mapping.h"

namespace hie::rpc {
namespace {

// Before the second try: between half of this and all of it.
constexpr absl::Duration kRetryDelayMax = absl::Milliseconds(100);

absl::Duration RetryDelay() {
  SystemRandom random;
  const double half = absl::ToDoubleSeconds(kRetryDelayMax) / 2;
  const double jitter = static_cast<double>(random.Next() >> 11) / static_cast<double>(1ULL << 53);
  return absl::Seconds(half + half * jitter);
}

bool IsPrintable(absl::string_view text) {
  return absl::c_all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

absl::Status Add(const char* key, absl::string_view value, grpc::ClientContext& context) {
  if (value.empty()) return absl::OkStatus();
  // gRPC aborts the process on metadata that it cannot send.
  if (!IsPrintable(value)) {
    return absl::InvalidArgumentError(absl::StrCat(key, ": want printable ASCII"));
  }
  context.AddMetadata(key, std::string(value));
  return absl::OkStatus();
}

// Owns itself through the callbacks that are under way.
class UnaryCall final : public CallHandle, public std::enable_shared_from_this<UnaryCall> {
 public:
  UnaryCall(ClientCallStart start, int tries, std::string request,
            std::function<void(absl::StatusOr<std::string>)> done)
      : start_(std::move(start)),
        tries_left_(tries),
        request_(ToByteBuffer(std::move(request))),
        done_(std::move(done)) {}

  void Try() HIE_EXCLUDES(mutex_) {
    absl::Status status;
    {
      MutexLock lock(mutex_);
      --tries_left_;
      context_ = std::make_unique<grpc::ClientContext>();
      response_.Clear();
      status = cancelled_ ? absl::CancelledError("cancelled by the caller")
                          : FillContext(start_, *context_);
      if (status.ok() && Begin(*context_)) return;
      if (status.ok()) status = ServerGone();
    }
    RunOnRpcThread(absl::Now(), [self = shared_from_this(), status] { self->done_(status); });
  }

  void Cancel() override HIE_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }

 private:
  bool Begin(grpc::ClientContext& context) {
    return start_.origin->TryBegin([&](grpc::GenericStub& stub) {
      stub.UnaryCall(
          &context, start_.path, grpc::StubOptions(), &request_, &response_,
          [self = shared_from_this()](const grpc::Status& result) { self->Ended(result); });
    });
  }

  void Ended(const grpc::Status& result) {
    if (result.ok()) return done_(ToBytes(response_));
    const absl::Time next = absl::Now() + RetryDelay();
    if (!MayTryAgain(result, next)) return done_(FromGrpc(result));
    RunOnRpcThread(next, [self = shared_from_this()] { self->Try(); });
  }

  bool MayTryAgain(const grpc::Status& result, absl::Time next) HIE_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return result.error_code() == grpc::StatusCode::UNAVAILABLE && tries_left_ > 0 && !cancelled_ &&
           next < start_.options.deadline;
  }

  const ClientCallStart start_;
  Mutex mutex_;
  int tries_left_ HIE_GUARDED_BY(mutex_);
  bool cancelled_ HIE_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::ClientContext> context_ HIE_GUARDED_BY(mutex_);
  const grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;  // Of the try that is under way.
  const std::function<void(absl::StatusOr<std::string>)> done_;
};

}  // namespace

absl::Status ServerGone() { return absl::UnavailableError("the server has shut down"); }

absl::Status FillContext(const ClientCallStart& start, grpc::ClientContext& context) {
  const CallOptions& options = start.options;
  if (options.deadline != absl::InfiniteFuture()) {
    context.set_deadline(absl::ToChronoTime(std::max(options.deadline, absl::UnixEpoch())));
  }
  const std::string bearer =
      options.bearer_token.empty() ? "" : absl::StrCat("Bearer ", options.bearer_token);
  absl::Status status = Add(kRequestIdKey, options.request_id, context);
  status.Update(Add(kTraceparentKey, options.traceparent, context));
  status.Update(Add(kAuthorizationKey, bearer, context));
  status.Update(Add(kRoleCredentialKey, start.role_credential, context));
  return status;
}

std::shared_ptr<CallHandle> StartUnaryCall(ClientCallStart start, int tries, std::string request,
                                           std::function<void(absl::StatusOr<std::string>)> done) {
  auto call =
      std::make_shared<UnaryCall>(std::move(start), tries, std::move(request), std::move(done));
  call->Try();
  return call;
}

}  // namespace hie::rpc
