// Server-streaming and bidirectional calls, over both transports.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "absl/time/clock.h"
#include "hie/agent/v1/agent_service.methods.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/rpc/testing/call_every_method.h"
#include "services/common/rpc/testing/rpc_world.h"
#include "services/common/rpc/write_queue.h"

namespace hie::rpc {
namespace {

using agent::v1::AgentService;
using agent::v1::AttachRequest;
using agent::v1::AttachResponse;
using exchange::v1::ExchangeService;
using exchange::v1::QueryRequest;
using exchange::v1::QueryResponse;
using exchange::v1::RetrieveRequest;
using exchange::v1::RetrieveResponse;
using Writer = ServerWriter<RetrieveResponse>;
using AgentWriter = ServerWriter<AttachResponse>;
using AgentReceiver = std::function<void(const AttachRequest*)>;

constexpr absl::Duration kPatience = absl::Seconds(10);

template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Time end = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

RetrieveResponse Chunk(int number) {
  RetrieveResponse chunk;
  chunk.set_data(std::to_string(number));
  return chunk;
}

// Writes `count` chunks, each after the one before it was taken, then finishes.
void WriteChunks(Writer writer, int next, int count) {
  if (next == count) return writer.Finish(absl::OkStatus());
  writer.Write(Chunk(next), [writer, next, count](bool ok) {
    if (ok) WriteChunks(writer, next + 1, count);
  });
}

class StreamTest : public testing::TestWithParam<Transport> {
 protected:
  template <typename Method>
  void ServeNothing() {
    server_->Serve<Method>(
        [this](const CallContext&,
               const typename Method::Request&) -> absl::StatusOr<typename Method::Response> {
          ++calls_;
          return typename Method::Response();
        });
  }

  template <typename... Methods>
  void ServeNothingOf() {
    (ServeNothing<Methods>(), ...);
  }

  void Start(Server::Options options) {
    options.access = std::make_shared<EveryPermissionPolicy>(RpcWorld::kCredential);
    absl::StatusOr<std::unique_ptr<Server>> server = Server::Create(std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    using E = ExchangeService;
    ServeNothingOf<E::FindPatients, E::RegisterPatients, E::OpenBreakGlass, E::AttestSecondTier,
                   E::EndBreakGlass, E::PutDirective, E::RevokeDirective, E::ListDirectives,
                   E::ListAudit, E::VerifyAudit, E::ListNotices, E::ListMembers, E::PutMember,
                   E::DecideLink, E::SearchPatients, E::CrossReference, E::MergePatients,
                   E::UnmergePatient, E::RemovePatient, E::PreviewPatients, E::SubmitDocuments,
                   E::PutDocumentContent, E::SetDocumentStatus, E::GetDocument,
                   E::FindSubmissionSets>();
    server_->ServeStream<E::Query>(
        [](std::shared_ptr<CallContext>, const QueryRequest&, ServerWriter<QueryResponse> writer) {
          writer.Finish(absl::OkStatus());
        });
    server_->ServeStream<E::Retrieve>([this](std::shared_ptr<CallContext> context,
                                             const RetrieveRequest& request, Writer writer) {
      ++calls_;
      retrieve_(std::move(context), request, std::move(writer));
    });
    server_->ServeBidi<AgentService::Attach>(
        [this](std::shared_ptr<CallContext> context, AgentWriter writer) {
          ++calls_;
          return attach_(std::move(context), std::move(writer));
        });
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    channel_ = world_.ChannelTo(*server_, GetParam());
  }
  void Start() { Start(world_.ServerOptions()); }

  // Retrieves to the end; `on_chunk` as Channel::Stream.
  absl::Status Retrieve(std::function<bool(const RetrieveResponse&)> on_chunk,
                        const CallOptions& options = TenSeconds()) {
    std::promise<absl::Status> end;
    channel_->Stream<ExchangeService::Retrieve>(
        options, {}, std::move(on_chunk), [&end](absl::Status status) { end.set_value(status); });
    return end.get_future().get();
  }
  absl::Status Retrieve() {
    return Retrieve([](const RetrieveResponse&) { return true; });
  }

  RpcWorld world_;
  std::atomic<int> calls_ = 0;
  std::function<void(std::shared_ptr<CallContext>, const RetrieveRequest&, Writer)> retrieve_ =
      [](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
        WriteChunks(writer, 0, 3);
      };
  std::function<AgentReceiver(std::shared_ptr<CallContext>, AgentWriter)> attach_ =
      [](std::shared_ptr<CallContext>, const AgentWriter& writer) {
        writer.Finish(absl::OkStatus());
        return [](const AttachRequest*) {};
      };
  std::unique_ptr<Server> server_;
  std::shared_ptr<Channel> channel_;
};

INSTANTIATE_TEST_SUITE_P(Transports, StreamTest,
                         testing::Values(Transport::kInProcess, Transport::kMutualTls),
                         [](const auto& info) {
                           return info.param == Transport::kInProcess ? "InProcess" : "MutualTls";
                         });

TEST_P(StreamTest, MessagesArriveInOrderAndThenTheStatus) {
  constexpr int kChunks = 1'000;
  retrieve_ = [](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
    WriteChunks(writer, 0, kChunks);
  };
  Start();
  int next = 0;
  const absl::Status status = Retrieve([&next](const RetrieveResponse& chunk) {
    EXPECT_EQ(chunk.data(), std::to_string(next++));
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(next, kChunks);
}

TEST_P(StreamTest, TheHandlersStatusEndsTheStream) {
  retrieve_ = [](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
    writer.Write(Chunk(0), [writer](bool) { writer.Finish(absl::DataLossError("hash differs")); });
  };
  Start();
  EXPECT_EQ(Retrieve(), absl::DataLossError("hash differs"));
}

TEST_P(StreamTest, FinishWaitsForTheWriteUnderWay) {
  retrieve_ = [](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
    writer.Write(Chunk(0), [](bool) {});
    writer.Finish(absl::OkStatus());
  };
  Start();
  int chunks = 0;
  EXPECT_TRUE(Retrieve([&chunks](const RetrieveResponse&) { return ++chunks > 0; }).ok());
  EXPECT_EQ(chunks, 1);
}

TEST_P(StreamTest, AResetIsNeverTakenForAnEnd) {
  retrieve_ = [](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
    writer.Write(Chunk(0), [writer](bool) {
      writer.Reset();
      writer.Finish(absl::OkStatus());
    });
  };
  Start();
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(Retrieve().ok());
}

TEST_P(StreamTest, ASecondWriteBeforeTheFirstIsDoneResets) {
  std::promise<bool> second;
  retrieve_ = [&](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
    writer.Write(Chunk(0), [&second, writer](bool) {
      // More than the transport buffers, and the reader waits: it stays under way.
      RetrieveResponse large;
      large.set_data(std::string(3 << 20, 'x'));
      writer.Write(large, [](bool) {});
      writer.Write(large, [](bool) {});
      writer.Write(Chunk(2), [&second](bool ok) { second.set_value(ok); });
    });
  };
  const std::shared_future<bool> refused = second.get_future().share();
  Start();
  EXPECT_FALSE(Retrieve([&refused](const RetrieveResponse&) {
                 refused.wait();
                 return true;
               }).ok());
  EXPECT_FALSE(refused.get());
}

TEST_P(StreamTest, ADroppedStreamIsAnInternalError) {
  retrieve_ = [](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer&) {};
  Start();
  EXPECT_EQ(Retrieve().code(), absl::StatusCode::kInternal);
}

TEST_P(StreamTest, AReaderThatHasEnoughCancelsTheWriter) {
  std::promise<std::shared_ptr<CallContext>> context;
  std::promise<void> write_failed;
  std::function<void(Writer)> write_on = [&](const Writer& writer) {
    writer.Write(Chunk(0), [&, writer](bool ok) {
      if (ok) return write_on(writer);
      writer.Finish(absl::OkStatus());
      write_failed.set_value();
    });
  };
  retrieve_ = [&](std::shared_ptr<CallContext> call, const RetrieveRequest&, const Writer& writer) {
    context.set_value(std::move(call));
    write_on(writer);
  };
  Start();
  int chunks = 0;
  EXPECT_EQ(Retrieve([&chunks](const RetrieveResponse&) { return ++chunks < 5; }).code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(chunks, 5);
  write_failed.get_future().wait();
  const std::shared_ptr<CallContext> call = context.get_future().get();
  EXPECT_TRUE(Eventually([&call] { return call->cancelled(); }));
}

TEST_P(StreamTest, ASlowReaderHoldsTheWriterBack) {
  std::atomic<int> written = 0;
  std::function<void(Writer)> write_on = [&](const Writer& writer) {
    RetrieveResponse chunk;
    chunk.set_data(std::string(256 << 10, 'x'));
    writer.Write(chunk, [&, writer](bool ok) {
      if (!ok) return;
      ++written;
      write_on(writer);
    });
  };
  retrieve_ = [&](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
    write_on(writer);
  };
  Start();
  std::atomic<int> held = 0;
  EXPECT_FALSE(Retrieve([&](const RetrieveResponse&) {
                 absl::SleepFor(absl::Milliseconds(300));
                 held = written.load();
                 return false;
               }).ok());
  EXPECT_LT(held, 64) << "16 MiB were taken from the writer and nobody read";
  server_->Shutdown(absl::Seconds(1));  // Before what the writer refers to is gone.
}

TEST_P(StreamTest, LateAnswersDoNothing) {
  std::promise<Writer> writer;
  retrieve_ = [&](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& held) {
    writer.set_value(held);
  };
  Start();
  // The connection stands: the deadline is the handler's alone.
  ASSERT_TRUE(channel_->CallAndWait<ExchangeService::ListMembers>(TenSeconds(), {}).ok());
  CallOptions options;
  options.deadline = absl::Now() + absl::Milliseconds(500);
  EXPECT_EQ(Retrieve([](const RetrieveResponse&) { return true; }, options).code(),
            absl::StatusCode::kDeadlineExceeded);
  std::future<Writer> begun = writer.get_future();
  ASSERT_EQ(begun.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  const Writer late = begun.get();
  absl::SleepFor(absl::Milliseconds(100));
  std::promise<bool> taken;
  late.Write(Chunk(0), [&taken](bool ok) { taken.set_value(ok); });
  EXPECT_FALSE(taken.get_future().get());
  late.Finish(absl::OkStatus());
  late.Reset();
}

TEST_P(StreamTest, TheServersMaximumEndsAStreamThatNobodyReads) {
  Server::Options options = world_.ServerOptions();
  options.limits.call_time_max = absl::Milliseconds(500);
  std::promise<bool> last;
  std::function<void(Writer)> write_on = [&](const Writer& writer) {
    RetrieveResponse chunk;
    chunk.set_data(std::string(1 << 20, 'x'));
    writer.Write(chunk, [&, writer](bool ok) {
      if (ok) return write_on(writer);
      last.set_value(ok);
    });
  };
  retrieve_ = [&](std::shared_ptr<CallContext>, const RetrieveRequest&, const Writer& writer) {
    write_on(writer);
  };
  Start(std::move(options));
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<absl::Status> end;
  channel_->Stream<ExchangeService::Retrieve>(
      TenSeconds(), {},
      [released](const RetrieveResponse&) {
        released.wait();
        return true;
      },
      [&end](absl::Status status) { end.set_value(status); });
  EXPECT_FALSE(last.get_future().get());
  release.set_value();
  EXPECT_FALSE(end.get_future().get().ok());
}

TEST_P(StreamTest, WithoutIdentityNoStreamOpens) {
  Start();
  const std::shared_ptr<Channel> nobody = world_.ChannelTo(*server_, GetParam(), "");
  const std::vector<MethodAnswer> answers =
      CallEveryMethod(*nobody, LinkedServices({"hie/agent/v1/agent_service.proto",
                                               "hie/exchange/v1/exchange_service.proto"}));
  EXPECT_EQ(answers.size(), 28u);
  for (const MethodAnswer& answer : answers) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnauthenticated)
        << answer.full_name << ": " << answer.status;
  }
  EXPECT_EQ(calls_, 0);
}

constexpr size_t kQueueBytesMax = 1 << 20;

// The gateway's half of an agent's stream: answers each pong with a ping of the same number.
AgentReceiver AnswerPongs(const AgentWriter& writer) {
  const std::shared_ptr<WriteQueue> queue = WriteQueue::Make(
      [writer](const std::string& message, const WriteQueue::Done& done) {
        AttachResponse response;
        response.ParseFromString(message);
        writer.Write(response, done);
      },
      kQueueBytesMax);
  return [writer, queue](const AttachRequest* request) {
    if (request == nullptr) {
      return queue->CloseThen([writer] { writer.Finish(absl::OkStatus()); });
    }
    AttachResponse response;
    response.mutable_ping()->set_sequence(request->pong().sequence());
    queue->Push(response.SerializeAsString());
  };
}

AttachRequest Pong(uint64_t number) {
  AttachRequest request;
  request.mutable_pong()->set_sequence(number);
  return request;
}

TEST_P(StreamTest, AConversationGoesBothWaysAndEndsInOrder) {
  attach_ = [](std::shared_ptr<CallContext>, const AgentWriter& writer) {
    return AnswerPongs(writer);
  };
  Start();
  constexpr uint64_t kTurns = 200;
  std::promise<absl::Status> end;
  std::vector<uint64_t> seen;
  std::shared_ptr<WriteQueue> queue;
  std::shared_ptr<ClientByteStream> stream;
  const auto on_message = [&](const AttachResponse& response) {
    seen.push_back(response.ping().sequence());
    if (seen.size() == kTurns) {
      queue->CloseThen([stream] { stream->WritesDone(); });
    } else {
      queue->Push(Pong(seen.size()).SerializeAsString());
    }
    return true;
  };
  stream = channel_->Bidi<AgentService::Attach>(
      TenSeconds(), on_message, [&end](absl::Status status) { end.set_value(status); });
  queue = WriteQueue::Make(
      [stream](std::string message, WriteQueue::Done done) {
        stream->Write(std::move(message), std::move(done));
      },
      kQueueBytesMax);
  EXPECT_TRUE(queue->Push(Pong(0).SerializeAsString()));
  const absl::Status status = end.get_future().get();
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_EQ(seen.size(), kTurns);
  for (uint64_t i = 0; i < kTurns; ++i) EXPECT_EQ(seen[i], i);
  std::promise<bool> late;
  stream->Write(Pong(1).SerializeAsString(), [&late](bool ok) { late.set_value(ok); });
  EXPECT_FALSE(late.get_future().get());
}

TEST_P(StreamTest, AConversationIsNotCapped) {
  Server::Options options = world_.ServerOptions();
  options.limits.call_time_max = absl::Milliseconds(50);
  std::promise<std::shared_ptr<CallContext>> opened;
  attach_ = [&](std::shared_ptr<CallContext> context, const AgentWriter& writer) {
    opened.set_value(std::move(context));
    return AnswerPongs(writer);
  };
  Start(std::move(options));
  CallOptions unlimited;
  unlimited.deadline = absl::InfiniteFuture();
  std::promise<absl::Status> end;
  const std::shared_ptr<ClientByteStream> stream = channel_->Bidi<AgentService::Attach>(
      unlimited, [](const AttachResponse&) { return true; },
      [&end](absl::Status status) { end.set_value(status); });
  const std::shared_ptr<CallContext> context = opened.get_future().get();
  EXPECT_EQ(context->deadline(), absl::InfiniteFuture());
  absl::SleepFor(absl::Milliseconds(200));
  EXPECT_FALSE(context->cancelled());
  stream->WritesDone();
  EXPECT_TRUE(end.get_future().get().ok());
}

TEST_P(StreamTest, TheReceiverIsToldOnceThatTheOtherSideIsGone) {
  std::atomic<int> ends = 0;
  std::promise<void> opened;
  attach_ = [&](std::shared_ptr<CallContext>, const AgentWriter& writer) {
    opened.set_value();
    return [&ends, writer](const AttachRequest* request) {
      if (request == nullptr) ++ends;
    };
  };
  Start();
  std::promise<absl::Status> end;
  const std::shared_ptr<ClientByteStream> stream = channel_->Bidi<AgentService::Attach>(
      TenSeconds(), [](const AttachResponse&) { return true; },
      [&end](absl::Status status) { end.set_value(status); });
  opened.get_future().wait();
  stream->Cancel();
  EXPECT_EQ(end.get_future().get().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(Eventually([&ends] { return ends == 1; }));
  server_->Shutdown(absl::Seconds(1));
  EXPECT_EQ(ends, 1);
}

TEST_P(StreamTest, TheServerMayEndAConversation) {
  std::atomic<int> ends = 0;
  attach_ = [&](std::shared_ptr<CallContext>, const AgentWriter& writer) {
    writer.Finish(absl::PermissionDeniedError("member: SUSPENDED"));
    return [&ends](const AttachRequest* request) { ends += request == nullptr ? 1 : 0; };
  };
  Start();
  std::promise<absl::Status> end;
  const std::shared_ptr<ClientByteStream> stream = channel_->Bidi<AgentService::Attach>(
      TenSeconds(), [](const AttachResponse&) { return true; },
      [&end](absl::Status status) { end.set_value(status); });
  EXPECT_EQ(end.get_future().get(), absl::PermissionDeniedError("member: SUSPENDED"));
  EXPECT_TRUE(Eventually([&ends] { return ends == 1; }));
}

TEST_P(StreamTest, ShutdownEndsConversations) {
  std::promise<void> opened;
  attach_ = [&](std::shared_ptr<CallContext>, const AgentWriter& writer) {
    opened.set_value();
    return [writer](const AttachRequest*) {};
  };
  Start();
  std::promise<absl::Status> end;
  const std::shared_ptr<ClientByteStream> stream = channel_->Bidi<AgentService::Attach>(
      TenSeconds(), [](const AttachResponse&) { return true; },
      [&end](absl::Status status) { end.set_value(status); });
  opened.get_future().wait();
  server_->Shutdown(absl::Milliseconds(20));
  EXPECT_FALSE(end.get_future().get().ok());
  server_ = nullptr;
}

TEST_P(StreamTest, CancellingAnywhereLeavesNothingBehind) {
  attach_ = [](std::shared_ptr<CallContext>, const AgentWriter& writer) {
    return AnswerPongs(writer);
  };
  Start();
  constexpr int kCalls = 200;
  std::atomic<int> ended = 0;
  for (int i = 0; i < kCalls; ++i) {
    const std::shared_ptr<ClientByteStream> stream = channel_->Bidi<AgentService::Attach>(
        TenSeconds(), [](const AttachResponse&) { return true; },
        [&ended](const absl::Status&) { ++ended; });
    stream->Write(Pong(1).SerializeAsString(), [](bool) {});
    absl::SleepFor(absl::Microseconds(i * 3));
    stream->Cancel();
  }
  EXPECT_TRUE(Eventually([&ended] { return ended == kCalls; }));
  server_->Shutdown(absl::Seconds(1));
}

}  // namespace
}  // namespace hie::rpc
