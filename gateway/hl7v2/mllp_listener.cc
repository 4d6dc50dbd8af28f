#include "gateway/hl7v2/mllp_listener.h"

#include <openssl/ssl.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/mllp_session.h"
#include "gateway/http/tls_context.h"
#include "services/common/base/status_macros.h"

namespace hie::hl7v2 {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// host:port, [v6]:port.
absl::StatusOr<tcp::endpoint> ParseListen(const std::string& listen) {
  const absl::Status malformed =
      absl::InvalidArgumentError(absl::StrCat(listen, ": want a numeric address and a port"));
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port) ||
      port > 65535) {
    return malformed;
  }
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (error) return malformed;
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

// Loopback, private and link-local (RFC 1918, 6598, 3927, 4193, 4291).
bool IsPrivate(const asio::ip::address& address) {
  static constexpr absl::string_view kPrefixes[] = {
      "127.0.0.0/8",    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
      "169.254.0.0/16", "::1/128",    "fc00::/7",      "fe80::/10"};
  SenderAddress sender;
  sender.ip = address.to_string();
  for (const absl::string_view prefix : kPrefixes) {
    if (AdmitsPeer({std::string(prefix)}, sender)) return true;
  }
  return false;
}

class AsioListener final : public MllpListener {
 public:
  explicit AsioListener(Options options)
      : options_(std::move(options)), acceptor_(strand_), gate_(std::make_shared<SessionGate>()) {}

  ~AsioListener() override {
    Shut();
    {
      MutexLock lock(gate_->mutex);
      gate_->open = false;
    }
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Listen() {
    HIE_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseListen(options_.listen));
    if (options_.tls == nullptr && !IsPrivate(endpoint.address())) {
      return absl::InvalidArgumentError(
          absl::StrCat(options_.listen, ": want TLS beyond private networks"));
    }
    if (options_.tls != nullptr) {
      HIE_ASSIGN_OR_RETURN(tls_, http::TlsContext::Open(*options_.tls));
    }
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrCat(options_.listen, ": cannot be listened on: ", error.message()));
    }
    port_ = acceptor_.local_endpoint(error).port();
    asio::post(strand_, [this] { Accept(); });
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { io_.run(); });
    return absl::OkStatus();
  }

  uint16_t port() const override { return port_; }

  void Drain(absl::Duration grace) override {
    Shut();
    MutexLock lock(mutex_);
    const auto gone = [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return sessions_.empty(); };
    for (const std::shared_ptr<MllpSession>& session : sessions_) session->Finish();
    if (grace > absl::ZeroDuration()) empty_.WaitFor(mutex_, grace, gone);
    for (const std::shared_ptr<MllpSession>& session : sessions_) session->Abort();
    empty_.WaitFor(mutex_, kAbortTime, gone);
  }

 private:
  // To close what is told to close.
  static constexpr absl::Duration kAbortTime = absl::Seconds(1);
  static constexpr std::chrono::milliseconds kAcceptPause{200};

  // Accepts no more.
  void Shut() {
    {
      MutexLock lock(mutex_);
      shut_ = true;
    }
    asio::post(strand_, [this] {
      error_code error;
      acceptor_.close(error);
    });
  }

  void Accept() {
    {
      MutexLock lock(mutex_);
      if (shut_ || accepting_ ||
          sessions_.size() >= static_cast<size_t>(options_.limits.connections_max)) {
        return;
      }
      accepting_ = true;
    }
    acceptor_.async_accept(asio::make_strand(io_),
                           [this](const error_code& error, tcp::socket socket) {
                             {
                               MutexLock lock(mutex_);
                               accepting_ = false;
                             }
                             if (error == asio::error::operation_aborted) return;
                             if (error) return AcceptLater();
                             Begin(std::move(socket));
                             Accept();
                           });
  }

  // No descriptors, mostly: not in a hot loop.
  void AcceptLater() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const error_code& error) {
      if (!error) Accept();
    });
  }

  void Begin(tcp::socket socket) {
    ssl_st* ssl = nullptr;
    if (tls_ != nullptr) {
      if (absl::Status fresh = tls_->Refresh(); !fresh.ok() && options_.log != nullptr) {
        options_.log->Write(log::Level::kWarning, "tls-not-reloaded",
                            {{"listener", options_.listen}, {"why", std::string(fresh.message())}});
      }
      ssl = tls_->NewConnection();
      if (ssl == nullptr) return;
    }
    auto holder = std::make_shared<std::weak_ptr<MllpSession>>();
    const auto session = std::make_shared<MllpSession>(std::move(socket), ssl, options_, gate_,
                                                       [this, holder] { Ended(holder->lock()); });
    *holder = session;
    {
      MutexLock lock(mutex_);
      if (shut_) return;
      sessions_.insert(session);
    }
    session->Start();
  }

  void Ended(const std::shared_ptr<MllpSession>& session) {
    {
      MutexLock lock(mutex_);
      sessions_.erase(session);
      if (sessions_.empty()) empty_.NotifyAll();
    }
    asio::post(strand_, [this] { Accept(); });
  }

  const Options options_;
  asio::io_context io_;
  const asio::executor_work_guard<asio::io_context::executor_type> work_ =
      asio::make_work_guard(io_);
  asio::strand<asio::io_context::executor_type> strand_ = asio::make_strand(io_);
  tcp::acceptor acceptor_;                 // Of the strand.
  asio::steady_timer pause_{strand_};      // Of the strand.
  std::unique_ptr<http::TlsContext> tls_;  // Of the strand.
  const std::shared_ptr<SessionGate> gate_;
  uint16_t port_ = 0;

  Mutex mutex_;
  CondVar empty_;
  std::set<std::shared_ptr<MllpSession>> sessions_ HIE_GUARDED_BY(mutex_);
  bool accepting_ HIE_GUARDED_BY(mutex_) = false;
  bool shut_ HIE_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MllpListener>> MllpListener::Open(Options options) {
  auto listener = std::make_unique<AsioListener>(std::move(options));
  HIE_RETURN_IF_ERROR(listener->Listen());
  return listener;
}

}  // namespace hie::hl7v2
