#include "gateway/http/connection.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/http/listener_metrics.h"
#include "gateway/http/pending_exchange.h"
#include "gateway/http/response_head.h"
#include "services/common/base/uuid.h"
#include "services/common/rpc/trace_context.h"

namespace hie::http {
namespace {

using boost::asio::ip::tcp;

constexpr size_t kReadBytes = 64 << 10;
constexpr int kReadsInARow = 16;  // Then others get their turn.
// How long a handler may outlive its request's deadline.
constexpr absl::Duration kAnswerGrace = absl::Seconds(5);
// How long a client may take to close behind the last answer.
constexpr absl::Duration kLingerTime = absl::Seconds(2);
constexpr absl::Duration kLook = absl::Seconds(1);  // Until a paused reader is looked at again.
constexpr int kStatusTimeout = 408;
constexpr int kStatusUnavailable = 503;

bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

ReaderLimits ReaderLimitsOf(const ListenerLimits& limits) {
  ReaderLimits reader;
  reader.header_bytes_max = limits.header_bytes_max;
  reader.body_bytes_max = limits.body_bytes_max;
  return reader;
}

}  // namespace

Connection::Connection(std::shared_ptr<ConnectionShared> shared,
                       std::shared_ptr<boost::asio::io_context> loop, tcp::socket socket,
                       std::unique_ptr<Transport> transport, std::string address,
                       std::function<void(Connection*)> closed)
    : shared_(std::move(shared)),
      loop_(std::move(loop)),
      socket_(std::move(socket)),
      transport_(std::move(transport)),
      address_(std::move(address)),
      closed_(std::move(closed)),
      reader_(ReaderLimitsOf(shared_->limits)) {
  shared_->metrics->ConnectionOpened();
}

Connection::~Connection() { shared_->metrics->ConnectionClosed(); }

void Connection::Start() {
  read_deadline_ = absl::Now() + shared_->limits.header_time;
  Shake();
}

void Connection::Shake() {
  switch (transport_->Handshake().step) {
    case Step::kDone:
      shaken_ = true;
      peer_key_ = transport_->PeerKey();
      SetReadDeadline();
      return OnReadable();
    case Step::kWantRead:
      return WaitFor(Wait::kRead, &Connection::Shake);
    case Step::kWantWrite:
      return WaitFor(Wait::kWrite, &Connection::Shake);
    default:
      return Close();
  }
}

void Connection::WaitFor(Wait wait, void (Connection::*then)()) {
  bool& waiting = wait == Wait::kRead ? waiting_read_ : waiting_write_;
  if (over_ || waiting) return;
  waiting = true;
  socket_.async_wait(
      wait == Wait::kRead ? tcp::socket::wait_read : tcp::socket::wait_write,
      [self = shared_from_this(), wait, then](const boost::system::error_code& error) {
        (wait == Wait::kRead ? self->waiting_read_ : self->waiting_write_) = false;
        if (self->over_) return;
        if (error) return self->Close();
        (self.get()->*then)();
      });
}

bool Connection::WantsRead() const {
  return !over_ && !last_ && slots_.size() < static_cast<size_t>(shared_->limits.pipelined_max);
}

void Connection::OnReadable() {
  thread_local std::string buffer(kReadBytes, '\0');
  for (int reads = 0; WantsRead() || (last_ && !over_); ++reads) {
    if (reads == kReadsInARow) {
      return boost::asio::post(*loop_, [self = shared_from_this()] { self->OnReadable(); });
    }
    const StepResult read = transport_->Read(buffer.data(), buffer.size());
    if (read.step == Step::kWantRead) return WaitFor(Wait::kRead, &Connection::OnReadable);
    if (read.step == Step::kWantWrite) return WaitFor(Wait::kWrite, &Connection::OnReadable);
    if (read.step != Step::kDone) return Close();
    if (last_) {
      // What follows the last request is of no interest; that the client is still there is.
      discarded_ += read.bytes;
      if (discarded_ > shared_->limits.body_bytes_max) return Close();
      continue;
    }
    reader_.Feed(absl::string_view(buffer.data(), read.bytes));
    TakeRequests();
  }
}

void Connection::TakeRequests() {
  while (WantsRead() && reader_.state() == RequestReader::State::kRequest) {
    const bool keep_alive = reader_.keep_alive();
    Dispatch(reader_.Take(), keep_alive);
  }
  Count(Held());
  if (reader_.state() == RequestReader::State::kRefused && WantsRead()) {
    RefuseRequest(reader_.refusal_status());
  }
  // Nobody is known before a body is read whole: strangers together must not fill the memory.
  if (reader_.state() == RequestReader::State::kBody && WantsRead() &&
      shared_->held_bytes > shared_->limits.held_bytes_max) {
    RefuseRequest(kStatusUnavailable);
  }
  if (reader_.TakeContinue() && slots_.empty() && out_.empty()) {
    out_ = "HTTP/1.1 100 Continue\r\n\r\n";
    Pump();
  }
  SetReadDeadline();
}

uint64_t Connection::Held() const {
  uint64_t held = reader_.held();
  for (const std::shared_ptr<Slot>& slot : slots_) held += slot->request.body.size();
  return held;
}

void Connection::Count(uint64_t held) {
  if (over_) held = 0;
  shared_->held_bytes += held - counted_;
  counted_ = held;
}

// Runs from a phase's beginning, so that a byte now and then does not buy time.
void Connection::SetReadDeadline() {
  const RequestReader::State state = reader_.state();
  const ListenerLimits& limits = shared_->limits;
  const absl::Time now = absl::Now();
  if (last_) {
    read_deadline_ = absl::InfiniteFuture();
  } else if (state == RequestReader::State::kIdle) {
    read_deadline_ = slots_.empty() ? now + limits.idle_time : absl::InfiniteFuture();
  } else if (state != timed_) {
    read_deadline_ =
        now + (state == RequestReader::State::kHeader ? limits.header_time : limits.body_time);
  }
  timed_ = state;
}

void Connection::Dispatch(Request request, bool keep_alive) {
  auto slot = std::make_shared<Slot>();
  slot->begun = absl::Now();
  slot->keep_alive = keep_alive && !shared_->draining;
  request.peer = {address_, peer_key_};
  request.deadline = slot->begun + shared_->limits.request_time;
  const absl::string_view id = request.headers.Get("x-request-id");
  request.request_id =
      rpc::IsRequestId(id) ? std::string(id) : MakeUuidV7(slot->begun, *shared_->random);
  request.traceparent = rpc::SpanOf(request.headers.Get("traceparent"), *shared_->random);
  slot->request = std::move(request);
  if (!slot->keep_alive) last_ = true;
  slots_.push_back(slot);
  shared_->metrics->RequestBegun();
  if (++shared_->requests_in_flight > shared_->limits.requests_in_flight_max) {
    Response busy = shared_->refusal ? shared_->refusal(kStatusUnavailable)
                                     : Response{kStatusUnavailable, {}, ""};
    busy.headers.Set("Retry-After", "1");
    return Answer(slot, std::move(busy));
  }
  shared_->handler(MakeExchange(shared_from_this(), std::move(slot)));
}

void Connection::RefuseRequest(int status) {
  auto slot = std::make_shared<Slot>();
  slot->begun = absl::Now();
  slot->keep_alive = false;
  last_ = true;
  slots_.push_back(slot);
  shared_->metrics->RequestBegun();
  ++shared_->requests_in_flight;
  Answer(slot, shared_->refusal ? shared_->refusal(status) : Response{status, {}, ""});
}

void Connection::Answer(const std::shared_ptr<Slot>& slot, Response response) {
  if (over_ || slot->answered) return;
  slot->answered = true;
  slot->complete = true;
  slot->status = response.status;
  if (shared_->draining) slot->keep_alive = false;
  if (!slot->request.request_id.empty()) {
    response.headers.Set("X-Request-Id", slot->request.request_id);
  }
  ResponseHead head;
  head.status = response.status;
  head.headers = &response.headers;
  head.framing = HasNoBody(response.status) ? Framing::kNone : Framing::kLength;
  head.length = response.body.size();
  head.close = !slot->keep_alive;
  head.date = absl::Now();
  std::string bytes = HeadText(head);
  if (head.framing == Framing::kLength && slot->request.method != Method::kHead) {
    bytes.append(response.body);
  }
  slot->parts.push_back({std::move(bytes), nullptr});
  Pump();
}

void Connection::BeginStream(const std::shared_ptr<Slot>& slot, int status, const Headers& headers,
                             std::optional<uint64_t> length) {
  if (over_ || slot->answered) return;
  slot->answered = true;
  slot->status = status;
  slot->chunked = !length;
  slot->left = length;
  if (shared_->draining) slot->keep_alive = false;
  Headers named = headers;
  named.Set("X-Request-Id", slot->request.request_id);
  ResponseHead head;
  head.status = status;
  head.headers = &named;
  head.framing = length ? Framing::kLength : Framing::kChunked;
  head.length = length.value_or(0);
  head.close = !slot->keep_alive;
  head.date = absl::Now();
  slot->parts.push_back({HeadText(head), nullptr});
  Pump();
}

void Connection::AddPart(const std::shared_ptr<Slot>& slot, std::string part,
                         std::function<void(bool)> done) {
  if (over_ || slot->gone || slot->aborted) {
    if (done) done(false);
    return;
  }
  // More than was said would be read as the next answer.
  if (slot->left && part.size() > *slot->left) {
    if (done) done(false);
    return AbortStream(slot);
  }
  if (slot->left) *slot->left -= part.size();
  const bool unseen = part.empty() || slot->request.method == Method::kHead;
  slot->parts.push_back(
      {unseen ? "" : (slot->chunked ? ChunkText(part) : std::move(part)), std::move(done)});
  Pump();
}

void Connection::EndStream(const std::shared_ptr<Slot>& slot) {
  if (over_ || slot->complete || slot->aborted) return;
  // Less than was said is not whole, and the next answer would be read as its rest.
  const bool seen = slot->request.method != Method::kHead && !HasNoBody(slot->status);
  if (seen && slot->left.value_or(0) > 0) return AbortStream(slot);
  if (slot->chunked && slot->request.method != Method::kHead) {
    slot->parts.push_back({ChunkText(""), nullptr});
  }
  slot->complete = true;
  Pump();
}

void Connection::AbortStream(const std::shared_ptr<Slot>& slot) {
  if (over_ || slot->complete) return;
  slot->aborted = true;
  Pump();
}

void Connection::OnGone(const std::shared_ptr<Slot>& slot, std::function<void()> then) {
  if (over_ || slot->gone) return then();
  if (!slot->complete) slot->when_gone = std::move(then);
}

// Writes until the socket is full or nothing is left to write.
void Connection::Pump() {
  if (over_ || pumping_ || !shaken_) return;
  pumping_ = true;
  const std::shared_ptr<Connection> self = shared_from_this();  // Callbacks may let go of it.
  while (!over_) {
    if (out_done_ == out_.size()) {
      if (!out_.empty() || part_done_) PartWritten(true);
      if (over_ || !TakeNextPart()) break;
      if (out_.empty()) continue;
    }
    const StepResult written = transport_->Write(absl::string_view(out_).substr(out_done_));
    if (written.step == Step::kDone) {
      out_done_ += written.bytes;
      write_deadline_ = absl::Now() + shared_->limits.write_time;
      continue;
    }
    if (write_deadline_ == absl::InfiniteFuture()) {
      write_deadline_ = absl::Now() + shared_->limits.write_time;
    }
    if (written.step == Step::kWantWrite) {
      WaitFor(Wait::kWrite, &Connection::OnWritable);
    } else if (written.step == Step::kWantRead) {
      WaitFor(Wait::kRead, &Connection::OnWritable);
    } else {
      Close();
    }
    break;
  }
  pumping_ = false;
}

void Connection::OnWritable() {
  Pump();
  OnReadable();
}

void Connection::PartWritten(bool ok) {
  out_.clear();
  out_.shrink_to_fit();
  out_done_ = 0;
  write_deadline_ = absl::InfiniteFuture();
  if (auto done = std::exchange(part_done_, nullptr)) done(ok);
}

// Takes the next part of the first slot, past slots that are done.  False: nothing to write.
bool Connection::TakeNextPart() {
  while (!slots_.empty()) {
    const std::shared_ptr<Slot> slot = slots_.front();
    if (!slot->parts.empty()) {
      out_ = std::move(slot->parts.front().bytes);
      part_done_ = std::move(slot->parts.front().done);
      slot->parts.pop_front();
      return true;
    }
    if (slot->aborted) {
      Close();
      return false;
    }
    if (!slot->complete) return false;
    const bool paused = !WantsRead();
    slots_.pop_front();
    Count(Held());
    slot->when_gone = nullptr;
    --shared_->requests_in_flight;
    shared_->metrics->RequestEnded(slot->status, absl::Now() - slot->begun);
    if (!slot->keep_alive) {
      Linger();
      return false;
    }
    SetReadDeadline();
    // On another turn: this one is in the middle of writing.
    if (paused) {
      boost::asio::post(*loop_, [self = shared_from_this()] {
        self->TakeRequests();
        self->OnReadable();
      });
    }
  }
  return false;
}

// The last answer is written.  Closing now would reset the connection under an answer that the
// client, still sending, has not read: so the client closes first, or time does.
void Connection::Linger() {
  last_ = true;
  transport_->Bye();
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  read_deadline_ = absl::Now() + kLingerTime;
  boost::asio::post(*loop_, [self = shared_from_this()] { self->OnReadable(); });
}

void Connection::Close() {
  if (std::exchange(over_, true)) return;
  const std::shared_ptr<Connection> self = shared_from_this();
  Count(0);
  transport_->Bye();
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  socket_.close(ignored);
  PartWritten(false);
  for (const std::shared_ptr<Slot>& slot : std::exchange(slots_, {})) {
    slot->gone = true;
    for (Slot::Part& part : slot->parts) {
      if (part.done) part.done(false);
    }
    slot->parts.clear();
    if (auto then = std::exchange(slot->when_gone, nullptr)) then();
    --shared_->requests_in_flight;
    shared_->metrics->RequestEnded(slot->complete ? slot->status : 0, absl::Now() - slot->begun);
  }
  closed_(this);
}

void Connection::CheckTime(absl::Time now) {
  if (over_) return;
  if (now >= write_deadline_) return Close();
  if (!slots_.empty() && now >= slots_.front()->request.deadline + kAnswerGrace &&
      !slots_.front()->answered) {
    return Close();
  }
  if (now < read_deadline_) return;
  if (!slots_.empty() && !WantsRead()) {
    read_deadline_ = now + kLook;
    return;
  }
  read_deadline_ = absl::InfiniteFuture();
  if (shaken_ && reader_.state() != RequestReader::State::kIdle && WantsRead()) {
    return RefuseRequest(kStatusTimeout);
  }
  Close();
}

}  // namespace hie::http
