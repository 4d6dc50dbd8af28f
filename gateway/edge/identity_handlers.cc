// IdentityService: its registration, and the review queue.
#include "gateway/edge/identity_handlers.h"

#include <utility>

#include "gateway/edge/identity_fallout.h"
#include "gateway/edge/identity_steward.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "hie/mpi/v1/review_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::IdentityService;
using mpi::v1::ReviewService;

// Tasks of one answer: each names two records, and the reading of all is one leaf of the audit.
constexpr uint32_t kTasksMax = 100;

void ListTasks(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               const exchange::v1::ListTasksRequest& request,
               Answer<exchange::v1::ListTasksResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  if (request.limit() > kTasksMax) return answer(absl::InvalidArgumentError("limit: want 0..100"));
  mpi::v1::ListTasksRequest list;
  list.set_kind(request.kind());
  if (request.has_patient()) *list.mutable_patient() = request.patient();
  list.set_escalated_only(request.escalated_only());
  list.set_free_only(request.free_only());
  list.set_limit(request.limit() == 0 ? kTasksMax : request.limit());
  list.set_after_task(request.after_task());
  AskAndRecord<ReviewService::ListTasks, exchange::v1::ListTasksResponse>(
      services, std::move(context), list, "identity-tasks",
      [](const mpi::v1::ListTasksResponse& listed, Patients& patients) {
        for (const mpi::v1::Task& task : listed.tasks()) AddPatients(task, patients);
      },
      [](mpi::v1::ListTasksResponse listed) {
        exchange::v1::ListTasksResponse response;
        *response.mutable_tasks() = std::move(*listed.mutable_tasks());
        response.set_more(listed.more());
        response.set_daily_share(listed.daily_share());
        return response;
      },
      std::move(answer));
}

void LeaseTask(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               const exchange::v1::LeaseTaskRequest& request,
               Answer<exchange::v1::LeaseTaskResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::LeaseTaskRequest lease;
  *lease.mutable_actor() = wire::ToProto(context->caller().actor);
  lease.set_task(request.task());
  AskAndRecord<ReviewService::LeaseTask, exchange::v1::LeaseTaskResponse>(
      services, std::move(context), lease, "identity-task-lease",
      [](const mpi::v1::LeaseTaskResponse& leased, Patients& patients) {
        AddPatients(leased.task(), patients);
      },
      [](mpi::v1::LeaseTaskResponse leased) {
        exchange::v1::LeaseTaskResponse response;
        *response.mutable_task() = std::move(*leased.mutable_task());
        return response;
      },
      std::move(answer));
}

void ReleaseTask(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                 const exchange::v1::ReleaseTaskRequest& request,
                 Answer<exchange::v1::ReleaseTaskResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::ReleaseTaskRequest release;
  *release.mutable_actor() = wire::ToProto(context->caller().actor);
  release.set_task(request.task());
  AskOnly<ReviewService::ReleaseTask, exchange::v1::ReleaseTaskResponse>(
      services, context, release,
      [](const mpi::v1::ReleaseTaskResponse&) { return exchange::v1::ReleaseTaskResponse(); },
      std::move(answer));
}

// The change itself is on record through the index's outbox.
void DecideTask(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                const exchange::v1::DecideTaskRequest& request,
                Answer<exchange::v1::DecideTaskResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::DecideTaskRequest decide;
  *decide.mutable_actor() = wire::ToProto(context->caller().actor);
  decide.set_task(request.task());
  decide.set_verdict(request.verdict());
  decide.set_reason(request.reason());
  decide.set_first_version(request.first_version());
  decide.set_second_version(request.second_version());
  const bool parts = request.verdict() == mpi::v1::TASK_VERDICT_DIFFERENT;
  AskOnly<ReviewService::DecideTask, exchange::v1::DecideTaskResponse>(
      services, context, decide,
      [&services, context, parts](const mpi::v1::DecideTaskResponse& decided) {
        if (parts && decided.outcome() == mpi::v1::TASK_OUTCOME_DECIDED) {
          GiveNoticeAfter(services, context, {.sequence = decided.sequence()});
        }
        exchange::v1::DecideTaskResponse response;
        response.set_outcome(decided.outcome());
        response.set_first_eid(decided.first_eid());
        response.set_second_eid(decided.second_eid());
        response.set_sequence(decided.sequence());
        return response;
      },
      std::move(answer));
}

void AddDemand(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
               const exchange::v1::AddDemandRequest& request,
               Answer<exchange::v1::AddDemandResponse> answer) {
  const absl::Status steward = CheckSteward(services, context->caller().actor);
  if (!steward.ok()) return answer(steward);
  mpi::v1::AddDemandRequest demand;
  *demand.mutable_actor() = wire::ToProto(context->caller().actor);
  *demand.mutable_first() = request.first();
  *demand.mutable_second() = request.second();
  AskOnly<ReviewService::AddDemand, exchange::v1::AddDemandResponse>(
      services, context, demand,
      [](const mpi::v1::AddDemandResponse& added) {
        exchange::v1::AddDemandResponse response;
        response.set_task(added.task());
        return response;
      },
      std::move(answer));
}

}  // namespace

void ServeIdentity(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<IdentityService::ListTasks>(server, services, ListTasks);
  ServeCounted<IdentityService::LeaseTask>(server, services, LeaseTask);
  ServeCounted<IdentityService::ReleaseTask>(server, services, ReleaseTask);
  ServeCounted<IdentityService::DecideTask>(server, services, DecideTask);
  ServeCounted<IdentityService::AddDemand>(server, services, AddDemand);
  ServeCounted<IdentityService::GetGoldenView>(server, services, GetGoldenView);
  ServeCounted<IdentityService::ConfirmOwnLink>(server, services, ConfirmOwnLink);
  ServeIdentityEvents(services, server);
  ServeIdentityModels(services, server);
  ServeRecalls(services, server);
}

}  // namespace hie::edge
