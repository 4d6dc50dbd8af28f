#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hie::metrics {

// Answers operators over plain HTTP/1.1 on the loopback: GET (or HEAD) of
//   /livez    200 while the process serves,
//   /readyz   200, or 503 with the reason while `ready` says no,
//   /metrics  the text of `metrics`.
// Everything else is 404 or 405.  One thread; at most `connections_max` connections, beyond which
// new ones wait to be accepted; a client that is slow for `idle_max` is dropped.  Nothing that it
// shows may carry patient data.
class AdminListener {
 public:
  struct Options {
    // host:port with a numeric loopback address; port 0: any.
    std::string listen;
    // Both run on the listener's thread and must not block for long.
    std::function<absl::Status()> ready;
    std::function<std::string()> metrics;
    int connections_max = 32;
    absl::Duration idle_max = absl::Seconds(5);
  };

  // INVALID_ARGUMENT: `listen` is not a loopback address with a port.  FAILED_PRECONDITION: the
  // port is in use; the message names the address.
  static absl::StatusOr<std::unique_ptr<AdminListener>> Open(Options options);

  // Closes all connections and ends the thread.
  virtual ~AdminListener() = default;

  // The port that was bound.
  virtual uint16_t port() const = 0;
};

}  // namespace hie::metrics
