#include "tests/bench/tls_echo.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/status_macros.h"
#include "tests/bench/tls_client.h"

namespace hie::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

constexpr absl::Duration kStartTime = absl::Seconds(20);
constexpr uint64_t kBodyBytesMax = 24 << 20;  // As the gateway takes.

// One keep-alive connection: read, answer, again.
class EchoSession : public std::enable_shared_from_this<EchoSession> {
 public:
  EchoSession(Tcp::socket socket, asio::ssl::context& context)
      : stream_(std::move(socket), context) {}

  void Start() {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this()](beast::error_code error) {
                              if (!error) self->Read();
                            });
  }

 private:
  void Read() {
    parser_.emplace();
    parser_->body_limit(kBodyBytesMax);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, size_t) {
                       if (!error) self->Write();
                     });
  }

  // The target says how many bytes are wanted back: "/1234".
  void Write() {
    uint64_t bytes = 0;
    const auto target = parser_->get().target().substr(1);
    if (!absl::SimpleAtoi(absl::string_view(target.data(), target.size()), &bytes)) return;
    answer_ = {};
    answer_.version(11);
    answer_.result(http::status::ok);
    answer_.set(http::field::content_type, "application/fhir+json");
    answer_.body().assign(bytes, 'e');
    answer_.prepare_payload();
    http::async_write(stream_, answer_,
                      [self = shared_from_this()](beast::error_code error, size_t) {
                        if (!error) self->Read();
                      });
  }

  asio::ssl::stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> answer_;
};

void Accept(Tcp::acceptor& acceptor, asio::ssl::context& context, asio::io_context& loop) {
  acceptor.async_accept(asio::make_strand(loop), [&](beast::error_code error, Tcp::socket socket) {
    beast::error_code ignored;
    if (error) return;
    socket.set_option(Tcp::no_delay(true), ignored);
    std::make_shared<EchoSession>(std::move(socket), context)->Start();
    Accept(acceptor, context, loop);
  });
}

absl::StatusOr<int> AwaitPort(const std::string& ready_file, testing::ChildProcess& server) {
  for (const absl::Time end = absl::Now() + kStartTime; absl::Now() < end && server.Running();) {
    int port = 0;
    if (std::ifstream(ready_file) >> port && port > 0) return port;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::UnavailableError("the TLS echo server did not start");
}

// Throws what Asio throws.
void Serve(const std::string& pki, const std::string& ready_file) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain_file(pki + "/roles/gateway.crt");
  context.use_private_key_file(pki + "/roles/gateway.key", asio::ssl::context::pem);
  asio::io_context loop;
  Tcp::acceptor acceptor(loop, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  Accept(acceptor, context, loop);
  std::ofstream(ready_file + ".part") << acceptor.local_endpoint().port() << "\n";
  std::filesystem::rename(ready_file + ".part", ready_file);
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&loop] { loop.run(); });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int RunTlsEchoServer(const std::string& pki, const std::string& ready_file) {
  try {
    Serve(pki, ready_file);
  } catch (const std::exception& error) {
    std::cerr << "tls echo: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

absl::StatusOr<std::unique_ptr<TlsEcho>> TlsEcho::Start(const std::string& directory,
                                                        const std::string& pki) {
  const std::string ready_file = directory + "/tls-echo.ready";
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  testing::ChildProcess::Options options;
  options.command = {self, "--tls_echo_server", "--pki_dir", pki, "--ready_file", ready_file};
  options.output = directory + "/tls-echo.out";
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<testing::ChildProcess> server,
                       testing::ChildProcess::Start(options));
  HIE_ASSIGN_OR_RETURN(const int port, AwaitPort(ready_file, *server));
  return std::unique_ptr<TlsEcho>(new TlsEcho(std::move(server), port));
}

std::string TlsEcho::Request(size_t request_bytes, size_t answer_bytes) {
  const std::string target = absl::StrCat("/", answer_bytes);
  const size_t head = HttpText("POST", target, "", "").size();
  return HttpText("POST", target, "",
                  std::string(request_bytes - std::min(request_bytes, head), 'e'));
}

}  // namespace hie::bench
