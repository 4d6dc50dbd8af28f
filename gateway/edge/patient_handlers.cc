#include "gateway/edge/patient_handlers.h"

#include <memory>
#include <utility>

#include "gateway/edge/identity_fallout.h"
#include "gateway/edge/identity_recall.h"
#include "gateway/edge/person_finder.h"
#include "gateway/edge/subject.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;

// The operator's stewards decide.  A member's could otherwise join its own record to anybody whose
// number it knows, and read what the other members hold.
void DecideLink(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                const exchange::v1::DecideLinkRequest& request,
                Answer<exchange::v1::DecideLinkResponse> answer) {
  const Actor& actor = context->caller().actor;
  const auto first = wire::FromProto(request.first(), "first", wire::Incarnation::kMayBeCurrent);
  if (!first.ok()) return answer(first.status());
  const auto second = wire::FromProto(request.second(), "second", wire::Incarnation::kMayBeCurrent);
  if (!second.ok()) return answer(second.status());
  if (!services.IsOperator(actor)) {
    return answer(absl::PermissionDeniedError("links are decided by a steward of the operator"));
  }
  const auto view = services.View();
  if (!view.ok()) return answer(view.status());
  mpi::v1::DecideLinkRequest decide;
  *decide.mutable_actor() = wire::ToProto(actor);
  *decide.mutable_first() = wire::ToProto((*view)->Normalise(*first));
  *decide.mutable_second() = wire::ToProto((*view)->Normalise(*second));
  decide.set_same_person(request.same_person());
  decide.set_reason(request.reason());
  CallRole<mpi::v1::MpiService::DecideLink>(
      *services.roles().mpi, "the patient index", *context, decide,
      [&services, context, decide,
       answer = std::move(answer)](absl::StatusOr<mpi::v1::DecideLinkResponse> decided) {
        if (!decided.ok()) return answer(decided.status());
        if (!decide.same_person() && decided->first_eid() != decided->second_eid()) {
          CausedEvent caused{.eid = decided->first_eid()};
          caused.fits = [first = decide.first(), second = decide.second()](const auto& event) {
            return DecidedDifferent(event, first, second);
          };
          GiveNoticeAfter(services, context, std::move(caused));
        }
        exchange::v1::DecideLinkResponse response;
        response.set_first_eid(decided->first_eid());
        response.set_second_eid(decided->second_eid());
        answer(std::move(response));
      });
}

}  // namespace

void ServePatients(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::FindPatients>(server, services, FindPatients);
  ServeCounted<ExchangeService::SearchPatients>(server, services, SearchPatients);
  ServeCounted<ExchangeService::CrossReference>(server, services, CrossReference);
  ServeCounted<ExchangeService::DecideLink>(server, services, DecideLink);
}

}  // namespace hie::edge
