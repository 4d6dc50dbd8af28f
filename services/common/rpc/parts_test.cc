// The small parts: status mapping, trace context, certificates, pool, write queue.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>
#include <vector>

#include "services/common/rpc/byte_buffers.h"
#include "services/common/rpc/peer_certificate.h"
#include "services/common/rpc/status_mapping.h"
#include "services/common/rpc/testing/test_pki.h"
#include "services/common/rpc/trace_context.h"
#include "services/common/rpc/worker_pool.h"
#include "services/common/rpc/write_queue.h"

namespace hie::rpc {
namespace {

TEST(StatusMappingTest, EveryCodeKeepsItsNumberBothWays) {
  for (int number = 1; number <= 16; ++number) {
    const auto code = static_cast<absl::StatusCode>(number);
    const grpc::Status out = ToGrpc(absl::Status(code, "field: want x"), "r");
    const bool hidden = code == absl::StatusCode::kUnknown || code == absl::StatusCode::kInternal;
    EXPECT_EQ(static_cast<int>(out.error_code()), hidden ? 13 : number);
    EXPECT_EQ(out.error_message(), hidden ? "internal error, request r" : "field: want x");
    if (hidden) continue;
    EXPECT_EQ(FromGrpc(out), absl::Status(code, "field: want x"));
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus(), "r").ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(StatusMappingTest, WhatIsNoCodeComesInAsInternal) {
  for (const int number : {2, 17, -1}) {
    EXPECT_EQ(FromGrpc({static_cast<grpc::StatusCode>(number), "x"}).code(),
              absl::StatusCode::kInternal)
        << number;
  }
}

TEST(TraceContextTest, OnlyWellFormedTraceparentsCount) {
  const std::string good = "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01";
  EXPECT_TRUE(IsTraceparent(good));
  const std::vector<std::string> bad = {"",
                                        good + "0",
                                        good.substr(1),
                                        "01" + good.substr(2),
                                        "00-0123456789ABCDEF0123456789abcdef-00f067aa0ba902b7-01",
                                        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                        "00-0123456789abcdef0123456789abcdef-0000000000000000-01",
                                        "00-0123456789abcdef0123456789abcdef_00f067aa0ba902b7-01",
                                        "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-zz"};
  for (const std::string& text : bad) EXPECT_FALSE(IsTraceparent(text)) << text;
}

TEST(TraceContextTest, ASpanKeepsTheTraceAndItsFlags) {
  SeededRandom random(7);
  const std::string incoming = "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01";
  const std::string first = SpanOf(incoming, random);
  const std::string second = SpanOf(incoming, random);
  EXPECT_TRUE(IsTraceparent(first));
  EXPECT_EQ(first.substr(0, 36), incoming.substr(0, 36));
  EXPECT_EQ(first.substr(53), "01");
  EXPECT_NE(first, second);
  const std::string fresh = SpanOf("nonsense", random);
  EXPECT_TRUE(IsTraceparent(fresh));
  EXPECT_EQ(fresh.substr(53), "00");
}

TEST(TraceContextTest, RequestIdsAreShortAndPlain) {
  EXPECT_TRUE(IsRequestId("0190b0a6-7c2e-7cc3-98c4-dc0c0c07398f"));
  EXPECT_TRUE(IsRequestId("A.b_c-1"));
  EXPECT_TRUE(IsRequestId(std::string(64, 'x')));
  for (const std::string& text :
       {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a\n"),
        std::string("a\"b"), std::string("\xC3\xA9"), std::string("a/b")}) {
    EXPECT_FALSE(IsRequestId(text)) << text;
  }
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PeerCertificateTest, NamesAndKeyAreRead) {
  const TestPki pki;
  const auto identity = ReadCertificateIdentity(Read(pki.IssueRole("mpi")->certificate_chain));
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->uri_san, "urn:hie:role:mpi");
  EXPECT_EQ(identity->public_key_sha256.size(), 64u);
  const auto renewed = ReadCertificateIdentity(Read(pki.IssueRole("mpi")->certificate_chain));
  EXPECT_NE(renewed->public_key_sha256, identity->public_key_sha256) << "another key";
}

TEST(PeerCertificateTest, NoNameAndTwoNamesAreNone) {
  const TestPki pki;
  EXPECT_EQ(ReadCertificateIdentity(Read(pki.Issue("a", "")->certificate_chain))->uri_san, "");
  EXPECT_EQ(ReadCertificateIdentity(Read(pki.Issue("b", "https://x.example")->certificate_chain))
                ->uri_san,
            "");
  EXPECT_EQ(ReadCertificateIdentity(
                Read(pki.Issue("c", "urn:hie:role:mpi,URI:urn:hie:role:audit")->certificate_chain))
                ->uri_san,
            "");
}

TEST(PeerCertificateTest, WhatIsNoCertificateIsRefused) {
  for (const char* pem :
       {"", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}) {
    EXPECT_EQ(ReadCertificateIdentity(pem).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(WorkerPoolTest, RunsAllThatItTookAndRefusesTheRest) {
  std::atomic<int> ran = 0;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> busy;
  WorkerPool pool({.name = "test", .threads = 1, .queue_max = 2});
  ASSERT_TRUE(pool.TryRun([&, released] {
    busy.set_value();
    released.wait();
    ++ran;
  }));
  busy.get_future().wait();
  EXPECT_TRUE(pool.TryRun([&] { ++ran; }));
  EXPECT_TRUE(pool.TryRun([&] { ++ran; }));
  EXPECT_EQ(pool.Waiting(), 2u);
  EXPECT_FALSE(pool.TryRun([&] { ++ran; }));
  release.set_value();
  pool.Stop();
  EXPECT_EQ(ran, 3);
  EXPECT_FALSE(pool.TryRun([&] { ++ran; }));
}

TEST(ByteBuffersTest, BytesComeBackOfEverySize) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1024}, size_t{1025}, size_t{1} << 20}) {
    std::string bytes(size, 'a');
    if (size > 0) bytes.back() = '\0';
    EXPECT_EQ(ToBytes(ToByteBuffer(bytes)), bytes);
  }
}

// A stream that the test drives.
struct FakeStream {
  std::vector<std::string> sent;
  WriteQueue::Done done;

  WriteQueue::Send Send() {
    return [this](std::string message, WriteQueue::Done when_done) {
      EXPECT_EQ(done, nullptr) << "two writes under way";
      sent.push_back(std::move(message));
      done = std::move(when_done);
    };
  }
  void Take(bool ok) { std::exchange(done, nullptr)(ok); }
};

TEST(WriteQueueTest, SendsOneAtATimeInOrder) {
  FakeStream stream;
  const auto queue = WriteQueue::Make(stream.Send(), 100);
  for (const char* message : {"a", "", "c"}) EXPECT_TRUE(queue->Push(message));
  EXPECT_EQ(stream.sent, std::vector<std::string>({"a"}));
  stream.Take(true);
  stream.Take(true);
  stream.Take(true);
  EXPECT_EQ(stream.sent, std::vector<std::string>({"a", "", "c"}));
  EXPECT_TRUE(queue->Push("d"));
  EXPECT_EQ(stream.sent.back(), "d");
}

TEST(WriteQueueTest, HoldsNoMoreThanItsBytes) {
  FakeStream stream;
  const auto queue = WriteQueue::Make(stream.Send(), 4);
  EXPECT_TRUE(queue->Push("ab"));
  EXPECT_TRUE(queue->Push("cd"));
  EXPECT_FALSE(queue->Push("e"));
  stream.Take(true);
  EXPECT_TRUE(queue->Push("e"));
  EXPECT_FALSE(WriteQueue::Make(stream.Send(), 4)->Push("abcde"));
}

TEST(WriteQueueTest, AFailedWriteEndsIt) {
  FakeStream stream;
  const auto queue = WriteQueue::Make(stream.Send(), 100);
  queue->Push("a");
  queue->Push("b");
  bool closed = false;
  queue->CloseThen([&closed] { closed = true; });
  EXPECT_FALSE(closed);
  stream.Take(false);
  EXPECT_TRUE(closed);
  EXPECT_EQ(stream.sent.size(), 1u);
  EXPECT_FALSE(queue->Push("c"));
}

TEST(WriteQueueTest, CloseWaitsForWhatWasTaken) {
  FakeStream stream;
  const auto queue = WriteQueue::Make(stream.Send(), 100);
  queue->Push("a");
  queue->Push("b");
  bool closed = false;
  queue->CloseThen([&closed] { closed = true; });
  EXPECT_FALSE(queue->Push("c"));
  stream.Take(true);
  EXPECT_FALSE(closed);
  stream.Take(true);
  EXPECT_TRUE(closed);
  bool again = false;
  queue->CloseThen([&again] { again = true; });
  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace hie::rpc
