#include "gateway/hl7v2/mllp_session.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <utility>

namespace hie::hl7v2 {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kReadBytes = size_t{16} << 10;
// Reads in a row before other connections get their turn.
constexpr int kReadsMax = 16;
constexpr std::chrono::milliseconds kTickMax(1000);

std::chrono::milliseconds Millis(absl::Duration duration) {
  return std::chrono::milliseconds(absl::ToInt64Milliseconds(duration));
}

}  // namespace

// Carries answers from any thread to the session's strand.
class MllpSession::Sink final : public AnswerSink {
 public:
  Sink(const std::shared_ptr<MllpSession>& session, uint64_t number)
      : gate_(session->gate_), session_(session), number_(number) {}

  void Commit(std::string answer) override { Send(std::move(answer), true); }
  void Application(std::string answer) override { Send(std::move(answer), false); }

 private:
  void Send(std::string answer, bool commit) {
    MutexLock lock(gate_->mutex);
    if (!gate_->open) return;
    const std::shared_ptr<MllpSession> session = session_.lock();
    if (session == nullptr) return;
    asio::post(session->socket_.get_executor(),
               [session, number = number_, answer = std::move(answer), commit]() mutable {
                 session->Answered(number, std::move(answer), commit);
               });
  }

  const std::shared_ptr<SessionGate> gate_;
  const std::weak_ptr<MllpSession> session_;
  const uint64_t number_;
};

MllpSession::MllpSession(Socket socket, ssl_st* ssl, const MllpListener::Options& options,
                         std::shared_ptr<SessionGate> gate, std::function<void()> closed)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      options_(options),
      gate_(std::move(gate)),
      closed_(std::move(closed)),
      tls_(ssl != nullptr),
      framer_(options.limits.message_bytes_max) {
  error_code error;
  socket_.non_blocking(true, error);
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  address_.ip = socket_.remote_endpoint(error).address().to_string();
  transport_ = tls_ ? std::make_unique<http::Transport>(socket_.native_handle(), ssl)
                    : std::make_unique<http::Transport>(socket_.native_handle());
  options_.metrics->Connections(1);
}

MllpSession::~MllpSession() { options_.metrics->Connections(-1); }

void MllpSession::Start() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->Tick();
    self->Handshake();
  });
}

void MllpSession::Finish() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->input_ended_ = true;
    self->MaybeClose();
  });
}

void MllpSession::Abort() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Close(""); });
}

void MllpSession::Wait(http::Step step, void (MllpSession::*then)()) {
  const auto what = step == http::Step::kWantWrite ? Socket::wait_write : Socket::wait_read;
  socket_.async_wait(what, [self = shared_from_this(), then](const error_code& error) {
    if (error || self->is_closed_) return;
    (self.get()->*then)();
  });
}

void MllpSession::Handshake() {
  if (is_closed_) return;
  const http::StepResult result = transport_->Handshake();
  if (result.step == http::Step::kWantRead || result.step == http::Step::kWantWrite) {
    return Wait(result.step, &MllpSession::Handshake);
  }
  if (result.step != http::Step::kDone) return Close("handshake");
  address_.certificate_sha256 = transport_->PeerKey();
  if (tls_ && address_.certificate_sha256.empty()) return Close("no-certificate");
  greeted_ = true;
  active_ = Clock::now();
  waiting_to_read_ = true;
  Read();
}

bool MllpSession::MayRead() const {
  return !is_closed_ && !input_ended_ &&
         order_.in_flight() < static_cast<size_t>(options_.limits.per_connection_max);
}

void MllpSession::Read() {
  waiting_to_read_ = false;
  std::array<char, kReadBytes> buffer;
  for (int i = 0; i < kReadsMax && MayRead(); ++i) {
    const http::StepResult result = transport_->Read(buffer.data(), buffer.size());
    if (result.step == http::Step::kWantRead || result.step == http::Step::kWantWrite) {
      waiting_to_read_ = true;
      return Wait(result.step, &MllpSession::Read);
    }
    if (result.step != http::Step::kDone) {
      input_ended_ = true;
      return result.step == http::Step::kEnd ? MaybeClose() : Close("");
    }
    active_ = Clock::now();
    framer_.Append(absl::string_view(buffer.data(), result.bytes));
    TakeMessages();
  }
  if (!MayRead()) return;
  waiting_to_read_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Read(); });
}

void MllpSession::TakeMessages() {
  const bool was_inside = framer_.inside();
  bool taken = false;
  while (MayRead()) {
    std::optional<std::string> message = framer_.Next();
    if (!message) break;
    taken = true;
    const uint64_t number = order_.Begin();
    options_.take(*std::move(message), address_,
                  std::make_shared<Sink>(shared_from_this(), number));
  }
  if (framer_.inside() && (taken || !was_inside)) message_begun_ = Clock::now();
  if (framer_.dropped() > dropped_) {
    options_.metrics->Dropped(framer_.dropped() - dropped_);
    dropped_ = framer_.dropped();
  }
  if (framer_.broken()) Close("oversize");
}

void MllpSession::Answered(uint64_t number, std::string answer, bool commit) {
  if (is_closed_) return;
  if (commit) {
    order_.Commit(number, std::move(answer));
  } else {
    order_.Application(number, std::move(answer));
  }
  Flush();
}

void MllpSession::Flush() {
  for (const std::string& answer : order_.TakeReady()) outgoing_.push_back(MllpFrame(answer));
  if (!writing_ && !outgoing_.empty()) {
    writing_ = true;
    write_begun_ = Clock::now();
    Write();
  }
  if (is_closed_) return;
  // Room was made: what was received meanwhile comes first.
  TakeMessages();
  if (MayRead() && !waiting_to_read_) {
    waiting_to_read_ = true;
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Read(); });
  }
  MaybeClose();
}

void MllpSession::Write() {
  while (!is_closed_ && !outgoing_.empty()) {
    const http::StepResult result =
        transport_->Write(absl::string_view(outgoing_.front()).substr(written_));
    if (result.step == http::Step::kWantRead || result.step == http::Step::kWantWrite) {
      return Wait(result.step, &MllpSession::Write);
    }
    if (result.step != http::Step::kDone) return Close("");
    active_ = write_begun_ = Clock::now();
    written_ += result.bytes;
    if (written_ < outgoing_.front().size()) continue;
    outgoing_.pop_front();
    written_ = 0;
  }
  writing_ = false;
  MaybeClose();
}

void MllpSession::Tick() {
  if (is_closed_) return;
  if (Overdue()) return;
  const auto shortest =
      std::min({Millis(options_.limits.idle_time), Millis(options_.limits.message_time),
                Millis(options_.limits.write_time)});
  timer_.expires_after(std::clamp(shortest / 4, std::chrono::milliseconds(5), kTickMax));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->Tick();
  });
}

bool MllpSession::Overdue() {
  const Clock::time_point now = Clock::now();
  const auto passed = [now](Clock::time_point since, absl::Duration limit) {
    return now - since > Millis(limit);
  };
  const char* reason = nullptr;
  if (writing_ && passed(write_begun_, options_.limits.write_time)) reason = "slow-reader";
  if (!greeted_ && passed(active_, options_.limits.message_time)) reason = "handshake";
  // While the connection is not read for its many messages in flight, it is not the sender's fault.
  if (MayRead() && framer_.inside() && passed(message_begun_, options_.limits.message_time)) {
    reason = "slow-message";
  }
  if (order_.in_flight() == 0 && !framer_.inside() && passed(active_, options_.limits.idle_time)) {
    reason = "idle";
  }
  if (reason == nullptr) return false;
  Close(reason);
  return true;
}

void MllpSession::MaybeClose() {
  if (input_ended_ && order_.in_flight() == 0 && outgoing_.empty()) Close("");
}

void MllpSession::Close(absl::string_view reason) {
  if (is_closed_) return;
  is_closed_ = true;
  if (!reason.empty()) options_.metrics->Closed(reason);
  if (greeted_) transport_->Bye();
  error_code error;
  timer_.cancel(error);
  socket_.shutdown(Socket::shutdown_both, error);
  socket_.close(error);
  closed_();
}

}  // namespace hie::hl7v2
