// Unary calls, over both transports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "services/common/base/uuid.h"
#include "services/common/rpc/testing/call_every_method.h"
#include "services/common/rpc/testing/rpc_world.h"
#include "services/common/rpc/trace_context.h"

namespace hie::rpc {
namespace {

using audit::v1::AppendRequest;
using audit::v1::AppendResponse;
using audit::v1::AuditService;
using audit::v1::ListRequest;
using audit::v1::ListResponse;
using audit::v1::VerifyRequest;
using audit::v1::VerifyResponse;
using testing::HasSubstr;

using VerifyHandler = std::function<absl::StatusOr<VerifyResponse>(const CallContext&)>;
using ListHandler = std::function<void(std::shared_ptr<CallContext>,
                                       std::function<void(absl::StatusOr<ListResponse>)>)>;

constexpr absl::Duration kPatience = absl::Seconds(10);

// Waits until `condition` holds.
template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Time end = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

class UnaryTest : public testing::TestWithParam<Transport> {
 protected:
  // Starts an audit server whose Verify and List do what the test says; Append echoes a count.
  void Start(Server::Options options) {
    absl::StatusOr<std::unique_ptr<Server>> server = Server::Create(std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Serve<AuditService::Append>(
        [this](const CallContext&, const AppendRequest& request) -> absl::StatusOr<AppendResponse> {
          ++calls_;
          AppendResponse response;
          for (int i = 0; i < request.events_size(); ++i) response.add_sequences(i + 1u);
          return response;
        });
    server_->Serve<AuditService::Verify>([this](const CallContext& context, const VerifyRequest&) {
      ++calls_;
      return verify_(context);
    });
    server_->ServeAsync<AuditService::List>(
        [this](std::shared_ptr<CallContext> context, const ListRequest&,
               std::function<void(absl::StatusOr<ListResponse>)> done) {
          ++calls_;
          list_(std::move(context), std::move(done));
        });
    ASSERT_TRUE(server_->Start().ok());
    channel_ = world_.ChannelTo(*server_, GetParam());
  }
  void Start() { Start(world_.ServerOptions()); }

  absl::StatusOr<VerifyResponse> Verify(const CallOptions& options = TenSeconds()) {
    return channel_->CallAndWait<AuditService::Verify>(options, {});
  }
  absl::StatusOr<ListResponse> List(const CallOptions& options = TenSeconds()) {
    return channel_->CallAndWait<AuditService::List>(options, {});
  }

  RpcWorld world_;
  std::atomic<int> calls_ = 0;
  VerifyHandler verify_ = [](const CallContext&) { return VerifyResponse(); };
  ListHandler list_ = [](std::shared_ptr<CallContext>, auto done) { done(ListResponse()); };
  std::unique_ptr<Server> server_;
  std::shared_ptr<Channel> channel_;
};

INSTANTIATE_TEST_SUITE_P(Transports, UnaryTest,
                         testing::Values(Transport::kInProcess, Transport::kMutualTls),
                         [](const auto& info) {
                           return info.param == Transport::kInProcess ? "InProcess" : "MutualTls";
                         });

TEST_P(UnaryTest, ACallReachesItsHandlerAndComesBack) {
  Start();
  AppendRequest request;
  for (int i = 0; i < 3; ++i) request.add_events();
  absl::StatusOr<AppendResponse> response =
      channel_->CallAndWait<AuditService::Append>(TenSeconds(), request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->sequences_size(), 3);
}

TEST_P(UnaryTest, TheHandlerSeesWhoCallsAndTheIds) {
  Caller caller;
  std::string request_id;
  std::string traceparent;
  verify_ = [&](const CallContext& context) {
    caller = context.caller();
    request_id = context.request_id();
    traceparent = context.traceparent();
    return VerifyResponse();
  };
  Start();
  CallOptions options = TenSeconds();
  options.request_id = "req-1";
  options.traceparent = "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01";
  ASSERT_TRUE(Verify(options).ok());
  EXPECT_EQ(caller.kind, CallerKind::kRole);
  EXPECT_EQ(caller.role, "gateway");
  EXPECT_EQ(request_id, "req-1");
  EXPECT_TRUE(IsTraceparent(traceparent));
  EXPECT_EQ(traceparent.substr(0, 35), options.traceparent.substr(0, 35));
  EXPECT_NE(traceparent, options.traceparent) << "the call has a span of its own";
}

TEST_P(UnaryTest, AnUnfitRequestIdIsReplaced) {
  std::string request_id;
  verify_ = [&](const CallContext& context) {
    request_id = context.request_id();
    return VerifyResponse();
  };
  Start();
  for (const std::string& unfit : {std::string(), std::string("a b"), std::string(65, 'x')}) {
    CallOptions options = TenSeconds();
    options.request_id = unfit;
    ASSERT_TRUE(Verify(options).ok());
    EXPECT_TRUE(IsUuid(request_id)) << request_id;
  }
}

TEST_P(UnaryTest, MetadataThatCannotBeSentIsAnErrorAndNotAnAbort) {
  Start();
  CallOptions options = TenSeconds();
  options.bearer_token = "line\nbreak";
  EXPECT_EQ(Verify(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(UnaryTest, WithoutIdentityEveryMethodIsRefusedAndNoHandlerRuns) {
  Start();
  const std::shared_ptr<Channel> nobody = world_.ChannelTo(*server_, GetParam(), "");
  const std::vector<MethodAnswer> answers = CallEveryMethod(*nobody, {AuditService::kFullName});
  EXPECT_EQ(answers.size(), 3u);
  for (const MethodAnswer& answer : answers) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnauthenticated)
        << answer.full_name << ": " << answer.status;
  }
  EXPECT_EQ(calls_, 0);
}

TEST_P(UnaryTest, WithoutPermissionEveryMethodIsRefusedAndNoHandlerRuns) {
  class NothingPolicy final : public AccessPolicy {
   public:
    absl::StatusOr<Caller> Authenticate(const Peer& peer) const override {
      return RoleAccessPolicy(RpcWorld::kCredential).Authenticate(peer);
    }
    absl::Status Authorize(const Caller&, hie::options::v1::Permission permission) const override {
      EXPECT_EQ(permission, hie::options::v1::PERMISSION_INTERNAL_ROLE);
      return absl::PermissionDeniedError("no");
    }
  };
  Server::Options options = world_.ServerOptions();
  options.access = std::make_shared<NothingPolicy>();
  Start(std::move(options));
  for (const MethodAnswer& answer : CallEveryMethod(*channel_, {AuditService::kFullName})) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kPermissionDenied) << answer.full_name;
  }
  EXPECT_EQ(calls_, 0);
}

TEST_P(UnaryTest, APolicyThatRecognisesNobodyAdmitsNobody) {
  class AnonymousPolicy final : public AccessPolicy {
   public:
    absl::StatusOr<Caller> Authenticate(const Peer&) const override { return Caller{}; }
    absl::Status Authorize(const Caller&, hie::options::v1::Permission) const override {
      return absl::OkStatus();
    }
  };
  Server::Options options = world_.ServerOptions();
  options.access = std::make_shared<AnonymousPolicy>();
  Start(std::move(options));
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(calls_, 0);
}

TEST_P(UnaryTest, StatusesPassAndInternalTextStaysInside) {
  absl::Status status;
  verify_ = [&](const CallContext&) -> absl::StatusOr<VerifyResponse> { return status; };
  Start();
  CallOptions options = TenSeconds();
  options.request_id = "req-7";
  status = absl::FailedPreconditionError("member: want state LIVE");
  EXPECT_EQ(Verify(options).status(), status);
  status = absl::InternalError("/var/lib/hie is broken");
  EXPECT_EQ(Verify(options).status(), absl::InternalError("internal error, request req-7"));
  status = absl::UnknownError("what is this");
  EXPECT_EQ(Verify(options).status(), absl::InternalError("internal error, request req-7"));
}

TEST_P(UnaryTest, AnUnreadableRequestIsRefused) {
  Start();
  std::promise<absl::Status> answer;
  // Tag 1, length-delimited, length 5, one byte: cut.
  const std::shared_ptr<CallHandle> call =
      CallRaw(*channel_, AuditService::Append::kPath, std::string("\x0A\x05x", 3),
              [&](absl::StatusOr<std::string> response) { answer.set_value(response.status()); });
  EXPECT_EQ(answer.get_future().get(), absl::InvalidArgumentError("request: not a valid message"));
  EXPECT_EQ(calls_, 0);
}

TEST_P(UnaryTest, TheDeadlineReachesTheHandler) {
  absl::Time seen;
  verify_ = [&](const CallContext& context) {
    seen = context.deadline();
    return VerifyResponse();
  };
  Start();
  const CallOptions options = TenSeconds();
  ASSERT_TRUE(Verify(options).ok());
  EXPECT_NEAR(absl::ToDoubleSeconds(seen - options.deadline), 0, 1);
}

TEST_P(UnaryTest, ACallWithoutDeadlineGetsTheServersMaximumAndEndsThere) {
  Server::Options options = world_.ServerOptions();
  options.limits.call_time_max = absl::Milliseconds(500);
  absl::Time seen;
  std::function<void(absl::StatusOr<ListResponse>)> never;
  list_ = [&](std::shared_ptr<CallContext> context, auto done) {
    seen = context->deadline();
    never = std::move(done);
  };
  Start(std::move(options));
  CallOptions no_deadline;
  no_deadline.deadline = absl::InfiniteFuture();
  const absl::Time began = absl::Now();
  EXPECT_EQ(List(no_deadline).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(absl::Now() - began, absl::Seconds(5));
  EXPECT_LT(seen - began, absl::Seconds(4));
  ASSERT_TRUE(never);
  never(ListResponse());  // Late, and without effect.
}

TEST_P(UnaryTest, CancellationReachesTheHandler) {
  std::promise<std::shared_ptr<CallContext>> begun;
  std::atomic<bool> told = false;
  std::function<void(absl::StatusOr<ListResponse>)> late;
  list_ = [&](std::shared_ptr<CallContext> context, auto done) {
    late = std::move(done);
    context->WhenCancelled([&told] { told = true; });
    begun.set_value(std::move(context));
  };
  Start();
  std::promise<absl::Status> ended;
  const std::shared_ptr<CallHandle> call = channel_->Call<AuditService::List>(
      TenSeconds(), {},
      [&](absl::StatusOr<ListResponse> response) { ended.set_value(response.status()); });
  const std::shared_ptr<CallContext> context = begun.get_future().get();
  EXPECT_FALSE(context->cancelled());
  call->Cancel();
  EXPECT_EQ(ended.get_future().get().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(Eventually([&] { return context->cancelled() && told; }));
  std::atomic<bool> at_once = false;
  context->WhenCancelled([&at_once] { at_once = true; });
  EXPECT_TRUE(at_once);
  late(ListResponse());
}

TEST_P(UnaryTest, ACallersDeadlineCancelsTheHandler) {
  std::promise<std::shared_ptr<CallContext>> begun;
  std::function<void(absl::StatusOr<ListResponse>)> late;
  list_ = [&](std::shared_ptr<CallContext> context, auto done) {
    late = std::move(done);
    begun.set_value(std::move(context));
  };
  Start();
  ASSERT_TRUE(Verify().ok());  // The connection stands: the deadline is the handler's alone.
  CallOptions options;
  options.deadline = absl::Now() + absl::Milliseconds(500);
  EXPECT_EQ(List(options).status().code(), absl::StatusCode::kDeadlineExceeded);
  std::future<std::shared_ptr<CallContext>> began = begun.get_future();
  ASSERT_EQ(began.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  const std::shared_ptr<CallContext> context = began.get();
  EXPECT_TRUE(Eventually([&] { return context->cancelled(); }));
}

TEST_P(UnaryTest, ADroppedAnswerIsAnInternalError) {
  list_ = [](std::shared_ptr<CallContext>, auto) {};
  Start();
  EXPECT_EQ(List().status().code(), absl::StatusCode::kInternal);
}

TEST_P(UnaryTest, OnlyTheFirstAnswerCounts) {
  list_ = [](std::shared_ptr<CallContext>, auto done) {
    done(ListResponse());
    done(absl::AbortedError("second"));
  };
  Start();
  EXPECT_TRUE(List().ok());
}

TEST_P(UnaryTest, AFullPoolAnswersResourceExhausted) {
  Server::Options options = world_.ServerOptions();
  options.limits.pool_threads = 1;
  options.limits.pool_queue_max = 1;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> begun = 0;
  verify_ = [&, released](const CallContext&) {
    ++begun;
    released.wait();
    return VerifyResponse();
  };
  Start(std::move(options));
  std::atomic<int> ok = 0;
  std::atomic<int> exhausted = 0;
  constexpr int kCalls = 8;
  for (int i = 0; i < kCalls; ++i) {
    channel_->Call<AuditService::Verify>(TenSeconds(), {}, [&](const auto& response) {
      if (response.ok()) ++ok;
      if (absl::IsResourceExhausted(response.status())) ++exhausted;
    });
  }
  EXPECT_TRUE(Eventually([&] { return exhausted >= kCalls - 2 && begun == 1; }));
  release.set_value();
  EXPECT_TRUE(Eventually([&] { return ok + exhausted == kCalls; }));
  EXPECT_GE(ok, 1);
}

TEST_P(UnaryTest, MessagesAndMetadataAreCapped) {
  Server::Options options = world_.ServerOptions();
  options.limits.message_bytes_max = 64 << 10;
  Start(std::move(options));
  AppendRequest request;
  for (int i = 0; i < 1'000; ++i) request.add_events()->set_event_id(std::string(100, 'e'));
  EXPECT_EQ(channel_->CallAndWait<AuditService::Append>(TenSeconds(), request).status().code(),
            absl::StatusCode::kResourceExhausted);
  if (GetParam() == Transport::kInProcess) return;  // No headers are framed in process.
  CallOptions fat = TenSeconds();
  fat.bearer_token = std::string(32 << 10, 't');
  EXPECT_EQ(Verify(fat).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(calls_, 0);
}

TEST_P(UnaryTest, IdempotentCallsAreTriedTwiceOnUnavailable) {
  verify_ = [&](const CallContext&) -> absl::StatusOr<VerifyResponse> {
    if (calls_ == 1) return absl::UnavailableError("come again");
    return VerifyResponse();
  };
  Start();
  EXPECT_TRUE(Verify().ok());
  EXPECT_EQ(calls_, 2);
}

TEST_P(UnaryTest, AtMostTwice) {
  verify_ = [](const CallContext&) -> absl::StatusOr<VerifyResponse> {
    return absl::UnavailableError("come again");
  };
  Start();
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls_, 2);
}

TEST_P(UnaryTest, OtherCodesAreNotTriedAgain) {
  verify_ = [](const CallContext&) -> absl::StatusOr<VerifyResponse> {
    return absl::AbortedError("fence");
  };
  Start();
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(calls_, 1);
}

TEST_P(UnaryTest, WhatIsNotIdempotentIsTriedOnce) {
  verify_ = [](const CallContext&) -> absl::StatusOr<VerifyResponse> {
    return absl::UnavailableError("come again");
  };
  Start();
  std::promise<absl::Status> answer;
  const std::shared_ptr<CallHandle> call =
      CallRaw(*channel_, AuditService::Verify::kPath, "",
              [&](absl::StatusOr<std::string> r) { answer.set_value(r.status()); });
  EXPECT_EQ(answer.get_future().get().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls_, 1);
}

TEST_P(UnaryTest, AChildCallKeepsTheIdsAndLeavesTheParentTime) {
  CallOptions child;
  absl::Time deadline;
  verify_ = [&](const CallContext& context) {
    child = ChildCall(context);
    deadline = context.deadline();
    return VerifyResponse();
  };
  Start();
  CallOptions options = TenSeconds();
  options.request_id = "req-9";
  ASSERT_TRUE(Verify(options).ok());
  EXPECT_EQ(child.request_id, "req-9");
  EXPECT_TRUE(IsTraceparent(child.traceparent));
  EXPECT_EQ(deadline - child.deadline, absl::Milliseconds(20));
  EXPECT_TRUE(child.bearer_token.empty());
}

TEST_P(UnaryTest, ShutdownCancelsWhatDoesNotEndAndRefusesTheRest) {
  std::promise<void> begun;
  std::function<void(absl::StatusOr<ListResponse>)> late;
  list_ = [&](std::shared_ptr<CallContext>, auto done) {
    late = std::move(done);
    begun.set_value();
  };
  Start();
  std::promise<absl::Status> ended;
  channel_->Call<AuditService::List>(
      TenSeconds(), {}, [&](const auto& response) { ended.set_value(response.status()); });
  begun.get_future().wait();
  server_->Shutdown(absl::Milliseconds(50));
  EXPECT_FALSE(ended.get_future().get().ok());
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kUnavailable);
  channel_ = server_->InProcessChannel("gateway");
  EXPECT_EQ(Verify().status(), absl::UnavailableError("the server has shut down"));
  late(ListResponse());
  server_ = nullptr;
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace hie::rpc
