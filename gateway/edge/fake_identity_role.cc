#include "gateway/edge/fake_identity_role.h"

#include <utility>

#include "hie/mpi/v1/model_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/mpi/v1/review_service.methods.h"

namespace hie::edge {
namespace {

using mpi::v1::ModelService;
using mpi::v1::MpiService;
using mpi::v1::ReviewService;

bool Same(const common::v1::LocalPatient& a, const common::v1::LocalPatient& b) {
  return a.assigning_authority() == b.assigning_authority() && a.id() == b.id();
}

bool Names(const mpi::v1::LinkEvent& event, const mpi::v1::ListEventsRequest& request) {
  if (event.sequence() <= request.after_sequence()) return false;
  if (!request.has_eid() && !request.has_patient()) return true;
  for (const mpi::v1::MovedRecord& moved : event.moved()) {
    if (request.has_patient() && Same(moved.patient(), request.patient())) return true;
    if (request.has_eid() &&
        (moved.from_eid() == request.eid() || moved.to_eid() == request.eid())) {
      return true;
    }
  }
  return false;
}

void ServePersons(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<MpiService::GetGoldenView>(
      [&state](const rpc::CallContext&, const mpi::v1::GetGoldenViewRequest& request)
          -> absl::StatusOr<mpi::v1::GetGoldenViewResponse> {
        const MutexLock lock(state.mutex);
        state.golden_asked = request;
        mpi::v1::GetGoldenViewResponse response = state.golden;
        response.set_eid(request.eid());
        return response;
      });
  server.Serve<MpiService::ExplainLink>(
      [](const rpc::CallContext&,
         const mpi::v1::ExplainLinkRequest&) -> absl::StatusOr<mpi::v1::ExplainLinkResponse> {
        mpi::v1::ExplainLinkResponse response;
        *response.mutable_other() = PatientAt("harbor");
        response.set_weight_millibits(12'000);
        return response;
      });
}

void ServeEvents(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<ReviewService::ListEvents>(
      [&state](const rpc::CallContext&, const mpi::v1::ListEventsRequest& request)
          -> absl::StatusOr<mpi::v1::ListEventsResponse> {
        const MutexLock lock(state.mutex);
        mpi::v1::ListEventsResponse response;
        for (const mpi::v1::LinkEvent& event : state.link_events) {
          if (Names(event, request)) *response.add_events() = event;
        }
        return response;
      });
  server.ServeStream<ReviewService::FollowEvents>(
      [&state](const std::shared_ptr<rpc::CallContext>&,
               const mpi::v1::FollowEventsRequest& request,
               const rpc::ServerWriter<mpi::v1::FollowEventsResponse>& writer) {
        mpi::v1::FollowEventsResponse response;
        {
          const MutexLock lock(state.mutex);
          for (const mpi::v1::LinkEvent& event : state.link_events) {
            if (event.sequence() <= request.after_sequence()) continue;
            *response.mutable_event() = event;
            response.set_sequence(event.sequence());
            break;
          }
        }
        writer.Write(response,
                     [writer](bool) { writer.Finish(absl::DeadlineExceededError("time")); });
      });
  server.Serve<ReviewService::UndoEvent>(
      [&state](
          const rpc::CallContext&,
          const mpi::v1::UndoEventRequest& request) -> absl::StatusOr<mpi::v1::UndoEventResponse> {
        const MutexLock lock(state.mutex);
        if (request.sequence() != 5) return absl::NotFoundError("sequence: no such event");
        state.undone = request;
        mpi::v1::UndoEventResponse response;
        response.set_sequence(9);
        response.set_since_micros(1'000);
        *response.add_affected() = PatientAt("lakes");
        response.add_person_eids("eid-2");
        response.set_exact(true);
        return response;
      });
  server.Serve<ReviewService::GetRecordHistory>(
      [](const rpc::CallContext&, const mpi::v1::GetRecordHistoryRequest& request)
          -> absl::StatusOr<mpi::v1::GetRecordHistoryResponse> {
        mpi::v1::GetRecordHistoryResponse response;
        *response.mutable_patient() = request.patient();
        *response.add_decisions()->mutable_other() = PatientAt("harbor");
        return response;
      });
}

mpi::v1::Task SomeTask() {
  mpi::v1::Task task;
  task.set_task(7);
  *task.mutable_first() = PatientAt("lakes");
  *task.mutable_second() = PatientAt("harbor");
  return task;
}

void ServeTasks(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<ReviewService::ListTasks>(
      [&state](
          const rpc::CallContext&,
          const mpi::v1::ListTasksRequest& request) -> absl::StatusOr<mpi::v1::ListTasksResponse> {
        const MutexLock lock(state.mutex);
        mpi::v1::ListTasksResponse response;
        for (const mpi::v1::Task& task : state.possible_links) {
          if (request.kind() != mpi::v1::TASK_KIND_POSSIBLE_LINK) break;
          if (Same(task.first(), request.patient()) || Same(task.second(), request.patient())) {
            *response.add_tasks() = task;
          }
        }
        if (!request.has_patient()) *response.add_tasks() = SomeTask();
        return response;
      });
  server.Serve<ReviewService::LeaseTask>(
      [](const rpc::CallContext&,
         const mpi::v1::LeaseTaskRequest& request) -> absl::StatusOr<mpi::v1::LeaseTaskResponse> {
        mpi::v1::LeaseTaskResponse response;
        *response.mutable_task() = SomeTask();
        *response.mutable_task()->mutable_owner() = request.actor();
        return response;
      });
  server.Serve<ReviewService::ReleaseTask>(
      [](const rpc::CallContext&,
         const mpi::v1::ReleaseTaskRequest&) -> absl::StatusOr<mpi::v1::ReleaseTaskResponse> {
        return mpi::v1::ReleaseTaskResponse();
      });
  server.Serve<ReviewService::DecideTask>(
      [&state](const rpc::CallContext&, const mpi::v1::DecideTaskRequest& request)
          -> absl::StatusOr<mpi::v1::DecideTaskResponse> {
        const MutexLock lock(state.mutex);
        state.task_decided = request;
        mpi::v1::DecideTaskResponse response;
        response.set_outcome(mpi::v1::TASK_OUTCOME_DECIDED);
        response.set_sequence(state.task_sequence);
        return response;
      });
  server.Serve<ReviewService::AddDemand>(
      [](const rpc::CallContext&,
         const mpi::v1::AddDemandRequest&) -> absl::StatusOr<mpi::v1::AddDemandResponse> {
        mpi::v1::AddDemandResponse response;
        response.set_task(7);
        return response;
      });
}

void ServeModels(rpc::MethodRegistrar& server) {
  server.Serve<ModelService::ListModels>(
      [](const rpc::CallContext&,
         const mpi::v1::ListModelsRequest&) -> absl::StatusOr<mpi::v1::ListModelsResponse> {
        mpi::v1::ListModelsResponse response;
        response.add_models()->set_name("us-default");
        return response;
      });
  server.Serve<ModelService::GetModel>(
      [](const rpc::CallContext&,
         const mpi::v1::GetModelRequest&) -> absl::StatusOr<mpi::v1::GetModelResponse> {
        return mpi::v1::GetModelResponse();
      });
  server.Serve<ModelService::PutModel>(
      [](const rpc::CallContext&,
         const mpi::v1::PutModelRequest&) -> absl::StatusOr<mpi::v1::PutModelResponse> {
        return mpi::v1::PutModelResponse();
      });
  server.Serve<ModelService::ActivateModel>(
      [](const rpc::CallContext&, const mpi::v1::ActivateModelRequest& request)
          -> absl::StatusOr<mpi::v1::ActivateModelResponse> {
        mpi::v1::ActivateModelResponse response;
        response.set_active_hash(request.hash());
        return response;
      });
  server.Serve<ModelService::RollBackModel>(
      [](const rpc::CallContext&,
         const mpi::v1::RollBackModelRequest&) -> absl::StatusOr<mpi::v1::RollBackModelResponse> {
        return mpi::v1::RollBackModelResponse();
      });
  server.Serve<ModelService::GetMonitors>(
      [](const rpc::CallContext&,
         const mpi::v1::GetMonitorsRequest&) -> absl::StatusOr<mpi::v1::GetMonitorsResponse> {
        mpi::v1::GetMonitorsResponse response;
        response.mutable_monitors()->set_records(3);
        return response;
      });
}

void ServeRuns(rpc::MethodRegistrar& server) {
  server.Serve<ModelService::StartRun>(
      [](const rpc::CallContext&,
         const mpi::v1::StartRunRequest&) -> absl::StatusOr<mpi::v1::StartRunResponse> {
        mpi::v1::StartRunResponse response;
        response.set_run_id("run");
        return response;
      });
  server.Serve<ModelService::CancelRun>(
      [](const rpc::CallContext&,
         const mpi::v1::CancelRunRequest&) -> absl::StatusOr<mpi::v1::CancelRunResponse> {
        return mpi::v1::CancelRunResponse();
      });
  server.ServeStream<ModelService::WatchRun>(
      [](const std::shared_ptr<rpc::CallContext>&, const mpi::v1::WatchRunRequest&,
         const rpc::ServerWriter<mpi::v1::WatchRunResponse>& writer) {
        mpi::v1::WatchRunResponse response;
        response.mutable_event()->set_number(1);
        *response.mutable_event()->mutable_finding()->mutable_patient() = PatientAt("lakes");
        writer.Write(response, [writer](bool) { writer.Finish(absl::OkStatus()); });
      });
}

}  // namespace

audit::v1::ListResponse ListFakeLeaves(FakeState& state, const audit::v1::ListRequest& request) {
  const MutexLock lock(state.mutex);
  audit::v1::ListResponse response;
  for (size_t at = state.events.size(); at-- > 0;) {
    const audit::v1::Event& event = state.events[at];
    const uint64_t sequence = at + 1;
    if (request.before_sequence() != 0 && sequence >= request.before_sequence()) continue;
    bool wanted = request.patients().empty() && (event.actor().member() == request.member() ||
                                                 event.custodian() == request.member());
    for (const auto& patient : event.patients()) {
      for (const auto& asked : request.patients()) wanted = wanted || Same(patient, asked);
    }
    if (!wanted) continue;
    if (static_cast<uint32_t>(response.records_size()) == request.limit()) {
      response.set_truncated(true);
      break;
    }
    audit::v1::AuditRecord& record = *response.add_records();
    record.mutable_leaf()->set_sequence(sequence);
    record.mutable_leaf()->set_time_micros(static_cast<int64_t>(sequence) * 1000);
    record.mutable_leaf()->set_type(event.type());
    record.mutable_leaf()->set_event_id(event.event_id());
    record.mutable_leaf()->set_member(event.actor().member());
    record.mutable_leaf()->set_user(event.actor().user());
    record.mutable_leaf()->set_custodian(event.custodian());
    record.mutable_leaf()->set_outcome(event.outcome());
    record.mutable_leaf()->set_intent_event_id(event.intent_event_id());
    *record.mutable_leaf()->mutable_item_ids() = event.item_ids();
    *record.mutable_patients() = event.patients();
    *record.mutable_details() = event.details();
  }
  return response;
}

void ServeFakeIdentity(FakeState& state, rpc::MethodRegistrar& server) {
  ServePersons(state, server);
  ServeEvents(state, server);
  ServeTasks(state, server);
  ServeModels(server);
  ServeRuns(server);
}

}  // namespace hie::edge
