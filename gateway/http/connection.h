#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/http/exchange.h"
#include "gateway/http/listener.h"
#include "gateway/http/request_reader.h"
#include "gateway/http/transport.h"
#include "services/common/base/random_source.h"

namespace hie::http {

class ListenerMetrics;

// What the connections of a listener share.
struct ConnectionShared {
  Handler handler;
  std::function<Response(int status)> refusal;
  ListenerLimits limits;
  RandomSource* random = nullptr;
  ListenerMetrics* metrics = nullptr;
  std::atomic<int> requests_in_flight = 0;
  std::atomic<uint64_t> held_bytes = 0;  // Of requests that are being read or answered.
  std::atomic<bool> draining = false;
  std::atomic<bool> stopped = false;  // The listener is gone; nothing is posted any more.
};

// One request of a connection and what is to be written for it.  Of the connection's thread, but
// for `request`, which does not change.
struct Slot {
  struct Part {
    std::string bytes;
    std::function<void(bool)> done;
  };

  Request request;
  bool keep_alive = true;
  bool answered = false;  // Respond or Stream was called.
  bool chunked = false;
  bool complete = false;  // Every part is there.
  bool aborted = false;   // The body will not be whole.
  bool gone = false;
  std::optional<uint64_t> left;  // Of a body whose length was said: bytes still to come.
  int status = 0;
  absl::Time begun;
  std::deque<Part> parts;
  std::function<void()> when_gone;
};

// One connection: reads requests, hands them to the handler, writes the answers in order.
//
// All of it runs on its loop's thread; exchanges post to it.  A client that closes its side has
// gone: what runs for it is cancelled (nobody else half-closes HTTP connections).
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ConnectionShared> shared,
             std::shared_ptr<boost::asio::io_context> loop, boost::asio::ip::tcp::socket socket,
             std::unique_ptr<Transport> transport, std::string address,
             std::function<void(Connection*)> closed);
  ~Connection();

  void Start();
  // Closes where a time limit has passed.
  void CheckTime(absl::Time now);
  // Nothing is in flight and nothing was begun.
  bool idle() const { return slots_.empty() && out_.empty() && reader_.held() == 0; }
  void Close();

  boost::asio::io_context& loop() const { return *loop_; }
  const std::shared_ptr<ConnectionShared>& shared() const { return shared_; }

  // On the loop's thread: what an exchange has to say.
  void Answer(const std::shared_ptr<Slot>& slot, Response response);
  void BeginStream(const std::shared_ptr<Slot>& slot, int status, const Headers& headers,
                   std::optional<uint64_t> length);
  void AddPart(const std::shared_ptr<Slot>& slot, std::string part, std::function<void(bool)> done);
  void EndStream(const std::shared_ptr<Slot>& slot);
  void AbortStream(const std::shared_ptr<Slot>& slot);
  void OnGone(const std::shared_ptr<Slot>& slot, std::function<void()> then);

 private:
  enum class Wait { kRead, kWrite };

  void Shake();
  void WaitFor(Wait wait, void (Connection::*then)());
  void OnReadable();
  void OnWritable();
  void TakeRequests();
  void Dispatch(Request request, bool keep_alive);
  void RefuseRequest(int status);
  // Says what this connection holds now.
  void Count(uint64_t held);
  uint64_t Held() const;
  void Pump();
  bool TakeNextPart();
  void PartWritten(bool ok);
  void Linger();
  void SetReadDeadline();
  bool WantsRead() const;

  const std::shared_ptr<ConnectionShared> shared_;
  const std::shared_ptr<boost::asio::io_context> loop_;  // Exchanges may outlive the listener.
  boost::asio::ip::tcp::socket socket_;
  const std::unique_ptr<Transport> transport_;
  const std::string address_;
  const std::function<void(Connection*)> closed_;

  std::string peer_key_;
  RequestReader reader_;
  RequestReader::State timed_ = RequestReader::State::kIdle;
  std::deque<std::shared_ptr<Slot>> slots_;
  std::string out_;
  size_t out_done_ = 0;
  std::function<void(bool)> part_done_;
  bool shaken_ = false;
  bool waiting_read_ = false;
  bool waiting_write_ = false;
  bool pumping_ = false;
  uint64_t discarded_ = 0;
  uint64_t counted_ = 0;  // Its part of `held_bytes`.
  bool last_ = false;     // No further request is read; closes behind the last answer.
  bool over_ = false;
  absl::Time read_deadline_ = absl::InfiniteFuture();
  absl::Time write_deadline_ = absl::InfiniteFuture();
};

}  // namespace hie::http
