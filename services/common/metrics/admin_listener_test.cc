#include "services/common/metrics/admin_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace hie::metrics {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A client that writes bytes and reads until the other side closes.
class Client {
 public:
  explicit Client(uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }
  void Write(const std::string& bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  std::string ReadToEnd() {
    std::string bytes;
    boost::system::error_code error;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(bytes), error);
    return bytes;
  }

 private:
  boost::asio::io_context io_;
  tcp::socket socket_;
};

class AdminListenerTest : public testing::Test {
 protected:
  AdminListener::Options Options() {
    return {.listen = "127.0.0.1:0",
            .ready = [this] { return ready_ ? absl::OkStatus() : absl::UnavailableError("mpi"); },
            .metrics = [] { return std::string("calls_total 3\n"); }};
  }
  void Open(AdminListener::Options options) {
    absl::StatusOr<std::unique_ptr<AdminListener>> listener =
        AdminListener::Open(std::move(options));
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }
  std::string Get(const std::string& request_line) {
    Client client(listener_->port());
    client.Write(request_line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return client.ReadToEnd();
  }

  std::atomic<bool> ready_ = true;
  std::unique_ptr<AdminListener> listener_;
};

TEST_F(AdminListenerTest, LiveReadyAndMetricsAreAnswered) {
  Open(Options());
  EXPECT_THAT(Get("GET /livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("GET /readyz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("GET /metrics"), HasSubstr("\r\n\r\ncalls_total 3\n"));
  ready_ = false;
  EXPECT_THAT(Get("GET /livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("GET /readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Get("GET /readyz"), HasSubstr("\r\n\r\nmpi\n"));
}

TEST_F(AdminListenerTest, HeadHasTheLengthAndNoBody) {
  Open(Options());
  const std::string answer = Get("HEAD /metrics");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 14"));
  EXPECT_THAT(answer, Not(HasSubstr("calls_total")));
}

TEST_F(AdminListenerTest, NothingElseIsHere) {
  Open(Options());
  EXPECT_THAT(Get("GET /"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get("GET /metrics/../etc"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get("POST /livez"), StartsWith("HTTP/1.1 405"));
}

TEST_F(AdminListenerTest, AConnectionServesManyRequests) {
  Open(Options());
  Client client(listener_->port());
  for (int i = 0; i < 3; ++i) client.Write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  client.Write("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answers = client.ReadToEnd();
  size_t count = 0;
  for (size_t at = answers.find("200 OK"); at != std::string::npos;
       at = answers.find("200 OK", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 4u);
}

TEST_F(AdminListenerTest, SlowAndOversizedClientsAreDropped) {
  AdminListener::Options options = Options();
  options.idle_max = absl::Milliseconds(100);
  Open(std::move(options));
  Client slow(listener_->port());
  slow.Write("GET /li");
  EXPECT_EQ(slow.ReadToEnd(), "");
  Client large(listener_->port());
  large.Write(absl::StrCat("GET /livez HTTP/1.1\r\nX: ", std::string(9'000, 'x')));
  EXPECT_EQ(large.ReadToEnd(), "");
  EXPECT_THAT(Get("GET /livez"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminListenerTest, MoreConnectionsThanAllowedWaitTheirTurn) {
  AdminListener::Options options = Options();
  options.connections_max = 2;
  options.idle_max = absl::Milliseconds(200);
  Open(std::move(options));
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 4; ++i) idle.push_back(std::make_unique<Client>(listener_->port()));
  const absl::Time began = absl::Now();
  EXPECT_THAT(Get("GET /livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_GT(absl::Now() - began, absl::Milliseconds(150)) << "served beside two idle ones";
}

TEST_F(AdminListenerTest, OnlyTheLoopbackIsListenedOn) {
  for (const char* listen : {"0.0.0.0:0", "localhost:0", "127.0.0.1", "127.0.0.1:x", "[::]:0",
                             "192.0.2.1:80", "127.0.0.1:70000", ""}) {
    AdminListener::Options options = Options();
    options.listen = listen;
    EXPECT_EQ(AdminListener::Open(std::move(options)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << listen;
  }
}

TEST_F(AdminListenerTest, APortInUseIsNamed) {
  Open(Options());
  AdminListener::Options options = Options();
  options.listen = absl::StrCat("127.0.0.1:", listener_->port());
  const std::string listen = options.listen;
  const absl::Status status = AdminListener::Open(std::move(options)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(listen));
}

TEST_F(AdminListenerTest, ClosesWithConnectionsOpen) {
  Open(Options());
  Client open(listener_->port());
  open.Write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /li");
  absl::SleepFor(absl::Milliseconds(50));
  listener_ = nullptr;
  EXPECT_THAT(open.ReadToEnd(), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace hie::metrics
