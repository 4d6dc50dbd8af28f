#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/http/exchange.h"
#include "services/common/rpc/tls.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace hie {
class RandomSource;
}  // namespace hie

namespace hie::log {
class Logger;
}  // namespace hie::log

namespace hie::http {

// What a connection may take.
struct ListenerLimits {
  uint32_t header_bytes_max = 16 << 10;  // Request line (8 KB of it at most) and fields: 431, 414.
  uint64_t body_bytes_max = 24 << 20;    // 413.
  uint64_t held_bytes_max = 1 << 30;     // Of requests of all connections; beyond it 503.
  int connections_max = 10'000;          // Beyond it new ones wait to be accepted.
  int requests_in_flight_max = 1'024;    // Over all connections; beyond it 503 with Retry-After.
  int pipelined_max = 8;                 // Requests read ahead of one another's answers.
  absl::Duration header_time = absl::Seconds(10);  // To send a whole header, once begun: 408.
  absl::Duration body_time = absl::Seconds(60);    // To send a whole body: 408.
  absl::Duration idle_time = absl::Minutes(5);     // Between requests.
  absl::Duration write_time = absl::Seconds(30);   // To take one part of an answer.
  absl::Duration request_time = absl::Minutes(5);  // To answer.
};

// Serves HTTPS (TLS 1.2 and 1.3) on one port with Boost.Beast.
//
// Client certificates are asked for, not required; one that is shown must verify against the trust
// anchors.  Certificate files are read again when they change.  No log line holds a path, query,
// header or body.
class Listener {
 public:
  struct Options {
    std::string listen;                  // host:port; port 0: any.
    std::shared_ptr<rpc::TlsFiles> tls;  // Null: plain HTTP, on a loopback address only.
    Handler handler;                     // Must stay callable until the listener is gone.
    // The answer to what never becomes a request (400, 408, 413, 414, 431, 501, 503, 505, and 500
    // for a request that was dropped); null: an empty body.
    std::function<Response(int status)> refusal = nullptr;
    RandomSource* random = nullptr;              // Makes request and span ids; null: the kernel.
    std::shared_ptr<log::Logger> log = nullptr;  // Null: no log.
    std::shared_ptr<prometheus::Registry> metrics = nullptr;  // Null: not counted.
    int threads = 1;
    ListenerLimits limits = {};
  };

  // From now on the process ignores SIGPIPE.
  //
  // INVALID_ARGUMENT: malformed address, or plain beyond the loopback.  FAILED_PRECONDITION: the
  // port is in use or a certificate file is unfit; the message names the address or the file.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(Options options);

  // Closes everything at once.
  virtual ~Listener() = default;

  // The port that was bound.
  virtual uint16_t port() const = 0;

  // Accepts no more, answers what is in flight with `Connection: close` until `grace` has passed,
  // then closes everything.
  virtual void Drain(absl::Duration grace) = 0;
};

}  // namespace hie::http
