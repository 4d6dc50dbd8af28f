#include "gateway/http/listener.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/http/connection.h"
#include "gateway/http/listener_metrics.h"
#include "gateway/http/tls_context.h"
#include "services/common/base/random_source.h"
#include "services/common/base/status_macros.h"
#include "services/common/log/log.h"

namespace hie::http {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr auto kTick = std::chrono::milliseconds(500);
constexpr auto kAcceptPause = std::chrono::milliseconds(50);
constexpr auto kDrainLook = std::chrono::milliseconds(10);
constexpr int kBacklog = 1024;

absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  int port = -1;
  error_code error;
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const auto address = boost::asio::ip::make_address(host, error);
  constexpr int kPortMax = 65535;
  if (colon == std::string::npos || error ||
      !absl::SimpleAtoi(absl::string_view(listen).substr(colon + 1), &port) || port < 0 ||
      port > kPortMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("https: ", listen, ": want a numeric address and a port"));
  }
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

// One thread with its connections.
class Loop {
 public:
  Loop() : work_(boost::asio::make_work_guard(*context)), tick_(*context) {}

  void Run() {
    Tick();
    thread_ = std::thread([this] { context->run(); });
  }

  // On the loop's thread.
  void Add(const std::shared_ptr<Connection>& connection) {
    connections_[connection.get()] = connection;
    connection->Start();
  }
  void Remove(Connection* connection) {
    // Not under its own feet.
    boost::asio::post(*context, [this, connection] { connections_.erase(connection); });
  }
  void CloseIdle() {
    for (const auto& connection : All()) {
      if (connection->idle()) connection->Close();
    }
  }
  void CloseAll() {
    for (const auto& connection : All()) connection->Close();
  }

  void Stop() {
    boost::asio::post(*context, [this] {
      CloseAll();
      tick_.cancel();
      work_.reset();
      boost::asio::post(*context, [this] { context->stop(); });
    });
    if (thread_.joinable()) thread_.join();
    // What was posted last holds connections, which hold this.
    context->restart();
    context->poll();
    connections_.clear();
  }

  const std::shared_ptr<boost::asio::io_context> context =
      std::make_shared<boost::asio::io_context>(1);

 private:
  std::vector<std::shared_ptr<Connection>> All() const {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    return all;
  }

  void Tick() {
    tick_.expires_after(kTick);
    tick_.async_wait([this](const error_code& error) {
      if (error) return;
      const absl::Time now = absl::Now();
      for (const auto& connection : All()) connection->CheckTime(now);
      Tick();
    });
  }

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer tick_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::thread thread_;
};

class OpenListener final : public Listener {
 public:
  explicit OpenListener(Options options)
      : options_(std::move(options)),
        metrics_(options_.metrics.get()),
        shared_(std::make_shared<ConnectionShared>()) {
    shared_->handler = options_.handler;
    shared_->refusal = options_.refusal;
    shared_->limits = options_.limits;
    shared_->random = options_.random != nullptr ? options_.random : &system_random_;
    shared_->metrics = &metrics_;
  }

  ~OpenListener() override {
    StopAccepting();
    for (const auto& loop : loops_) loop->Stop();
    shared_->stopped = true;
  }

  absl::Status Start() {
    // OpenSSL writes without MSG_NOSIGNAL: a client that has gone must not end the process.
    std::signal(SIGPIPE, SIG_IGN);
    HIE_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(options_.listen));
    if (options_.tls == nullptr && !endpoint.address().is_loopback()) {
      return absl::InvalidArgumentError(
          absl::StrCat("https: ", options_.listen, ": plain HTTP on a loopback address only"));
    }
    if (options_.tls != nullptr) {
      HIE_ASSIGN_OR_RETURN(tls_, TlsContext::Open(*options_.tls));
    }
    for (int i = 0; i < std::max(1, options_.threads); ++i)
      loops_.push_back(std::make_unique<Loop>());
    acceptor_ = std::make_unique<tcp::acceptor>(*loops_[0]->context);
    pause_ = std::make_unique<boost::asio::steady_timer>(*loops_[0]->context);
    error_code error;
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(kBacklog, error);
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrCat("https: ", options_.listen, ": ", error.message()));
    }
    port_ = acceptor_->local_endpoint().port();
    refreshed_ = absl::Now();
    Accept();
    for (const auto& loop : loops_) loop->Run();
    return absl::OkStatus();
  }

  uint16_t port() const override { return port_; }

  void Drain(absl::Duration grace) override {
    shared_->draining = true;
    StopAccepting();
    const absl::Time end = absl::Now() + grace;
    do {
      for (const auto& loop : loops_) {
        boost::asio::post(*loop->context, [&loop = *loop] { loop.CloseIdle(); });
      }
      std::this_thread::sleep_for(kDrainLook);
    } while (open_connections_ > 0 && absl::Now() < end);
    for (const auto& loop : loops_) {
      boost::asio::post(*loop->context, [&loop = *loop] { loop.CloseAll(); });
    }
    while (open_connections_ > 0) std::this_thread::sleep_for(kDrainLook);
  }

 private:
  void StopAccepting() {
    if (loops_.empty() || !acceptor_ || stopped_accepting_.exchange(true)) return;
    boost::asio::post(*loops_[0]->context, [this] {
      error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
    });
  }

  void Accept() {
    acceptor_->async_accept([this](const error_code& error, tcp::socket socket) {
      if (stopped_accepting_) return;
      if (!error) Take(std::move(socket));
      // No descriptors, or as many connections as may be: look again in a moment.
      if (error || open_connections_ >= options_.limits.connections_max) return AcceptLater();
      Accept();
    });
  }

  void AcceptLater() {
    pause_->expires_after(kAcceptPause);
    pause_->async_wait([this](const error_code& error) {
      if (error || stopped_accepting_) return;
      if (open_connections_ >= options_.limits.connections_max) return AcceptLater();
      Accept();
    });
  }

  void Take(tcp::socket accepted) {
    error_code error;
    const auto remote = accepted.remote_endpoint(error);
    if (error) return;
    RefreshTls();
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    // The descriptor moves to its loop.
    const int descriptor = accepted.release(error);
    if (error) return;
    tcp::socket socket(*loop.context);
    socket.assign(remote.protocol(), descriptor, error);
    if (!error) socket.non_blocking(true, error);
    if (!error) socket.set_option(tcp::no_delay(true), error);
    if (error) return;
    std::unique_ptr<Transport> transport =
        tls_ ? std::make_unique<Transport>(descriptor, tls_->NewConnection())
             : std::make_unique<Transport>(descriptor);
    ++open_connections_;
    auto connection = std::make_shared<Connection>(
        shared_, loop.context, std::move(socket), std::move(transport),
        remote.address().to_string(), [this, &loop](Connection* closed) {
          --open_connections_;
          loop.Remove(closed);
        });
    boost::asio::post(*loop.context, [&loop, connection] { loop.Add(connection); });
  }

  void RefreshTls() {
    if (!tls_ || absl::Now() < refreshed_ + options_.tls->refresh) return;
    refreshed_ = absl::Now();
    const absl::Status refreshed = tls_->Refresh();
    if (!refreshed.ok() && options_.log) {
      options_.log->Write(log::Level::kError, "https-certificate-not-read",
                          {{"status", refreshed.ToString()}});
    }
  }

  const Options options_;
  SystemRandom system_random_;
  ListenerMetrics metrics_;
  const std::shared_ptr<ConnectionShared> shared_;
  std::unique_ptr<TlsContext> tls_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::unique_ptr<boost::asio::steady_timer> pause_;
  std::atomic<bool> stopped_accepting_ = false;
  std::atomic<int> open_connections_ = 0;
  size_t next_loop_ = 0;
  absl::Time refreshed_;
  uint16_t port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(Options options) {
  if (!options.handler) return absl::InvalidArgumentError("https: want a handler");
  auto listener = std::make_unique<OpenListener>(std::move(options));
  const absl::Status started = listener->Start();
  if (!started.ok()) return started;
  return listener;
}

}  // namespace hie::http
