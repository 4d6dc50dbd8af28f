#include "gateway/edge/load_handlers.h"

#include <utility>

#include "gateway/edge/load_relay.h"
#include "hie/exchange/v1/patient_load_service.methods.h"
#include "hie/mpi/v1/load_service.methods.h"

namespace hie::edge {
namespace {

using exchange::v1::PatientLoadService;
using mpi::v1::LoadService;

constexpr absl::string_view kIndex = "the patient index";

void GetPatientLoad(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                    const exchange::v1::GetPatientLoadRequest& request,
                    Answer<exchange::v1::GetPatientLoadResponse> answer) {
  mpi::v1::GetLoadRequest ask;
  ask.set_member(context->caller().actor.member.value());
  ask.set_load_id(request.load_id());
  CallRole<LoadService::GetLoad>(
      *services.roles().mpi, kIndex, *context, ask,
      [answer = std::move(answer)](absl::StatusOr<mpi::v1::GetLoadResponse> found) {
        if (!found.ok()) return answer(found.status());
        exchange::v1::GetPatientLoadResponse response;
        *response.mutable_load() = std::move(*found->mutable_load());
        answer(std::move(response));
      });
}

void ListPatientLoadRejects(EdgeServices& services,
                            const std::shared_ptr<rpc::CallContext>& context,
                            const exchange::v1::ListPatientLoadRejectsRequest& request,
                            Answer<exchange::v1::ListPatientLoadRejectsResponse> answer) {
  mpi::v1::ListLoadRejectsRequest ask;
  ask.set_member(context->caller().actor.member.value());
  ask.set_load_id(request.load_id());
  ask.set_after_line(request.after_line());
  ask.set_limit(request.limit());
  CallRole<LoadService::ListLoadRejects>(
      *services.roles().mpi, kIndex, *context, ask,
      [answer = std::move(answer)](absl::StatusOr<mpi::v1::ListLoadRejectsResponse> listed) {
        if (!listed.ok()) return answer(listed.status());
        exchange::v1::ListPatientLoadRejectsResponse response;
        *response.mutable_problems() = std::move(*listed->mutable_problems());
        answer(std::move(response));
      });
}

// What a stream that was refused at once is given its messages by.
void Ignore(const exchange::v1::LoadPatientsRequest*) {}

std::function<void(const exchange::v1::LoadPatientsRequest*)> LoadPatients(
    EdgeServices& services, std::shared_ptr<rpc::CallContext> context, LoadRelay::Writer writer) {
  if (!services.calls().TryEnter()) {
    writer.Finish(absl::ResourceExhaustedError("too many calls are on their way"));
    return Ignore;
  }
  const auto relay = std::make_shared<LoadRelay>(services, context, std::move(writer));
  context->WhenCancelled([weak = std::weak_ptr<LoadRelay>(relay)] {
    if (const auto alive = weak.lock()) alive->Abandon();
  });
  return [relay](const exchange::v1::LoadPatientsRequest* request) { relay->Receive(request); };
}

}  // namespace

void ServeLoads(EdgeServices& services, rpc::MethodRegistrar& server) {
  server.ServeBidi<PatientLoadService::LoadPatients>(
      [&services](std::shared_ptr<rpc::CallContext> context, LoadRelay::Writer writer) {
        return LoadPatients(services, std::move(context), std::move(writer));
      });
  ServeCounted<PatientLoadService::GetPatientLoad>(server, services, GetPatientLoad);
  ServeCounted<PatientLoadService::ListPatientLoadRejects>(server, services,
                                                           ListPatientLoadRejects);
}

}  // namespace hie::edge
