// IdentityService: events, taking them back, and what follows; why records are linked.
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/edge/identity_fallout.h"
#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/identity_recall.h"
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
constexpr uint32_t kEventsOfPersonMax = 1000;

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

// Finds an event, the one that it took back, and what had happened to the person that it divided.
class FalloutOfEvent : public std::enable_shared_from_this<FalloutOfEvent> {
 public:
  FalloutOfEvent(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                 uint64_t sequence, Answer<exchange::v1::GetFalloutResponse> answer)
      : services_(services),
        context_(std::move(context)),
        sequence_(sequence),
        answer_(std::move(answer)) {}

  void Start() {
    FindEvent(sequence_, [self = shared_from_this()](mpi::v1::LinkEvent event) {
      self->event_ = std::move(event);
      if (self->event_.undoes() != 0) return self->FindUndone();
      self->FindHistory();
    });
  }

 private:
  void FindEvent(uint64_t sequence, std::function<void(mpi::v1::LinkEvent)> next) {
    mpi::v1::ListEventsRequest list;
    if (sequence == 0) return answer_(absl::InvalidArgumentError("sequence: want 1 or more"));
    list.set_after_sequence(sequence - 1);
    list.set_limit(1);
    CallRole<ReviewService::ListEvents>(
        *services_.roles().mpi, kPatientIndex, *context_, list,
        [self = shared_from_this(), sequence,
         next = std::move(next)](absl::StatusOr<mpi::v1::ListEventsResponse> listed) {
          if (!listed.ok()) return self->answer_(listed.status());
          if (listed->events().empty() || listed->events(0).sequence() != sequence) {
            return self->answer_(absl::NotFoundError("sequence: no such event"));
          }
          next(std::move(*listed->mutable_events(0)));
        });
  }

  void FindUndone() {
    FindEvent(event_.undoes(), [self = shared_from_this()](const mpi::v1::LinkEvent& undone) {
      self->Gather(TogetherSince(self->event_, &undone, {}));
    });
  }

  void FindHistory() {
    mpi::v1::ListEventsRequest list;
    for (const mpi::v1::MovedRecord& moved : event_.moved()) {
      if (!moved.from_eid().empty()) list.set_eid(moved.from_eid());
    }
    if (list.eid().empty()) return Gather(event_.micros());  // It parted nobody.
    list.set_limit(kEventsOfPersonMax);
    CallRole<ReviewService::ListEvents>(
        *services_.roles().mpi, kPatientIndex, *context_, list,
        [self = shared_from_this()](absl::StatusOr<mpi::v1::ListEventsResponse> listed) {
          if (!listed.ok()) return self->answer_(listed.status());
          self->Gather(TogetherSince(self->event_, nullptr,
                                     {listed->events().begin(), listed->events().end()}));
        });
  }

  void Gather(int64_t since_micros) {
    Parting parting{sequence_, since_micros, {}};
    for (const mpi::v1::MovedRecord& moved : event_.moved()) {
      if (!moved.from_eid().empty()) parting.affected.push_back(moved.patient());
    }
    GatherFallout(
        services_, context_, std::move(parting),
        [self = shared_from_this()](absl::StatusOr<exchange::v1::IdentityFallout> fallout) {
          if (!fallout.ok()) return self->answer_(fallout.status());
          exchange::v1::GetFalloutResponse response;
          *response.mutable_fallout() = *std::move(fallout);
          self->answer_(std::move(response));
        });
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const uint64_t sequence_;
  const Answer<exchange::v1::GetFalloutResponse> answer_;
  mpi::v1::LinkEvent event_;
};

void GetFallout(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const exchange::v1::GetFalloutRequest& request,
                Answer<exchange::v1::GetFalloutResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  std::make_shared<FalloutOfEvent>(services, std::move(context), request.sequence(),
                                   std::move(answer))
      ->Start();
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
