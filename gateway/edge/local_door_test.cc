#include "gateway/edge/local_door.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/mutex.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::QueryRequest;
using exchange::v1::QueryResponse;
using exchange::v1::VerifyAuditRequest;
using exchange::v1::VerifyAuditResponse;
using QueryWriter = rpc::ServerWriter<QueryResponse>;
using ContextPtr = std::shared_ptr<rpc::CallContext>;

constexpr absl::Duration kSoon = absl::Seconds(20);

// Grants queries only.
class QueriesOnly final : public rpc::AccessPolicy {
 public:
  absl::StatusOr<rpc::Caller> Authenticate(const rpc::Peer&) const override {
    return absl::UnauthenticatedError("not asked");
  }
  absl::Status Authorize(const rpc::Caller& caller,
                         options::v1::Permission permission) const override {
    if (permission == options::v1::PERMISSION_PATIENT_QUERY) return absl::OkStatus();
    return caller.actor.user == "auditor" ? absl::OkStatus()
                                          : absl::PermissionDeniedError("not granted");
  }
};

std::shared_ptr<DoorContext> Context(const std::string& user = "auditor",
                                     rpc::CallerKind kind = rpc::CallerKind::kMember,
                                     absl::Duration time = absl::Minutes(1)) {
  rpc::Caller caller;
  caller.kind = kind;
  caller.actor.member = MemberId("north");
  caller.actor.user = user;
  return std::make_shared<DoorContext>(caller, absl::Now() + time, "request", "trace");
}

QueryResponse Message(uint32_t number) {
  QueryResponse message;
  message.mutable_end()->set_items(number);
  return message;
}

class LocalDoorTest : public testing::Test {
 protected:
  LocalDoorTest() {
    LocalDoor::Options options;
    options.access = std::make_shared<QueriesOnly>();
    door_ = *LocalDoor::Create(std::move(options));
  }
  ~LocalDoorTest() override { door_->Stop(); }

  absl::StatusOr<VerifyAuditResponse> Verify(const ContextPtr& context) {
    auto told = std::make_shared<std::promise<absl::StatusOr<VerifyAuditResponse>>>();
    ExchangeCalls& calls = *door_;
    calls.Call<ExchangeService::VerifyAudit>(context, VerifyAuditRequest(),
                                             [told](auto answer) { told->set_value(answer); });
    std::future<absl::StatusOr<VerifyAuditResponse>> answer = told->get_future();
    if (answer.wait_for(absl::ToChronoSeconds(kSoon)) != std::future_status::ready) {
      return absl::InternalError("never answered");
    }
    return answer.get();
  }

  // Reads until the end; `more` says of each message whether another one is wanted.
  absl::Status Query(const ContextPtr& context, std::function<bool(const QueryResponse&)> more) {
    auto told = std::make_shared<std::promise<absl::Status>>();
    ExchangeCalls& calls = *door_;
    calls.Stream<ExchangeService::Query>(
        context, QueryRequest(),
        [more](const QueryResponse& message, const std::function<void(bool)>& next) {
          next(more(message));
        },
        [told](absl::Status status) { told->set_value(std::move(status)); });
    std::future<absl::Status> over = told->get_future();
    if (over.wait_for(absl::ToChronoSeconds(kSoon)) != std::future_status::ready) {
      return absl::UnknownError("never ended");
    }
    return over.get();
  }

  std::unique_ptr<LocalDoor> door_;
};

// Writes 0, 1, 2, ... until `count` were taken, each from the other's callback.
void WriteAll(const QueryWriter& writer, uint32_t count, uint32_t at = 0) {
  if (at == count) return writer.Finish(absl::OkStatus());
  writer.Write(Message(at), [writer, count, at](bool taken) {
    if (taken) WriteAll(writer, count, at + 1);
  });
}

TEST_F(LocalDoorTest, AnswersAsTheHandlerDoesForTheCallerOfTheContext) {
  door_->ServeAsync<ExchangeService::VerifyAudit>(
      [](const ContextPtr& context, const VerifyAuditRequest&, const auto& answer) {
        VerifyAuditResponse response;
        response.set_leaves(context->caller().actor.user.size());
        response.set_head_hash(context->request_id() + context->traceparent());
        answer(std::move(response));
      });
  const auto answer = Verify(Context());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->leaves(), 7U);
  EXPECT_EQ(answer->head_hash(), "requesttrace");
}

TEST_F(LocalDoorTest, RefusesWhoeverIsNoMemberOrLacksThePermission) {
  std::atomic<int> ran = 0;
  door_->ServeAsync<ExchangeService::VerifyAudit>(
      [&ran](const ContextPtr&, const VerifyAuditRequest&, const auto& answer) {
        ++ran;
        answer(VerifyAuditResponse());
      });
  EXPECT_TRUE(absl::IsPermissionDenied(Verify(Context("nurse")).status()));
  EXPECT_TRUE(
      absl::IsPermissionDenied(Verify(Context("auditor", rpc::CallerKind::kRole)).status()));
  EXPECT_TRUE(
      absl::IsUnauthenticated(Verify(Context("auditor", rpc::CallerKind::kAnonymous)).status()));
  EXPECT_EQ(Query(Context(), [](const auto&) { return true; }).code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ran, 0);
}

TEST_F(LocalDoorTest, AHandlerThatDropsItsCallOrFailsInsideTellsNothingOfIt) {
  door_->ServeAsync<ExchangeService::VerifyAudit>(
      [](const ContextPtr&, const VerifyAuditRequest&, const auto&) {});
  door_->ServeStream<ExchangeService::Query>(
      [](const ContextPtr&, const QueryRequest&, const QueryWriter& writer) {
        writer.Write(Message(0), [](bool) {});  // The writer goes with it.
      });
  EXPECT_EQ(Verify(Context()).status(), absl::InternalError("internal error, request request"));
  uint32_t seen = 0;
  EXPECT_TRUE(absl::IsInternal(Query(Context(), [&seen](const auto&) { return ++seen > 0; })));
  EXPECT_EQ(seen, 1U);
}

TEST_F(LocalDoorTest, AStreamOfManyMessagesComesInOrderAndDoesNotDeepenTheStack) {
  constexpr uint32_t kMessages = 20'000;
  door_->ServeStream<ExchangeService::Query>(
      [](const ContextPtr&, const QueryRequest&, const QueryWriter& writer) {
        WriteAll(writer, kMessages);
      });
  uint32_t seen = 0;
  const absl::Status status = Query(
      Context(), [&seen](const QueryResponse& message) { return message.end().items() == seen++; });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(seen, kMessages);
}

TEST_F(LocalDoorTest, ASlowReaderHoldsTheWriterBack) {
  std::atomic<int> taken = 0;
  door_->ServeStream<ExchangeService::Query>(
      [&taken](const ContextPtr&, const QueryRequest&, const QueryWriter& writer) {
        writer.Write(Message(0), [&taken, writer](bool ok) {
          taken += ok ? 1 : 0;
          writer.Finish(absl::OkStatus());
        });
      });
  std::promise<std::function<void(bool)>> turn;
  std::promise<absl::Status> over;
  ExchangeCalls& calls = *door_;
  calls.Stream<ExchangeService::Query>(
      Context(), QueryRequest(),
      [&turn](const QueryResponse&, std::function<void(bool)> next) {
        turn.set_value(std::move(next));
      },
      [&over](absl::Status status) { over.set_value(std::move(status)); });
  const std::function<void(bool)> next = turn.get_future().get();
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(taken, 0);
  next(true);
  EXPECT_TRUE(over.get_future().get().ok());
  EXPECT_EQ(taken, 1);
}

TEST_F(LocalDoorTest, AReaderThatGivesUpOrLosesItsTurnCancelsTheHandler) {
  std::atomic<int> cancelled = 0;
  std::atomic<int> refused = 0;
  door_->ServeStream<ExchangeService::Query>(
      [&](const ContextPtr& context, const QueryRequest&, const QueryWriter& writer) {
        context->WhenCancelled([&cancelled, writer] {
          ++cancelled;
          writer.Finish(absl::OkStatus());
        });
        writer.Write(Message(0), [&refused](bool taken) { refused += taken ? 0 : 1; });
      });
  EXPECT_TRUE(absl::IsCancelled(Query(Context(), [](const auto&) { return false; })));
  std::promise<absl::Status> over;
  ExchangeCalls& calls = *door_;
  calls.Stream<ExchangeService::Query>(
      Context(), QueryRequest(), [](const QueryResponse&, const std::function<void(bool)>&) {},
      [&over](absl::Status status) { over.set_value(std::move(status)); });
  EXPECT_TRUE(absl::IsCancelled(over.get_future().get()));
  EXPECT_EQ(cancelled, 2);
  while (refused < 2) std::this_thread::yield();
}

TEST_F(LocalDoorTest, CancellingTheContextAndItsDeadlineEndTheCall) {
  std::promise<void> begun;
  std::atomic<int> cancelled = 0;
  std::vector<std::function<void(absl::StatusOr<VerifyAuditResponse>)>> held;
  Mutex mutex;
  std::atomic<int> calls = 0;
  door_->ServeAsync<ExchangeService::VerifyAudit>(
      [&](const ContextPtr& context, const VerifyAuditRequest&, const auto& answer) {
        context->WhenCancelled([&cancelled] { ++cancelled; });
        const MutexLock lock(mutex);
        held.push_back(answer);
        if (++calls == 1) begun.set_value();
      });
  const auto context = Context();
  std::thread canceller([&] {
    begun.get_future().wait();
    context->Cancel();
  });
  EXPECT_TRUE(absl::IsCancelled(Verify(context).status()));
  canceller.join();
  EXPECT_TRUE(context->cancelled());
  EXPECT_TRUE(absl::IsCancelled(Verify(context).status()));  // From the start.
  const auto hasty = Context("auditor", rpc::CallerKind::kMember, absl::Milliseconds(30));
  EXPECT_TRUE(absl::IsDeadlineExceeded(Verify(hasty).status()));
  EXPECT_EQ(cancelled, 2);
  for (const auto& answer : held) answer(VerifyAuditResponse());  // Nobody waits any more.
}

TEST_F(LocalDoorTest, AResetOrASecondWriteIsNeverTakenForTheWhole) {
  for (const bool reset : {true, false}) {
    LocalDoor::Options options;
    options.access = std::make_shared<QueriesOnly>();
    door_ = *LocalDoor::Create(std::move(options));
    door_->ServeStream<ExchangeService::Query>(
        [reset](const ContextPtr&, const QueryRequest&, const QueryWriter& writer) {
          writer.Write(Message(0), [](bool) {});
          if (reset) writer.Reset();
          if (!reset) writer.Write(Message(1), [](bool) {});
          writer.Finish(absl::OkStatus());
        });
    EXPECT_TRUE(absl::IsDataLoss(Query(Context(), [](const auto&) { return true; })));
  }
}

TEST_F(LocalDoorTest, BeyondItsQueueCallsAreShedAndAfterStopToo) {
  LocalDoor::Options options;
  options.access = std::make_shared<QueriesOnly>();
  options.threads = 1;
  options.queue_max = 1;
  door_ = *LocalDoor::Create(std::move(options));
  std::promise<void> go;
  const std::shared_future<void> released = go.get_future().share();
  door_->Serve<ExchangeService::VerifyAudit>(
      [released](const rpc::CallContext&,
                 const VerifyAuditRequest&) -> absl::StatusOr<VerifyAuditResponse> {
        released.wait();
        return VerifyAuditResponse();
      });
  std::atomic<int> shed = 0;
  std::atomic<int> over = 0;
  ExchangeCalls& calls = *door_;
  for (int i = 0; i < 8; ++i) {
    calls.Call<ExchangeService::VerifyAudit>(
        Context(), VerifyAuditRequest(), [&](const absl::StatusOr<VerifyAuditResponse>& answer) {
          if (absl::IsResourceExhausted(answer.status())) ++shed;
          ++over;
        });
  }
  while (shed < 6) std::this_thread::yield();
  go.set_value();
  while (over < 8) std::this_thread::yield();
  EXPECT_LE(shed, 7);
  door_->Stop();
  EXPECT_FALSE(Verify(Context()).ok());
}

}  // namespace
}  // namespace hie::edge
