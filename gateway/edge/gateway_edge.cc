#include "gateway/edge/gateway_edge.h"

#include "gateway/edge/audit_handlers.h"
#include "gateway/edge/break_glass_handlers.h"
#include "gateway/edge/directive_handlers.h"
#include "gateway/edge/document_handlers.h"
#include "gateway/edge/feed_handlers.h"
#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/load_handlers.h"
#include "gateway/edge/member_handlers.h"
#include "gateway/edge/patient_handlers.h"
#include "gateway/edge/query_handlers.h"
#include "gateway/edge/submit_handlers.h"

namespace hie::edge {

absl::StatusOr<std::unique_ptr<GatewayEdge>> GatewayEdge::Create(Options options) {
  const RoleChannels& roles = options.roles;
  if (roles.mpi == nullptr || roles.registry == nullptr || roles.consent == nullptr ||
      roles.audit == nullptr || roles.directory == nullptr) {
    return absl::FailedPreconditionError("gateway: want a channel to every role");
  }
  if (options.members == nullptr || options.directory == nullptr || options.clock == nullptr ||
      options.random == nullptr) {
    return absl::FailedPreconditionError("gateway: want members, directory, clock and random");
  }
  return std::unique_ptr<GatewayEdge>(new GatewayEdge(std::move(options)));
}

void GatewayEdge::Serve(rpc::MethodRegistrar& server) {
  ServeQueries(services_, server);
  ServePatients(services_, server);
  ServeFeeds(services_, server);
  ServeLoads(services_, server);
  ServeSubmissions(services_, server);
  ServeDocuments(services_, server);
  ServeBreakGlass(services_, server);
  ServeDirectives(services_, server);
  ServeAudit(services_, server);
  ServeMembers(services_, server);
  ServeIdentity(services_, server);
}

GatewayEdge::~GatewayEdge() { services_.Stop(); }

}  // namespace hie::edge
