#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "gateway/hl7v2/answer_order.h"
#include "gateway/hl7v2/mllp_framer.h"
#include "gateway/hl7v2/mllp_listener.h"
#include "gateway/http/transport.h"
#include "services/common/base/mutex.h"

struct ssl_st;

namespace hie::hl7v2 {

// The way from sinks back to the threads of a listener, which may be gone.
struct SessionGate {
  Mutex mutex;
  bool open HIE_GUARDED_BY(mutex) = true;
};

// One MLLP connection.  Everything but Start and Finish runs on its strand.
class MllpSession : public std::enable_shared_from_this<MllpSession> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // The options and `closed` outlive the session; `ssl` is taken, null: plain.
  MllpSession(Socket socket, ssl_st* ssl, const MllpListener::Options& options,
              std::shared_ptr<SessionGate> gate, std::function<void()> closed);
  ~MllpSession();

  void Start();
  // Reads no more; closes when everything is answered.
  void Finish();
  // Closes now.
  void Abort();

 private:
  class Sink;
  using Clock = std::chrono::steady_clock;

  void Handshake();
  void Read();
  // Waits until the socket is ready for `step`, then runs `then`.
  void Wait(http::Step step, void (MllpSession::*then)());
  void TakeMessages();
  void Answered(uint64_t number, std::string answer, bool commit);
  void Flush();
  void Write();
  void Tick();
  bool Overdue();
  void MaybeClose();
  void Close(absl::string_view reason);
  bool MayRead() const;

  Socket socket_;
  boost::asio::steady_timer timer_;
  const MllpListener::Options& options_;
  const std::shared_ptr<SessionGate> gate_;
  const std::function<void()> closed_;
  const bool tls_;
  std::unique_ptr<http::Transport> transport_;
  SenderAddress address_;
  MllpFramer framer_;
  AnswerOrder order_;
  std::deque<std::string> outgoing_;
  size_t written_ = 0;  // Of the first outgoing answer.
  uint64_t dropped_ = 0;
  bool greeted_ = false;  // The handshake is complete.
  bool waiting_to_read_ = false;
  bool writing_ = false;
  bool input_ended_ = false;
  bool is_closed_ = false;
  Clock::time_point active_ = Clock::now();         // Something was received or sent.
  Clock::time_point message_begun_ = Clock::now();  // While inside of a message.
  Clock::time_point write_begun_ = Clock::now();    // While writing.
};

}  // namespace hie::hl7v2
