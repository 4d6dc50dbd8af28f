#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/hied/gateway_host.h"
#include "services/hied/role_host.h"

namespace hie::metrics {
class AdminListener;
}  // namespace hie::metrics

namespace hie::hied {

// The roles of this process, started in order and stopped in the opposite one.
class Daemon {
 public:
  // Opens and serves every role of the options.  Roles that live elsewhere are dialled with
  // mutual TLS; roles here talk over in-process channels: the same code either way.
  //
  // FAILED_PRECONDITION: a port is in use (the message names it), or a role that is needed has no
  // address.  DATA_LOSS: a role's state lost acknowledged changes; it is not served.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const DaemonOptions& options,
                                                       const Clock& clock, RandomSource& random,
                                                       FileSystem& files);
  ~Daemon();

  // Writes a checkpoint of every role into <data_dir>/checkpoints/<UTC time>; logs the outcome.
  void WriteCheckpoints();

  // Refuses new calls, lets running ones end, stops.  Idempotent.
  void Stop();

 private:
  Daemon(const DaemonOptions& options, const Clock& clock, RandomSource& random, FileSystem& files);

  absl::Status OpenLog();
  absl::Status StartRoles();
  absl::Status StartGateway();
  absl::Status StartAdmin();
  absl::Status AnnounceReady();

  // A channel to `role` as the role `from`, in-process where it is here.
  absl::StatusOr<std::shared_ptr<rpc::Channel>> ChannelTo(const std::string& role,
                                                          const std::string& from);

  const DaemonOptions options_;
  Process process_;
  std::unique_ptr<log::Logger> log_;
  std::map<std::string, std::unique_ptr<RoleHost>> roles_;
  std::unique_ptr<GatewayHost> gateway_;
  std::unique_ptr<metrics::AdminListener> admin_;
  std::atomic<bool> ready_ = false;
  bool stopped_ = false;
};

}  // namespace hie::hied
