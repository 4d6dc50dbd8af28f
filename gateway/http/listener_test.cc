#include "gateway/http/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/rpc/testing/test_pki.h"
#include "tests/support/status_matchers.h"

namespace hie::http {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A plain client, without a library's helpfulness.
class RawClient {
 public:
  explicit RawClient(uint16_t port) {
    descriptor_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    timeval limit = {10, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~RawClient() { Close(); }

  void Send(absl::string_view text) {
    EXPECT_EQ(send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Reads until `what` came, or the end.
  std::string ReadUntil(absl::string_view what) {
    while (!what.empty() && read_.find(std::string(what)) == std::string::npos) {
      if (!ReadSome()) break;
    }
    return read_;
  }
  std::string ReadAll() {
    while (ReadSome()) {
    }
    return read_;
  }
  void Close() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }
  int descriptor() const { return descriptor_; }

 private:
  bool ReadSome() {
    char buffer[4096];
    const ssize_t got = recv(descriptor_, buffer, sizeof(buffer), 0);
    if (got <= 0) return false;
    read_.append(buffer, static_cast<size_t>(got));
    return true;
  }
  int descriptor_ = -1;
  std::string read_;
};

std::unique_ptr<Listener> Open(Handler handler, ListenerLimits limits = {}) {
  Listener::Options options;
  options.listen = "127.0.0.1:0";
  options.handler = std::move(handler);
  options.limits = limits;
  auto listener = Listener::Open(std::move(options));
  EXPECT_THAT(listener, IsOk());
  return *std::move(listener);
}

void Echo(const std::shared_ptr<Exchange>& exchange) {
  exchange->Respond({200, {{"Content-Type", "text/plain"}}, exchange->request().path});
}

constexpr char kClose[] = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

TEST(ListenerTest, AnswersPipelinedRequestsInOrderThoughTheyAreAnsweredInAnother) {
  std::vector<std::shared_ptr<Exchange>> waiting;
  std::atomic<int> taken = 0;
  const auto listener = Open([&](std::shared_ptr<Exchange> exchange) {
    waiting.push_back(std::move(exchange));
    if (++taken < 3) return;
    std::thread([&waiting] {
      for (auto it = waiting.rbegin(); it != waiting.rend(); ++it) Echo(*it);
    }).detach();
  });
  RawClient client(listener->port());
  client.Send(absl::StrCat("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n",
                           "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n", kClose));
  const std::string all = client.ReadAll();
  EXPECT_LT(all.find("/1"), all.find("/2"));
  EXPECT_LT(all.find("/2"), all.find("/last"));
  EXPECT_THAT(all, HasSubstr("Connection: close"));
  waiting.clear();
}

TEST(ListenerTest, KeepsConnectionsAliveAndEchoesTheRequestId) {
  const auto listener = Open(Echo);
  RawClient client(listener->port());
  client.Send("GET /a HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-17\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("/a"), HasSubstr("X-Request-Id: r-17\r\n"));
  client.Send("HEAD /longer HTTP/1.1\r\nHost: a\r\nX-Request-Id: not/an/id\r\n\r\n");
  client.Send(kClose);
  const std::string all = client.ReadAll();
  EXPECT_THAT(all, HasSubstr("Content-Length: 7\r\n"));  // Of HEAD: counted, not sent.
  EXPECT_EQ(all.find("/longer"), std::string::npos);
  EXPECT_EQ(all.find("not/an/id"), std::string::npos);
}

TEST(ListenerTest, RefusesInOrderAndCloses) {
  const auto listener = Open(Echo);
  RawClient client(listener->port());
  client.Send("GET /fine HTTP/1.1\r\nHost: a\r\n\r\nBREW / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string all = client.ReadAll();
  EXPECT_LT(all.find("HTTP/1.1 200"), all.find("HTTP/1.1 501"));
}

TEST(ListenerTest, ARequestThatIsDroppedIsAnswered) {
  const auto listener = Open([](const std::shared_ptr<Exchange>&) {});
  RawClient client(listener->port());
  client.Send(kClose);
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 500 "));
}

TEST(ListenerTest, StreamsInParts) {
  const auto listener = Open([](const std::shared_ptr<Exchange>& exchange) {
    auto body = exchange->Stream(200, {}, std::nullopt);
    body->Write("first ", [body](bool ok) {
      ASSERT_TRUE(ok);
      body->Write("second", [body](bool) { body->End(); });
    });
  });
  RawClient client(listener->port());
  client.Send(kClose);
  EXPECT_THAT(client.ReadAll(), HasSubstr("6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n"));
}

TEST(ListenerTest, AnAbortedBodyHasNoEnd) {
  const auto listener = Open([](const std::shared_ptr<Exchange>& exchange) {
    auto body = exchange->Stream(200, {}, std::nullopt);
    body->Write("part", [body](bool) { body->Abort(); });
  });
  RawClient client(listener->port());
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string all = client.ReadAll();
  EXPECT_THAT(all, HasSubstr("part"));
  EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos);
}

// Bytes beyond the length would be read as the next answer: whoever gives the content would write
// it.
TEST(ListenerTest, ABodyNeverHasMoreThanItsLength) {
  std::atomic<bool> taken = true;
  const auto listener = Open([&taken](const std::shared_ptr<Exchange>& exchange) {
    auto body = exchange->Stream(200, {}, 4);
    body->Write("ab", [body, &taken](bool) {
      body->Write("cd HTTP/1.1 200 forged", [body, &taken](bool ok) { taken = ok; });
    });
  });
  RawClient client(listener->port());
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string all = client.ReadAll();  // The connection is closed.
  EXPECT_THAT(all, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_EQ(all.find("forged"), std::string::npos);
  EXPECT_FALSE(taken);
}

TEST(ListenerTest, ABodyThatEndsShortOfItsLengthClosesTheConnection) {
  const auto listener = Open([](const std::shared_ptr<Exchange>& exchange) {
    if (exchange->request().path != "/") return Echo(exchange);
    auto body = exchange->Stream(200, {}, 4);
    body->Write("ab", [body](bool) { body->End(); });
  });
  RawClient client(listener->port());
  client.Send(absl::StrCat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", kClose));
  EXPECT_EQ(client.ReadAll().find("/last"), std::string::npos);
}

TEST(ListenerTest, TellsWhenTheClientHasGone) {
  std::atomic<bool> gone = false;
  std::shared_ptr<Exchange> held;
  const auto listener = Open([&](std::shared_ptr<Exchange> exchange) {
    exchange->WhenGone([&gone] { gone = true; });
    held = std::move(exchange);
  });
  RawClient client(listener->port());
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  absl::SleepFor(absl::Milliseconds(100));
  EXPECT_FALSE(gone);
  client.Close();
  for (int i = 0; i < 500 && !gone; ++i) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_TRUE(gone);
  held.reset();
}

TEST(ListenerTest, ASlowClientIsCutOff) {
  ListenerLimits limits;
  limits.header_time = absl::Milliseconds(300);
  limits.idle_time = absl::Milliseconds(300);
  const auto listener = Open(Echo, limits);
  RawClient dripping(listener->port());
  dripping.Send("GET / HT");
  EXPECT_THAT(dripping.ReadAll(), StartsWith("HTTP/1.1 408 "));
  RawClient silent(listener->port());
  EXPECT_EQ(silent.ReadAll(), "");
}

TEST(ListenerTest, ShedsWhatIsTooMuch) {
  ListenerLimits limits;
  limits.requests_in_flight_max = 1;
  std::shared_ptr<Exchange> held;
  const auto listener =
      Open([&](std::shared_ptr<Exchange> exchange) { held = std::move(exchange); }, limits);
  RawClient first(listener->port());
  first.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  absl::SleepFor(absl::Milliseconds(50));
  RawClient second(listener->port());
  second.Send(kClose);
  const std::string busy = second.ReadAll();
  EXPECT_THAT(busy, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(busy, HasSubstr("Retry-After: 1"));
  held.reset();
}

TEST(ListenerTest, BodiesOfStrangersDoNotFillTheMemory) {
  ListenerLimits limits;
  limits.held_bytes_max = 4'000;
  const auto listener = Open(Echo, limits);
  const std::string head = "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n";
  RawClient first(listener->port());
  first.Send(absl::StrCat(head, std::string(3'000, 'a')));
  absl::SleepFor(absl::Milliseconds(300));
  RawClient second(listener->port());
  second.Send(absl::StrCat(head, std::string(3'000, 'a')));
  EXPECT_THAT(second.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
  first.Close();
  second.Close();
  absl::SleepFor(absl::Milliseconds(300));
  RawClient third(listener->port());
  third.Send(absl::StrCat("POST /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n",
                          "Content-Length: 3000\r\n\r\n", std::string(3'000, 'a')));
  EXPECT_THAT(third.ReadAll(), HasSubstr("/small"));
}

TEST(ListenerTest, DrainingAnswersWhatIsInFlightAndCloses) {
  std::shared_ptr<Exchange> held;
  const auto listener =
      Open([&](std::shared_ptr<Exchange> exchange) { held = std::move(exchange); });
  RawClient idle(listener->port());
  RawClient busy(listener->port());
  busy.Send("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n");
  absl::SleepFor(absl::Milliseconds(100));
  std::thread draining([&] { listener->Drain(absl::Seconds(5)); });
  EXPECT_EQ(idle.ReadAll(), "");
  Echo(held);
  held.reset();
  EXPECT_THAT(busy.ReadAll(), HasSubstr("/kept"));
  busy.Close();
  draining.join();
}

// A TLS client of one request; shows a certificate where `files` has one.
std::string AskOverTls(uint16_t port, const rpc::TlsFiles* files, int version) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, version);
  if (files != nullptr) {
    SSL_CTX_use_certificate_chain_file(context, files->certificate_chain.c_str());
    SSL_CTX_use_PrivateKey_file(context, files->private_key.c_str(), SSL_FILETYPE_PEM);
  }
  RawClient client(port);
  SSL* const ssl = SSL_new(context);
  SSL_set_fd(ssl, client.descriptor());
  std::string all;
  if (SSL_connect(ssl) == 1) {
    SSL_write(ssl, kClose, sizeof(kClose) - 1);
    char buffer[4096];
    for (int got = 0; (got = SSL_read(ssl, buffer, sizeof(buffer))) > 0;) {
      all.append(buffer, static_cast<size_t>(got));
    }
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  return all;
}

TEST(ListenerTest, SpeaksTls12And13AndNamesTheClientsKey) {
  const rpc::TestPki pki;
  const rpc::TestPki strangers;
  Listener::Options options;
  options.listen = "127.0.0.1:0";
  options.tls = pki.IssueRole("gateway");
  options.handler = [](const std::shared_ptr<Exchange>& exchange) {
    exchange->Respond({200, {}, absl::StrCat("key=", exchange->request().peer.public_key_sha256)});
  };
  auto listener = Listener::Open(options);
  ASSERT_THAT(listener, IsOk());
  const auto member = pki.Issue("member", "urn:hie:member:north");
  const auto stranger = strangers.Issue("member", "urn:hie:member:north");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_THAT(AskOverTls((*listener)->port(), nullptr, version), ::testing::EndsWith("key="));
    EXPECT_THAT(AskOverTls((*listener)->port(), member.get(), version),
                ::testing::ContainsRegex("key=[0-9a-f]+$"));
    EXPECT_EQ(AskOverTls((*listener)->port(), stranger.get(), version), "");
  }
  EXPECT_EQ(AskOverTls((*listener)->port(), nullptr, TLS1_1_VERSION), "");
}

TEST(ListenerTest, PlainIsForTheLoopbackOnly) {
  Listener::Options options;
  options.listen = "0.0.0.0:0";
  options.handler = Echo;
  EXPECT_THAT(Listener::Open(options).status(), StatusIs(absl::StatusCode::kInvalidArgument));
  options.listen = "nowhere";
  EXPECT_THAT(Listener::Open(options).status(), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace hie::http
