#include "services/common/rpc/testing/rpc_world.h"

#include <stdlib.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace hie::rpc {

Server::Options RpcWorld::ServerOptions() const {
  Server::Options options;
  options.name = "audit";
  options.listen = "127.0.0.1:0";
  options.tls = pki_.IssueRole("audit");
  options.access = std::make_shared<RoleAccessPolicy>(kCredential);
  options.clock = &clock_;
  options.in_process_credential = kCredential;
  return options;
}

std::shared_ptr<Channel> RpcWorld::ChannelTo(Server& server, Transport transport,
                                             const std::string& role) const {
  if (transport == Transport::kInProcess) return server.InProcessChannel(role);
  std::shared_ptr<TlsFiles> files = role.empty() ? pki_.Issue("nobody", "") : pki_.IssueRole(role);
  absl::StatusOr<std::shared_ptr<Channel>> channel =
      Channel::Dial(absl::StrCat("127.0.0.1:", server.port()), std::move(files));
  if (!channel.ok()) ::abort();
  return *channel;
}

CallOptions TenSeconds() {
  CallOptions options;
  options.deadline = absl::Now() + absl::Seconds(10);
  return options;
}

}  // namespace hie::rpc
