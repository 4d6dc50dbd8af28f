#include "services/common/metrics/admin_listener.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::metrics {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr size_t kHeaderBytesMax = 8 << 10;
constexpr uint64_t kBodyBytesMax = 0;  // Nothing here takes a body.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(100);

absl::StatusOr<tcp::endpoint> ParseLoopback(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  error_code error;
  std::string host = colon == std::string::npos ? "" : listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (colon == std::string::npos || error || !address.is_loopback() ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &port) || port > UINT16_MAX) {
    return absl::InvalidArgumentError("listen: want a numeric loopback address and a port");
  }
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

Response Text(const Request& request, http::status status, std::string text) {
  Response response(status, request.version());
  response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  response.set(http::field::cache_control, "no-store");
  response.keep_alive(request.keep_alive());
  response.content_length(text.size());
  if (request.method() != http::verb::head) response.body() = std::move(text);
  return response;
}

Response Answer(const Request& request, const AdminListener::Options& options) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    Response response = Text(request, http::status::method_not_allowed, "want GET or HEAD\n");
    response.set(http::field::allow, "GET, HEAD");
    response.keep_alive(false);
    return response;
  }
  if (request.target() == "/livez") return Text(request, http::status::ok, "ok\n");
  if (request.target() == "/metrics") return Text(request, http::status::ok, options.metrics());
  if (request.target() != "/readyz") return Text(request, http::status::not_found, "not here\n");
  const absl::Status ready = options.ready();
  if (ready.ok()) return Text(request, http::status::ok, "ok\n");
  return Text(request, http::status::service_unavailable, absl::StrCat(ready.message(), "\n"));
}

// One connection: reads a request, answers, again.  Keeps itself until it closes.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const AdminListener::Options& options,
             std::function<void()> on_closed)
      : stream_(std::move(socket)), options_(options), on_closed_(std::move(on_closed)) {}
  ~Connection() { on_closed_(); }

  void Read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    stream_.expires_after(absl::ToChronoNanoseconds(options_.idle_max));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, size_t) {
                       if (!error) self->Write();
                     });
  }

 private:
  void Write() {
    response_ = Answer(parser_->get(), options_);
    stream_.expires_after(absl::ToChronoNanoseconds(options_.idle_max));
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, size_t) {
      if (!error && self->response_.keep_alive()) self->Read();
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kHeaderBytesMax};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
  const AdminListener::Options& options_;
  const std::function<void()> on_closed_;
};

class BeastAdminListener final : public AdminListener {
 public:
  explicit BeastAdminListener(Options options) : options_(std::move(options)) {}
  ~BeastAdminListener() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::socket::max_listen_connections, error);
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot listen on ", options_.listen, ": ", error.message()));
    }
    port_ = acceptor_.local_endpoint(error).port();
    Accept();
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

  uint16_t port() const override { return port_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return AcceptLater();  // Out of descriptors, mostly: do not spin.
      ++connections_;
      std::make_shared<Connection>(std::move(socket), options_, [this] { Closed(); })->Read();
      waiting_for_room_ = connections_ >= options_.connections_max;
      if (!waiting_for_room_) Accept();
    });
  }

  void AcceptLater() {
    pause_.expires_after(absl::ToChronoNanoseconds(kAcceptPause));
    pause_.async_wait([this](error_code error) {
      if (!error) Accept();
    });
  }

  void Closed() {
    --connections_;
    if (std::exchange(waiting_for_room_, false)) Accept();
  }

  const Options options_;
  int connections_ = 0;            // On the thread only, as what follows.
  bool waiting_for_room_ = false;  // Nobody accepts until a connection closes.
  uint16_t port_ = 0;
  // After what its handlers use: it destroys those that still wait.
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AdminListener>> AdminListener::Open(Options options) {
  HIE_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseLoopback(options.listen));
  auto listener = std::make_unique<BeastAdminListener>(std::move(options));
  HIE_RETURN_IF_ERROR(listener->Listen(endpoint));
  return listener;
}

}  // namespace hie::metrics
