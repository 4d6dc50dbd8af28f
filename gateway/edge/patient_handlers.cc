#include "gateway/edge/patient_handlers.h"

#include <memory>
#include <utility>

#include "gateway/edge/person_finder.h"
#include "gateway/edge/subject.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;

constexpr int kPatientsMax = 100;

// Answers of one feed, gathered while they come in any order.
class Gathered {
 public:
  Gathered(int count, Answer<exchange::v1::RegisterPatientsResponse> answer)
      : answer_(std::move(answer)), pending_(count) {
    for (int i = 0; i < count; ++i) response_.add_patients();
  }

  void Put(int at, const absl::StatusOr<mpi::v1::RegisterRecordResponse>& registered) {
    {
      const MutexLock lock(mutex_);
      exchange::v1::RegisteredPatient& patient = *response_.mutable_patients(at);
      if (registered.ok()) {
        patient.set_outcome(registered->outcome());
        patient.set_eid(registered->eid());
      } else {
        const absl::Status told = TellCaller(registered.status(), "the exchange");
        patient.set_problem(std::string(told.message()));
      }
      if (--pending_ > 0) return;
    }
    answer_(std::move(response_));
  }

 private:
  const Answer<exchange::v1::RegisterPatientsResponse> answer_;
  Mutex mutex_;
  int pending_ HIE_GUARDED_BY(mutex_);
  exchange::v1::RegisterPatientsResponse response_;  // The last Put has it alone.
};

// Each by itself: what is wrong with one patient holds up no other.
void RegisterPatients(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                      exchange::v1::RegisterPatientsRequest request,
                      Answer<exchange::v1::RegisterPatientsResponse> answer) {
  if (request.patients().empty() || request.patients_size() > kPatientsMax) {
    return answer(absl::InvalidArgumentError("patients: want 1..100"));
  }
  const auto gathered = std::make_shared<Gathered>(request.patients_size(), std::move(answer));
  for (int at = 0; at < request.patients_size(); ++at) {
    exchange::v1::RegisterPatient& wanted = *request.mutable_patients(at);
    feed::FedPatient patient;
    patient.patient = std::move(*wanted.mutable_patient());
    patient.demographics = std::move(*wanted.mutable_demographics());
    if (!wanted.facility().empty()) patient.facilities.push_back(wanted.facility());
    services.feed().Register(
        context->caller().actor, std::move(patient),
        [gathered, at](const absl::StatusOr<mpi::v1::RegisterRecordResponse>& registered) {
          gathered->Put(at, registered);
        });
  }
}

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
      [answer = std::move(answer)](absl::StatusOr<mpi::v1::DecideLinkResponse> decided) {
        if (!decided.ok()) return answer(decided.status());
        exchange::v1::DecideLinkResponse response;
        response.set_first_eid(decided->first_eid());
        response.set_second_eid(decided->second_eid());
        answer(std::move(response));
      });
}

}  // namespace

void ServePatients(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::FindPatients>(server, services, PersonFinder::Start);
  ServeCounted<ExchangeService::RegisterPatients>(server, services, RegisterPatients);
  ServeCounted<ExchangeService::DecideLink>(server, services, DecideLink);
}

}  // namespace hie::edge
