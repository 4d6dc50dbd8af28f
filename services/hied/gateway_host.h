#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/rpc/channel.h"
#include "services/hied/role_host.h"

namespace hie::hied {

// The gateway's ways to the roles.
struct GatewayChannels {
  std::shared_ptr<rpc::Channel> audit;
  std::shared_ptr<rpc::Channel> directory;
  std::shared_ptr<rpc::Channel> consent;
  std::shared_ptr<rpc::Channel> registry;
  std::shared_ptr<rpc::Channel> mpi;
};

// The gateway: the only door for members, their agents, people and hiectl.
class GatewayHost {
 public:
  // Reads the directory, then opens the door.  UNAVAILABLE: the directory role cannot be reached.
  static absl::StatusOr<std::unique_ptr<GatewayHost>> Open(const Process& process,
                                                           GatewayChannels channels);
  virtual ~GatewayHost() = default;

  virtual int port() const = 0;
  // Ports of the doors beside gRPC that are open, by name: https, mllp, mllp_tls.
  virtual std::map<std::string, int> doors() const = 0;
  // Writes a complete copy of what the doors keep (the HL7 v2 inbox) into `directory`.
  virtual absl::Status Checkpoint(const std::string& directory) const = 0;
  // Refuses new calls, lets running ones end until `grace` has passed.
  virtual void Stop(absl::Duration grace) = 0;
};

}  // namespace hie::hied
