#include "gateway/edge/member_handlers.h"

#include <utility>

#include "hie/directory/v1/directory_service.methods.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/member_wire.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;

absl::StatusOr<exchange::v1::ListMembersResponse> ListMembers(const EdgeServices& services) {
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const members::MemberDirectory> directory,
                       services.Directory());
  exchange::v1::ListMembersResponse response;
  for (const Member& member : directory->members()) {
    exchange::v1::MemberStatus* status = response.add_members();
    *status->mutable_member() = wire::ToProto(member);
    status->set_attached(services.members().Reachable(member.id));
  }
  return response;
}

void PutMember(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
               exchange::v1::PutMemberRequest request,
               Answer<exchange::v1::PutMemberResponse> answer) {
  const Actor& actor = context->caller().actor;
  if (!services.IsOperator(actor)) {
    return answer(absl::PermissionDeniedError("member: want the operator of the exchange"));
  }
  directory::v1::PutMemberRequest put;
  *put.mutable_actor() = wire::ToProto(actor);
  *put.mutable_member() = std::move(*request.mutable_member());
  CallRole<directory::v1::DirectoryService::PutMember>(
      *services.roles().directory, "the directory", *context, put,
      [answer = std::move(answer)](absl::StatusOr<directory::v1::PutMemberResponse> response) {
        if (!response.ok()) return answer(response.status());
        exchange::v1::PutMemberResponse out;
        *out.mutable_member() = std::move(*response->mutable_member());
        answer(std::move(out));
      });
}

}  // namespace

void ServeMembers(EdgeServices& services, rpc::MethodRegistrar& server) {
  server.Serve<ExchangeService::ListMembers>(
      [&services](const rpc::CallContext&, const exchange::v1::ListMembersRequest&) {
        return ListMembers(services);
      });
  ServeCounted<ExchangeService::PutMember>(server, services, PutMember);
}

}  // namespace hie::edge
