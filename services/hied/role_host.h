#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/log/log.h"
#include "services/common/outbox/outbox.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"
#include "services/hied/daemon_options.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace hie::hied {

// What every role of the process shares.  Borrows; outlives the roles.
struct Process {
  const DaemonOptions& options;
  const Clock& clock;
  RandomSource& random;
  FileSystem& files;
  std::shared_ptr<log::Sink> log_sink;
  std::shared_ptr<prometheus::Registry> metrics;
  std::string in_process_credential;  // Random, of this process.
};

// A role with what it stands on: its store, its state machine, its server.
class RoleHost {
 public:
  virtual ~RoleHost() = default;

  rpc::Server& server() { return *server_; }

  // Starts to deliver the role's changes to the audit.  Roles without an outbox do nothing.
  virtual void StartRelay(std::shared_ptr<rpc::Channel> /*audit*/) {}

  // Writes a complete copy of the role's state into `directory`, while it runs.
  virtual absl::Status Checkpoint(const std::string& directory) const = 0;

 protected:
  std::unique_ptr<rpc::Server> server_;
};

// Makes a role's server: in-process, and on the role's address where the options name one.
absl::StatusOr<std::unique_ptr<rpc::Server>> MakeRoleServer(const Process& process,
                                                            const std::string& role);

// Opens a role that owns state, registers its service and starts its server.
//
// `role`: audit, directory, consent, registry or mpi.  Errors as the role's Open; the message
// begins with the role.
absl::StatusOr<std::unique_ptr<RoleHost>> OpenStateRole(const Process& process,
                                                        const std::string& role);

// Returns what delivers the events of an outbox to the audit.  `clock` must outlive it.
outbox::Relay::Deliver DeliverTo(std::shared_ptr<rpc::Channel> audit, const Clock& clock);

// Opens one of a role's stores on disk.  Errors as RocksDbKvStore::Open.
absl::StatusOr<std::unique_ptr<KvStore>> OpenRoleStore(const std::string& path,
                                                       std::vector<std::string> tables);

// Returns the folder of a role's state; it exists afterwards.
absl::StatusOr<std::string> RoleDirectory(const Process& process, const std::string& role);

// The certificate that a role shows, and whom it trusts.
std::shared_ptr<rpc::TlsFiles> RoleTls(const DaemonOptions& options, const std::string& role);

}  // namespace hie::hied
