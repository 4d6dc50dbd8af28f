#pragma once

#include <memory>
#include <string>

#include "services/common/base/clock.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/testing/test_pki.h"

namespace hie::rpc {

// How a test reaches its server.
enum class Transport { kInProcess, kMutualTls };

// Admits whoever RoleAccessPolicy recognises, to everything.  For tests of what is not permission.
class EveryPermissionPolicy final : public AccessPolicy {
 public:
  explicit EveryPermissionPolicy(std::string credential) : roles_(std::move(credential)) {}
  absl::StatusOr<Caller> Authenticate(const Peer& peer) const override {
    return roles_.Authenticate(peer);
  }
  absl::Status Authorize(const Caller&, hie::options::v1::Permission) const override {
    return absl::OkStatus();
  }

 private:
  const RoleAccessPolicy roles_;
};

// A certificate authority and what servers and channels of one test need.
class RpcWorld {
 public:
  static constexpr char kCredential[] = "credential-of-this-process";

  // Options of a server called "audit" that listens on a free port of the loopback.
  Server::Options ServerOptions() const;

  // A channel to `server`, which has started, as `role`; "" shows no identity (in process) or a
  // certificate that names none (mutual TLS).
  std::shared_ptr<Channel> ChannelTo(Server& server, Transport transport,
                                     const std::string& role = "gateway") const;

  const TestPki& pki() const { return pki_; }
  const Clock& clock() const { return clock_; }

 private:
  TestPki pki_;
  const SimulatedClock clock_{absl::FromUnixSeconds(1'700'000'000)};  // Deadlines are not on it.
};

// Options of a call that has ten seconds.
CallOptions TenSeconds();

}  // namespace hie::rpc
