// IdentityService: models, runs over the index, monitors.
#include <utility>

#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/identity_relay.h"
#include "gateway/edge/identity_steward.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "hie/mpi/v1/model_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::IdentityService;
using mpi::v1::ModelService;

void ListModels(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                const exchange::v1::ListModelsRequest&,
                Answer<exchange::v1::ListModelsResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  AskOnly<ModelService::ListModels, exchange::v1::ListModelsResponse>(
      services, context, {},
      [](mpi::v1::ListModelsResponse listed) {
        exchange::v1::ListModelsResponse response;
        *response.mutable_models() = std::move(*listed.mutable_models());
        *response.mutable_activations() = std::move(*listed.mutable_activations());
        return response;
      },
      std::move(answer));
}

void GetModel(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
              const exchange::v1::GetModelRequest& request,
              Answer<exchange::v1::GetModelResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::GetModelRequest get;
  get.set_hash(request.hash());
  get.set_number(request.number());
  AskOnly<ModelService::GetModel, exchange::v1::GetModelResponse>(
      services, context, get,
      [](mpi::v1::GetModelResponse got) {
        exchange::v1::GetModelResponse response;
        response.set_data(std::move(*got.mutable_data()));
        response.set_parts(got.parts());
        return response;
      },
      std::move(answer));
}

void PutModel(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
              exchange::v1::PutModelRequest request,
              Answer<exchange::v1::PutModelResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::PutModelRequest put;
  *put.mutable_actor() = wire::ToProto(context->caller().actor);
  put.set_hash(request.hash());
  put.set_number(request.number());
  put.set_parts(request.parts());
  put.set_data(std::move(*request.mutable_data()));
  AskOnly<ModelService::PutModel, exchange::v1::PutModelResponse>(
      services, context, put,
      [](const mpi::v1::PutModelResponse& stored) {
        exchange::v1::PutModelResponse response;
        response.set_parts_held(stored.parts_held());
        response.set_stored(stored.stored());
        return response;
      },
      std::move(answer));
}

void ActivateModel(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                   const exchange::v1::ActivateModelRequest& request,
                   Answer<exchange::v1::ActivateModelResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::ActivateModelRequest activate;
  *activate.mutable_actor() = wire::ToProto(context->caller().actor);
  activate.set_hash(request.hash());
  activate.set_reason(request.reason());
  if (request.has_expected_active()) activate.set_expected_active(request.expected_active());
  AskOnly<ModelService::ActivateModel, exchange::v1::ActivateModelResponse>(
      services, context, activate,
      [](const mpi::v1::ActivateModelResponse& activated) {
        exchange::v1::ActivateModelResponse response;
        response.set_active_hash(activated.active_hash());
        return response;
      },
      std::move(answer));
}

void RollBackModel(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                   const exchange::v1::RollBackModelRequest& request,
                   Answer<exchange::v1::RollBackModelResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::RollBackModelRequest back;
  *back.mutable_actor() = wire::ToProto(context->caller().actor);
  back.set_reason(request.reason());
  back.set_expected_active(request.expected_active());
  AskOnly<ModelService::RollBackModel, exchange::v1::RollBackModelResponse>(
      services, context, back,
      [](const mpi::v1::RollBackModelResponse& rolled) {
        exchange::v1::RollBackModelResponse response;
        response.set_active_hash(rolled.active_hash());
        return response;
      },
      std::move(answer));
}

void StartRun(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
              exchange::v1::StartRunRequest request,
              Answer<exchange::v1::StartRunResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::StartRunRequest start;
  *start.mutable_actor() = wire::ToProto(context->caller().actor);
  if (request.has_train()) *start.mutable_train() = std::move(*request.mutable_train());
  if (request.has_simulate()) *start.mutable_simulate() = std::move(*request.mutable_simulate());
  if (request.has_scrub()) *start.mutable_scrub() = std::move(*request.mutable_scrub());
  if (start.what_case() == mpi::v1::StartRunRequest::WHAT_NOT_SET) {
    return answer(absl::InvalidArgumentError("what: want train, simulate or scrub"));
  }
  AskOnly<ModelService::StartRun, exchange::v1::StartRunResponse>(
      services, context, start,
      [](const mpi::v1::StartRunResponse& started) {
        exchange::v1::StartRunResponse response;
        response.set_run_id(started.run_id());
        return response;
      },
      std::move(answer));
}

void CancelRun(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
               const exchange::v1::CancelRunRequest& request,
               Answer<exchange::v1::CancelRunResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::CancelRunRequest cancel;
  cancel.set_run_id(request.run_id());
  AskOnly<ModelService::CancelRun, exchange::v1::CancelRunResponse>(
      services, context, cancel,
      [](const mpi::v1::CancelRunResponse&) { return exchange::v1::CancelRunResponse(); },
      std::move(answer));
}

void GetMonitors(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                 const exchange::v1::GetMonitorsRequest& request,
                 Answer<exchange::v1::GetMonitorsResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::GetMonitorsRequest get;
  get.set_seed(request.seed());
  get.set_records_max(request.records_max());
  AskOnly<ModelService::GetMonitors, exchange::v1::GetMonitorsResponse>(
      services, context, get,
      [](mpi::v1::GetMonitorsResponse got) {
        exchange::v1::GetMonitorsResponse response;
        *response.mutable_monitors() = std::move(*got.mutable_monitors());
        return response;
      },
      std::move(answer));
}

// Examples and findings name records: each reading is on record.
void WatchRun(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
              const exchange::v1::WatchRunRequest& request,
              const rpc::ServerWriter<exchange::v1::WatchRunResponse>& writer) {
  mpi::v1::WatchRunRequest watch;
  watch.set_run_id(request.run_id());
  watch.set_after(request.after());
  Relay<ModelService::WatchRun, exchange::v1::WatchRunResponse>(
      services, std::move(context), watch, "identity-run",
      [](const mpi::v1::WatchRunResponse& told, Patients& patients) {
        AddPatients(told.event(), patients);
      },
      [](mpi::v1::WatchRunResponse told) {
        exchange::v1::WatchRunResponse response;
        *response.mutable_event() = std::move(*told.mutable_event());
        return response;
      },
      writer);
}

}  // namespace

void ServeIdentityModels(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<IdentityService::ListModels>(server, services, ListModels);
  ServeCounted<IdentityService::GetModel>(server, services, GetModel);
  ServeCounted<IdentityService::PutModel>(server, services, PutModel);
  ServeCounted<IdentityService::ActivateModel>(server, services, ActivateModel);
  ServeCounted<IdentityService::RollBackModel>(server, services, RollBackModel);
  ServeCounted<IdentityService::StartRun>(server, services, StartRun);
  ServeCounted<IdentityService::CancelRun>(server, services, CancelRun);
  ServeCounted<IdentityService::GetMonitors>(server, services, GetMonitors);
  server.ServeStream<IdentityService::WatchRun>(
      [&services](std::shared_ptr<rpc::CallContext> context,
                  const exchange::v1::WatchRunRequest& request,
                  const rpc::ServerWriter<exchange::v1::WatchRunResponse>& writer) {
        WatchRun(services, std::move(context), request, writer);
      });
}

}  // namespace hie::edge
