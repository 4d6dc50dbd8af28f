// Boost.Beast 1.81 asserts on some chunk trailers that are cut short: what a member's server sends
// must end one request, not the process.
#define BOOST_ENABLE_ASSERT_HANDLER

#include "gateway/fetch/https_client.h"

#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace boost {

void assertion_failed(char const*, char const*, char const*, long) {
  throw std::logic_error("fetch: an answer that the parser cannot take");
}
void assertion_failed_msg(char const*, char const*, char const*, char const*, long) {
  throw std::logic_error("fetch: an answer that the parser cannot take");
}

}  // namespace boost

namespace hie::fetch {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kChunkBytes = 64 << 10;
constexpr size_t kHeaderBytesMax = 64 << 10;
constexpr size_t kIdlePerHostMax = 4;

using TlsStream = asio::ssl::stream<tcp::socket>;

// A connection to one host, with what was read beyond the last answer.
struct Line {
  Line(asio::io_context& loop, asio::ssl::context& tls) : stream(loop, tls) {}
  TlsStream stream;
  boost::beast::flat_buffer buffer;
  absl::Time idle_since;
};

// What every request of a client stands on; of the client's thread, but for `calls`.
struct Floor {
  Floor() : tls(asio::ssl::context::tls_client) {}
  asio::io_context loop{1};
  asio::ssl::context tls;
  HttpsClient::Options options;
  std::map<std::string, std::vector<std::unique_ptr<Line>>> idle;
  std::map<std::string, int> running;  // Requests under way, by authority.
  std::atomic<int> calls = 0;
};

std::string LineKey(const FetchRequest& request) {
  return absl::StrCat(request.rule == AddressRule::kPublic ? "public " : "any ",
                      request.url.Authority());
}

beast::verb VerbOf(http::Method method) {
  return method == http::Method::kPost ? beast::verb::post : beast::verb::get;
}

// One request, from name to last byte.
class Fetching final : public FetchCall, public std::enable_shared_from_this<Fetching> {
 public:
  Fetching(std::shared_ptr<Floor> floor, FetchRequest request,
           std::function<bool(absl::string_view)> on_chunk,
           std::function<void(absl::StatusOr<FetchResponse>)> done)
      : floor_(std::move(floor)),
        request_(std::move(request)),
        on_chunk_(std::move(on_chunk)),
        done_(std::move(done)),
        resolver_(floor_->loop),
        timer_(floor_->loop) {}
  ~Fetching() override { --floor_->calls; }

  void Cancel() override {
    asio::post(floor_->loop,
               [self = shared_from_this()] { self->End(absl::CancelledError("fetch: given up")); });
  }

  void Start() {
    int& running = floor_->running[request_.url.Authority()];
    if (running >= floor_->options.connections_per_authority_max) {
      return End(absl::ResourceExhaustedError("fetch: too many at a time to one server"));
    }
    ++running;
    counted_ = true;
    timer_.expires_after(absl::ToChronoMilliseconds(request_.budget));
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->End(absl::DeadlineExceededError("fetch: no full answer in time"));
    });
    line_ = TakeIdle();
    reused_ = line_ != nullptr;
    return reused_ ? Send() : Resolve();
  }

  void End(absl::Status status) {
    if (!done_) return;
    Uncount();
    timer_.cancel();
    resolver_.cancel();
    if (line_) {
      error_code ignored;
      line_->stream.next_layer().close(ignored);
    }
    std::exchange(done_, nullptr)(std::move(status));
  }

 private:
  void Uncount() {
    if (!std::exchange(counted_, false)) return;
    const auto running = floor_->running.find(request_.url.Authority());
    if (--running->second == 0) floor_->running.erase(running);
  }

  std::unique_ptr<Line> TakeIdle() {
    auto& lines = floor_->idle[LineKey(request_)];
    while (!lines.empty()) {
      std::unique_ptr<Line> line = std::move(lines.back());
      lines.pop_back();
      if (absl::Now() - line->idle_since < floor_->options.idle_time) return line;
    }
    return nullptr;
  }

  void Resolve() {
    line_ = std::make_unique<Line>(floor_->loop, floor_->tls);
    resolver_.async_resolve(
        request_.url.host, absl::StrCat(request_.url.port),
        [self = shared_from_this()](const error_code& error,
                                    const tcp::resolver::results_type& all) {
          if (!self->done_) return;
          if (error) return self->End(absl::UnavailableError("fetch: the name is not known"));
          self->Connect(all);
        });
  }

  // Only judged addresses are dialled; the name is not looked up again.
  void Connect(const tcp::resolver::results_type& all) {
    for (const auto& found : all) {
      if (MayDial(found.endpoint().address(), request_.rule)) judged_.push_back(found.endpoint());
    }
    if (judged_.empty()) {
      return End(absl::PermissionDeniedError("fetch: the address is not one that may be dialled"));
    }
    asio::async_connect(line_->stream.next_layer(), judged_,
                        [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                          if (!self->done_) return;
                          if (error) {
                            return self->End(absl::UnavailableError("fetch: cannot connect"));
                          }
                          self->Shake();
                        });
  }

  void Shake() {
    error_code ignored;
    line_->stream.next_layer().set_option(tcp::no_delay(true), ignored);
    const std::string& host = request_.url.host;
    asio::ip::make_address(host, ignored);
    if (ignored) SSL_set_tlsext_host_name(line_->stream.native_handle(), host.c_str());
    line_->stream.set_verify_mode(asio::ssl::verify_peer);
    line_->stream.set_verify_callback(asio::ssl::host_name_verification(host));
    line_->stream.async_handshake(TlsStream::client, [self = shared_from_this()](
                                                         const error_code& error) {
      if (!self->done_) return;
      if (error) {
        return self->End(absl::UnavailableError(
            "fetch: TLS failed: the certificate is not for this host, expired, or not trusted"));
      }
      self->Send();
    });
  }

  void Send() {
    message_.emplace();
    message_->method(VerbOf(request_.method));
    message_->target(
        boost::beast::string_view(request_.url.target.data(), request_.url.target.size()));
    message_->version(11);
    for (const auto& [name, value] : request_.headers.fields()) message_->insert(name, value);
    message_->set(beast::field::host, request_.url.Authority());
    message_->body() = request_.body;
    message_->prepare_payload();
    beast::async_write(line_->stream, *message_,
                       [self = shared_from_this()](const error_code& error, size_t) {
                         if (!self->done_) return;
                         if (error) return self->Broken();
                         self->ReadHeader();
                       });
  }

  // A connection that was kept may have been closed by the other side meanwhile: a fresh one, once.
  void Broken() {
    if (!reused_ || request_.method != http::Method::kGet) {
      return End(absl::DataLossError("fetch: the connection broke off"));
    }
    reused_ = false;
    parser_.reset();
    Resolve();
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(boost::none);  // Counted here.
    beast::async_read_header(line_->stream, line_->buffer, *parser_,
                             [self = shared_from_this()](const error_code& error, size_t) {
                               if (!self->done_) return;
                               if (error) return self->Broken();
                               self->reused_ = false;
                               const auto& head = self->parser_->get();
                               self->response_.status = static_cast<int>(head.result_int());
                               for (const auto& field : head) {
                                 self->response_.headers.Add(
                                     {field.name_string().data(), field.name_string().size()},
                                     {field.value().data(), field.value().size()});
                               }
                               self->ReadBody();
                             });
  }

  void ReadBody() {
    if (parser_->is_done()) return Complete();
    auto& body = parser_->get().body();
    body.data = chunk_.data();
    body.size = chunk_.size();
    beast::async_read_some(line_->stream, line_->buffer, *parser_,
                           [self = shared_from_this()](error_code error, size_t) {
                             if (!self->done_) return;
                             if (error == beast::error::need_buffer) error = {};
                             if (error)
                               return self->End(absl::DataLossError("fetch: the answer broke off"));
                             self->TakeChunk();
                           });
  }

  void TakeChunk() {
    const size_t size = chunk_.size() - parser_->get().body().size;
    const absl::string_view chunk(chunk_.data(), size);
    received_ += size;
    if (received_ > request_.body_bytes_max) {
      return End(absl::OutOfRangeError("fetch: the answer is larger than allowed"));
    }
    constexpr int kSuccess = 2;
    constexpr int kHundred = 100;
    if (on_chunk_ && response_.status / kHundred == kSuccess) {
      if (!chunk.empty() && !on_chunk_(chunk)) return End(absl::CancelledError("fetch: given up"));
    } else if (!on_chunk_) {
      // Of content as long as it likes, an error's words are not kept: nobody reads them.
      response_.body.append(chunk.data(), chunk.size());
    }
    ReadBody();
  }

  void Complete() {
    Uncount();
    timer_.cancel();
    if (parser_->keep_alive()) {
      auto& lines = floor_->idle[LineKey(request_)];
      line_->idle_since = absl::Now();
      if (lines.size() < kIdlePerHostMax) lines.push_back(std::move(line_));
    }
    std::exchange(done_, nullptr)(std::move(response_));
  }

  const std::shared_ptr<Floor> floor_;
  const FetchRequest request_;
  const std::function<bool(absl::string_view)> on_chunk_;
  std::function<void(absl::StatusOr<FetchResponse>)> done_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  std::vector<tcp::endpoint> judged_;
  std::unique_ptr<Line> line_;
  bool reused_ = false;
  bool counted_ = false;  // Among those that run to its authority.
  std::optional<beast::request<beast::string_body>> message_;
  std::optional<beast::response_parser<beast::buffer_body>> parser_;
  std::string chunk_ = std::string(kChunkBytes, '\0');
  FetchResponse response_;
  uint64_t received_ = 0;
};

// Runs to the end.  A request whose answer broke the parser is ended by its own timer.
void Run(asio::io_context& loop) {
  while (true) {
    try {
      loop.run();
      return;
    } catch (const std::logic_error&) {
      continue;
    }
  }
}

class OpenClient final : public HttpsClient {
 public:
  explicit OpenClient(std::shared_ptr<Floor> floor)
      : floor_(std::move(floor)), work_(asio::make_work_guard(floor_->loop)) {
    thread_ = std::thread([floor = floor_] { Run(floor->loop); });
  }

  ~OpenClient() override {
    asio::post(floor_->loop, [this] {
      for (const auto& weak : running_) {
        if (const auto call = weak.lock()) call->End(absl::CancelledError("fetch: stopped"));
      }
      floor_->idle.clear();
      work_.reset();
    });
    thread_.join();
  }

  std::shared_ptr<FetchCall> Fetch(
      FetchRequest request, std::function<bool(absl::string_view)> on_chunk,
      std::function<void(absl::StatusOr<FetchResponse>)> done) override {
    const bool full = ++floor_->calls > floor_->options.connections_max;
    auto call = std::make_shared<Fetching>(floor_, std::move(request), std::move(on_chunk),
                                           std::move(done));
    asio::post(floor_->loop, [this, call, full] {
      if (full) return call->End(absl::ResourceExhaustedError("fetch: too many at a time"));
      for (auto it = running_.begin(); it != running_.end();) {
        it = it->expired() ? running_.erase(it) : std::next(it);
      }
      running_.insert(call);
      call->Start();
    });
    return call;
  }

 private:
  const std::shared_ptr<Floor> floor_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::set<std::weak_ptr<Fetching>, std::owner_less<>> running_;  // Of the client's thread.
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpsClient>> HttpsClient::Open(Options options) {
  auto floor = std::make_shared<Floor>();
  error_code error;
  if (options.trust_anchors.empty()) {
    floor->tls.set_default_verify_paths(error);
  } else {
    floor->tls.load_verify_file(options.trust_anchors, error);
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("fetch: trust anchors ", options.trust_anchors, ": ", error.message()));
  }
  SSL_CTX_set_min_proto_version(floor->tls.native_handle(), TLS1_2_VERSION);
  floor->options = std::move(options);
  return std::make_unique<OpenClient>(std::move(floor));
}

}  // namespace hie::fetch
