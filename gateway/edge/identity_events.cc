// IdentityService: events, taking them back, and what follows; why records are linked.
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/edge/identity_fallout.h"
#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/identity_relay.h"
#include "gateway/edge/identity_steward.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/mpi/v1/review_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::IdentityService;
using mpi::v1::MpiService;
using mpi::v1::ReviewService;

constexpr uint32_t kEventsMax = 100;

void ListEvents(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const exchange::v1::ListEventsRequest& request,
                Answer<exchange::v1::ListEventsResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  if (request.limit() > kEventsMax) return answer(absl::InvalidArgumentError("limit: want 0..100"));
  mpi::v1::ListEventsRequest list;
  if (request.has_patient()) *list.mutable_patient() = request.patient();
  if (request.has_eid()) list.set_eid(request.eid());
  list.set_after_sequence(request.after_sequence());
  list.set_limit(request.limit() == 0 ? kEventsMax : request.limit());
  AskAndRecord<ReviewService::ListEvents, exchange::v1::ListEventsResponse>(
      services, std::move(context), list, "identity-events",
      [](const mpi::v1::ListEventsResponse& listed, Patients& patients) {
        for (const mpi::v1::LinkEvent& event : listed.events()) AddPatients(event, patients);
      },
      [](mpi::v1::ListEventsResponse listed) {
        exchange::v1::ListEventsResponse response;
        *response.mutable_events() = std::move(*listed.mutable_events());
        response.set_more(listed.more());
        return response;
      },
      std::move(answer));
}

void FollowEvents(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                  const exchange::v1::FollowEventsRequest& request,
                  const rpc::ServerWriter<exchange::v1::FollowEventsResponse>& writer) {
  mpi::v1::FollowEventsRequest follow;
  follow.set_after_sequence(request.after_sequence());
  Relay<ReviewService::FollowEvents, exchange::v1::FollowEventsResponse>(
      services, std::move(context), follow, "identity-events",
      [](const mpi::v1::FollowEventsResponse& told, Patients& patients) {
        if (told.has_event()) AddPatients(told.event(), patients);
      },
      [](mpi::v1::FollowEventsResponse told) {
        exchange::v1::FollowEventsResponse response;
        if (told.has_event()) *response.mutable_event() = std::move(*told.mutable_event());
        response.set_sequence(told.sequence());
        return response;
      },
      writer);
}

// The event is undone; what follows from it is told, or said to be missing.
void TellUndone(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const mpi::v1::UndoEventResponse& undone,
                Answer<exchange::v1::UndoEventResponse> answer) {
  const auto response = std::make_shared<exchange::v1::UndoEventResponse>();
  response->set_sequence(undone.sequence());
  *response->mutable_person_eids() = undone.person_eids();
  *response->mutable_left() = undone.left();
  response->set_exact(undone.exact());
  GatherFallout(services, std::move(context),
                {undone.sequence(),
                 undone.since_micros(),
                 {undone.affected().begin(), undone.affected().end()}},
                [response, answer = std::move(answer)](
                    absl::StatusOr<exchange::v1::IdentityFallout> fallout) {
                  if (!fallout.ok()) {
                    return answer(absl::UnavailableError(
                        absl::StrCat("undone as ", response->sequence(),
                                     "; what follows could not be told: ask for its fallout")));
                  }
                  *response->mutable_fallout() = *std::move(fallout);
                  answer(std::move(*response));
                });
}

void UndoEvent(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               const exchange::v1::UndoEventRequest& request,
               Answer<exchange::v1::UndoEventResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::UndoEventRequest undo;
  *undo.mutable_actor() = wire::ToProto(context->caller().actor);
  undo.set_sequence(request.sequence());
  undo.set_reason(request.reason());
  CallRole<ReviewService::UndoEvent>(*services.roles().mpi, kPatientIndex, *context, undo,
                                     [&services, context, answer = std::move(answer)](
                                         absl::StatusOr<mpi::v1::UndoEventResponse> undone) {
                                       if (!undone.ok()) return answer(undone.status());
                                       TellUndone(services, context, *undone, answer);
                                     });
}

void GetFallout(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const exchange::v1::GetFalloutRequest& request,
                Answer<exchange::v1::GetFalloutResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  GatherFalloutOf(
      services, std::move(context), request.sequence(),
      [answer = std::move(answer)](absl::StatusOr<exchange::v1::IdentityFallout> fallout) {
        if (!fallout.ok()) return answer(fallout.status());
        exchange::v1::GetFalloutResponse response;
        *response.mutable_fallout() = *std::move(fallout);
        answer(std::move(response));
      });
}

void GetHistory(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const exchange::v1::GetHistoryRequest& request,
                Answer<exchange::v1::GetHistoryResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::GetRecordHistoryRequest get;
  *get.mutable_patient() = request.patient();
  AskAndRecord<ReviewService::GetRecordHistory, exchange::v1::GetHistoryResponse>(
      services, std::move(context), get, "identity-history",
      [](const mpi::v1::GetRecordHistoryResponse& got, Patients& patients) {
        AddPatients(got, patients);
      },
      [](mpi::v1::GetRecordHistoryResponse got) {
        exchange::v1::GetHistoryResponse response;
        *response.mutable_history() = std::move(got);
        return response;
      },
      std::move(answer));
}

void ExplainLink(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                 const exchange::v1::ExplainLinkRequest& request,
                 Answer<exchange::v1::ExplainLinkResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::ExplainLinkRequest explain;
  *explain.mutable_patient() = request.patient();
  AskAndRecord<MpiService::ExplainLink, exchange::v1::ExplainLinkResponse>(
      services, std::move(context), explain, "identity-explanation",
      [asked = request.patient()](const mpi::v1::ExplainLinkResponse& got, Patients& patients) {
        patients.push_back(asked);
        patients.push_back(got.other());
      },
      [](mpi::v1::ExplainLinkResponse got) {
        exchange::v1::ExplainLinkResponse response;
        *response.mutable_explanation() = std::move(got);
        return response;
      },
      std::move(answer));
}

}  // namespace

void ServeIdentityEvents(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<IdentityService::ListEvents>(server, services, ListEvents);
  ServeCounted<IdentityService::UndoEvent>(server, services, UndoEvent);
  ServeCounted<IdentityService::GetFallout>(server, services, GetFallout);
  ServeCounted<IdentityService::GetHistory>(server, services, GetHistory);
  ServeCounted<IdentityService::ExplainLink>(server, services, ExplainLink);
  server.ServeStream<IdentityService::FollowEvents>(
      [&services](std::shared_ptr<rpc::CallContext> context,
                  const exchange::v1::FollowEventsRequest& request,
                  const rpc::ServerWriter<exchange::v1::FollowEventsResponse>& writer) {
        FollowEvents(services, std::move(context), request, writer);
      });
}

}  // namespace hie::edge
