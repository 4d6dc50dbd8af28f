#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/clock.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/caller.h"
#include "services/common/rpc/method_registrar.h"
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

namespace hie::rpc {

class Channel;

// Limits of a server.  A message beyond its limit: RESOURCE_EXHAUSTED.
struct ServerLimits {
  int message_bytes_max = 4 << 20;
  int metadata_bytes_max = 16 << 10;
  int pool_threads = 4;
  int pool_queue_max = 1024;  // Beyond it: RESOURCE_EXHAUSTED.
  absl::Duration call_time_max = absl::Minutes(2);
};

// One role's server.  Serves over in-process channels, and over a port where `listen` is set.
//
// Every method of every service that is served must be registered before Start, else Start fails.
// Health and reflection are added.  Thread-safe after Start.
class Server : public MethodRegistrar {
 public:
  struct Options {
    std::string name;               // For logs, metrics and threads: the role.
    std::string listen;             // host:port; empty: in-process only.
    std::shared_ptr<TlsFiles> tls;  // Required with `listen`.
    std::shared_ptr<const AccessPolicy> access;
    const Clock* clock = nullptr;
    ServerLimits limits;
    // What in-process channels show as `<role>:<credential>`; empty: they show nothing.
    std::string in_process_credential = {};
    RandomSource* random = nullptr;              // Seeds request and span ids; null: the kernel.
    std::shared_ptr<log::Logger> log = nullptr;  // Null: no log.
    std::shared_ptr<prometheus::Registry> metrics = nullptr;  // Null: not counted.
  };

  // INVALID_ARGUMENT: no name, clock or access policy, or `listen` without `tls`.
  static absl::StatusOr<std::unique_ptr<Server>> Create(Options options);

  // Starts.  FAILED_PRECONDITION: a method of a served service has no handler, a certificate file
  // is unfit, or the port is in use (the message names the file or the address).
  virtual absl::Status Start() = 0;

  // The port that was bound; 0: none.
  virtual int port() const = 0;

  // A channel into this server without a port, once it has started (before: every call fails).
  // `role` is the caller's role; the credential of this process is attached by the channel.  An
  // empty `role` attaches none: every call is refused.
  virtual std::shared_ptr<Channel> InProcessChannel(const std::string& role) = 0;

  // Refuses new calls, lets running ones end until `grace` has passed, then cancels them, and
  // waits for handlers that are on the pool.  The destructor does so without grace.
  virtual void Shutdown(absl::Duration grace) = 0;
};

}  // namespace hie::rpc
