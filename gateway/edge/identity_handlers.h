#pragma once

#include "gateway/edge/edge_services.h"
#include "hie/exchange/v1/identity_service.pb.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// Registers every method of IdentityService.  `services` must outlive the server.
void ServeIdentity(EdgeServices& services, rpc::MethodRegistrar& server);

// The parts of it.
void ServeIdentityEvents(EdgeServices& services, rpc::MethodRegistrar& server);
void ServeIdentityModels(EdgeServices& services, rpc::MethodRegistrar& server);
void ServeRecalls(EdgeServices& services, rpc::MethodRegistrar& server);

// A person's golden view, as the caller may see it.
void GetGoldenView(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                   const exchange::v1::GetGoldenViewRequest& request,
                   Answer<exchange::v1::GetGoldenViewResponse> answer);

// A registrar's word about a record of their own member.
void ConfirmOwnLink(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::ConfirmOwnLinkRequest& request,
                    Answer<exchange::v1::ConfirmOwnLinkResponse> answer);

}  // namespace hie::edge
