#include "mpi/service/model_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hie/mpi/v1/model_service.methods.h"
#include "mpi/score/model_file.h"
#include "mpi/service/monitor.h"
#include "mpi/service/scrub.h"
#include "mpi/service/simulate_model.h"
#include "mpi/service/train_model.h"
#include "mpi/store/model_store.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

constexpr size_t kReasonBytesMax = 1024;
constexpr size_t kActivationsMax = 100;
constexpr uint32_t kExamplesAtMost = 100;
constexpr uint32_t kFindingsAtMost = 10'000;
constexpr uint64_t kRunRecordsMax = 50'000'000;

absl::Status FillActor(const common::v1::Actor& from, common::v1::Actor& to) {
  HIE_ASSIGN_OR_RETURN(const Actor actor, wire::FromProto(from, "actor"));
  to = wire::ToProto(actor);
  return absl::OkStatus();
}

absl::Status CheckReason(const std::string& reason) {
  if (!reason.empty() && reason.size() <= kReasonBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError("reason: want 1 to 1024 bytes");
}

absl::Status CheckHash(const std::string& hash, absl::string_view field) {
  if (hash.empty() || IsModelHash(hash)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": want 64 lower-case hexadecimal digits, or none"));
}

absl::Status CheckRun(const v1::StartRunRequest& request) {
  if (request.what_case() == v1::StartRunRequest::WHAT_NOT_SET) {
    return absl::InvalidArgumentError("what: want a training, a simulation or a scrub");
  }
  if (request.train().records_max() > kRunRecordsMax ||
      request.simulate().records_max() > kRunRecordsMax) {
    return absl::InvalidArgumentError("records_max: want at most 50000000");
  }
  if (request.simulate().examples_max() > kExamplesAtMost) {
    return absl::InvalidArgumentError("examples_max: want at most 100");
  }
  if (request.scrub().findings_max() > kFindingsAtMost) {
    return absl::InvalidArgumentError("findings_max: want at most 10000");
  }
  return CheckHash(request.simulate().hash(), "hash");
}

std::string WhoIs(const common::v1::Actor& actor) {
  return actor.user().empty() ? actor.member() : absl::StrCat(actor.member(), "/", actor.user());
}

v1::StoredModel ToProto(const std::string& hash, const v1::ModelRow& row) {
  v1::StoredModel model;
  model.set_hash(hash);
  model.set_name(row.name());
  model.set_text_bytes(row.text_bytes());
  model.set_put_micros(row.put_micros());
  model.set_put_by(WhoIs(row.put_by()));
  model.set_calibrated(row.calibrated());
  model.set_population(row.population());
  model.set_value_count(row.value_count());
  return model;
}

v1::StoredModel ToProto(const Model& shipped) {
  v1::StoredModel model;
  model.set_name(shipped.name);
  model.set_text_bytes(WriteModel(shipped).size());
  model.set_calibrated(shipped.calibrated);
  model.set_population(shipped.population);
  if (shipped.frequencies) model.set_value_count(shipped.frequencies->entries().size());
  return model;
}

v1::ModelActivation ToProto(uint64_t sequence, const v1::ModelLogRow& row) {
  v1::ModelActivation activation;
  activation.set_sequence(sequence);
  activation.set_hash(row.hash());
  activation.set_rolled_back(row.rolled_back());
  activation.set_actor(WhoIs(row.actor()));
  activation.set_reason(row.reason());
  activation.set_activated_micros(row.activated_micros());
  return activation;
}

// Tells a log how far a run is, and a run whether to go on.
RunWatch Into(RunLog& log) {
  return [&log](absl::string_view phase, uint64_t done, uint64_t all) {
    v1::RunEvent event;
    event.mutable_progress()->set_phase(std::string(phase));
    event.mutable_progress()->set_done(done);
    event.mutable_progress()->set_all(all);
    log.Tell(std::move(event));
    return !log.cancelled();
  };
}

// Sends what a run tells, one event after another.
class RunPump : public std::enable_shared_from_this<RunPump> {
 public:
  RunPump(std::shared_ptr<RunLog> log, uint64_t after, rpc::ServerWriter<v1::WatchRunResponse> to)
      : log_(std::move(log)), after_(after), to_(std::move(to)) {}

  void SendNext() {
    log_->Next(
        after_, [self = shared_from_this()](const v1::RunEvent& event) { self->Send(event); },
        [self = shared_from_this()](const absl::Status& status) { self->to_.Finish(status); });
  }

 private:
  void Send(const v1::RunEvent& event) {
    after_ = event.number();
    v1::WatchRunResponse response;
    *response.mutable_event() = event;
    to_.Write(response, [self = shared_from_this()](bool ok) {
      if (ok) self->SendNext();
    });
  }

  const std::shared_ptr<RunLog> log_;
  uint64_t after_;
  const rpc::ServerWriter<v1::WatchRunResponse> to_;
};

}  // namespace

absl::StatusOr<v1::ModelReply> ModelService::Propose(const v1::ModelCommand& command) {
  v1::MpiCommand whole;
  *whole.mutable_model() = command;
  HIE_ASSIGN_OR_RETURN(const Applied applied, ProposeAndWait(journal_, whole.SerializeAsString()));
  v1::ModelReply reply;
  if (!reply.ParseFromString(applied.reply)) {
    return absl::InternalError("reply: cannot be read");
  }
  if (reply.refusal().empty()) return reply;
  if (reply.damaged()) return absl::DataLossError(reply.refusal());
  return absl::InvalidArgumentError(reply.refusal());
}

absl::StatusOr<v1::ListModelsResponse> ModelService::ListModels(
    const v1::ListModelsRequest& /*request*/) const {
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  const ModelStore store(*snapshot);
  HIE_ASSIGN_OR_RETURN(const v1::ActiveModelRow active, store.Active());
  HIE_ASSIGN_OR_RETURN(const auto models, store.List());
  HIE_ASSIGN_OR_RETURN(const auto activations, store.Activations(kActivationsMax));
  v1::ListModelsResponse response;
  *response.add_models() = ToProto(models_.shipped());
  for (const auto& [hash, row] : models) *response.add_models() = ToProto(hash, row);
  for (v1::StoredModel& model : *response.mutable_models()) {
    model.set_active(model.hash() == active.hash());
  }
  for (const auto& [sequence, row] : activations) {
    *response.add_activations() = ToProto(sequence, row);
  }
  return response;
}

absl::StatusOr<v1::GetModelResponse> ModelService::GetModel(
    const v1::GetModelRequest& request) const {
  HIE_RETURN_IF_ERROR(CheckHash(request.hash(), "hash"));
  v1::GetModelResponse response;
  if (request.hash().empty()) {
    const std::string text = WriteModel(models_.shipped());
    const std::vector<absl::string_view> parts = PartsOfModelText(text);
    if (request.number() == 0 || request.number() > parts.size()) {
      return absl::NotFoundError("number: no such part");
    }
    response.set_data(std::string(parts[request.number() - 1]));
    response.set_parts(static_cast<uint32_t>(parts.size()));
    return response;
  }
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  const ModelStore store(*snapshot);
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ModelRow> row, store.Find(request.hash()));
  if (!row || row->parts_held() != row->parts()) return absl::NotFoundError("hash: not stored");
  HIE_ASSIGN_OR_RETURN(*response.mutable_data(), store.Part(request.hash(), request.number()));
  response.set_parts(row->parts());
  return response;
}

absl::StatusOr<v1::PutModelResponse> ModelService::PutModel(const v1::PutModelRequest& request) {
  v1::ModelCommand command;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *command.mutable_actor()));
  v1::ModelPart& part = *command.mutable_put();
  part.set_hash(request.hash());
  part.set_number(request.number());
  part.set_parts(request.parts());
  part.set_data(request.data());
  HIE_ASSIGN_OR_RETURN(const v1::ModelReply reply, Propose(command));
  v1::PutModelResponse response;
  response.set_parts_held(reply.parts_held());
  response.set_stored(reply.stored());
  return response;
}

absl::StatusOr<v1::ActivateModelResponse> ModelService::ActivateModel(
    const v1::ActivateModelRequest& request) {
  v1::ModelCommand command;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *command.mutable_actor()));
  HIE_RETURN_IF_ERROR(CheckReason(request.reason()));
  HIE_RETURN_IF_ERROR(CheckHash(request.hash(), "hash"));
  v1::ActivateModel& part = *command.mutable_activate();
  part.set_hash(request.hash());
  part.set_reason(request.reason());
  if (request.has_expected_active()) part.set_expected_active(request.expected_active());
  HIE_ASSIGN_OR_RETURN(const v1::ModelReply reply, Propose(command));
  v1::ActivateModelResponse response;
  response.set_active_hash(reply.active_hash());
  return response;
}

absl::StatusOr<v1::RollBackModelResponse> ModelService::RollBackModel(
    const v1::RollBackModelRequest& request) {
  v1::ModelCommand command;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *command.mutable_actor()));
  HIE_RETURN_IF_ERROR(CheckReason(request.reason()));
  command.mutable_roll_back()->set_reason(request.reason());
  command.mutable_roll_back()->set_expected_active(request.expected_active());
  HIE_ASSIGN_OR_RETURN(const v1::ModelReply reply, Propose(command));
  v1::RollBackModelResponse response;
  response.set_active_hash(reply.active_hash());
  return response;
}

absl::StatusOr<v1::StoredModel> ModelService::Store(const std::string& text,
                                                    const common::v1::Actor& actor) {
  const std::string hash = HashOfModelText(text);
  const std::vector<absl::string_view> parts = PartsOfModelText(text);
  for (size_t i = 0; i < parts.size(); ++i) {
    v1::ModelCommand command;
    *command.mutable_actor() = actor;
    command.mutable_put()->set_hash(hash);
    command.mutable_put()->set_number(static_cast<uint32_t>(i + 1));
    command.mutable_put()->set_parts(static_cast<uint32_t>(parts.size()));
    command.mutable_put()->set_data(std::string(parts[i]));
    HIE_RETURN_IF_ERROR(Propose(command).status());
  }
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  const ModelStore store(*snapshot);
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ModelRow> row, store.Find(hash));
  HIE_ASSIGN_OR_RETURN(const v1::ActiveModelRow active, store.Active());
  if (!row) return absl::InternalError("model: not stored");
  v1::StoredModel model = ToProto(hash, *row);
  model.set_active(active.hash() == hash);
  return model;
}

absl::Status ModelService::Train(const v1::TrainRun& run, const common::v1::Actor& actor,
                                 RunLog& log) {
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(TrainedModel trained,
                       TrainModel(MpiReader(*snapshot), models_.shipped(), run, Into(log)));
  HIE_ASSIGN_OR_RETURN(*trained.result.mutable_model(), Store(trained.text, actor));
  v1::RunEvent event;
  *event.mutable_train() = std::move(trained.result);
  log.Tell(std::move(event));
  return absl::OkStatus();
}

absl::Status ModelService::Simulate(const v1::SimulateRun& run, RunLog& log) const {
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> present, models_.In(*snapshot));
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> candidate,
                       models_.WithHash(*snapshot, run.hash()));
  v1::RunEvent event;
  HIE_ASSIGN_OR_RETURN(*event.mutable_simulate(),
                       SimulateModel(MpiReader(*snapshot), *present, *candidate, run, Into(log)));
  log.Tell(std::move(event));
  return absl::OkStatus();
}

absl::Status ModelService::Scrub(const v1::ScrubRun& run, RunLog& log) const {
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, models_.In(*snapshot));
  v1::RunEvent event;
  HIE_ASSIGN_OR_RETURN(*event.mutable_scrub(), ScrubIndex(*snapshot, *model, run, Into(log),
                                                          [&](const v1::ScrubFinding& finding) {
                                                            v1::RunEvent found;
                                                            *found.mutable_finding() = finding;
                                                            log.Tell(std::move(found));
                                                          }));
  log.Tell(std::move(event));
  return absl::OkStatus();
}

absl::StatusOr<v1::StartRunResponse> ModelService::StartRun(const v1::StartRunRequest& request) {
  common::v1::Actor actor;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), actor));
  HIE_RETURN_IF_ERROR(CheckRun(request));
  if (request.has_simulate()) {
    HIE_RETURN_IF_ERROR(models_.WithHash(*journal_.Snapshot(), request.simulate().hash()).status());
  }
  v1::StartRunResponse response;
  response.set_run_id(MakeUuidV7(clock_.Now(), random_));
  HIE_RETURN_IF_ERROR(runs_.Start(response.run_id(), [this, request, actor](RunLog& log) {
    if (request.has_train()) return Train(request.train(), actor, log);
    if (request.has_simulate()) return Simulate(request.simulate(), log);
    return Scrub(request.scrub(), log);
  }));
  return response;
}

absl::StatusOr<std::shared_ptr<RunLog>> ModelService::FindRun(const std::string& run_id) const {
  return runs_.Find(run_id);
}

absl::StatusOr<v1::CancelRunResponse> ModelService::CancelRun(const v1::CancelRunRequest& request) {
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<RunLog> log, runs_.Find(request.run_id()));
  log->Cancel();
  return v1::CancelRunResponse();
}

absl::StatusOr<v1::GetMonitorsResponse> ModelService::GetMonitors(
    const v1::GetMonitorsRequest& request) const {
  if (request.records_max() > kMonitoredRecordsMax) {
    return absl::InvalidArgumentError("records_max: want at most 100000");
  }
  MonitorOptions options;
  options.seed = request.seed();
  if (request.records_max() != 0) options.records_max = request.records_max();
  v1::GetMonitorsResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_monitors(),
                       MeasureMonitors(*journal_.Snapshot(), models_, options, clock_.Now()));
  return response;
}

void ModelService::Serve(rpc::MethodRegistrar& server) {
  using Methods = v1::ModelService;
  server.Serve<Methods::ListModels>(
      [this](const rpc::CallContext&, const auto& request) { return ListModels(request); });
  server.Serve<Methods::GetModel>(
      [this](const rpc::CallContext&, const auto& request) { return GetModel(request); });
  server.Serve<Methods::PutModel>(
      [this](const rpc::CallContext&, const auto& request) { return PutModel(request); });
  server.Serve<Methods::ActivateModel>(
      [this](const rpc::CallContext&, const auto& request) { return ActivateModel(request); });
  server.Serve<Methods::RollBackModel>(
      [this](const rpc::CallContext&, const auto& request) { return RollBackModel(request); });
  server.Serve<Methods::StartRun>(
      [this](const rpc::CallContext&, const auto& request) { return StartRun(request); });
  server.Serve<Methods::CancelRun>(
      [this](const rpc::CallContext&, const auto& request) { return CancelRun(request); });
  server.Serve<Methods::GetMonitors>(
      [this](const rpc::CallContext&, const auto& request) { return GetMonitors(request); });
  server.ServeStream<Methods::WatchRun>([this](std::shared_ptr<rpc::CallContext>,
                                               const v1::WatchRunRequest& request,
                                               rpc::ServerWriter<v1::WatchRunResponse> writer) {
    absl::StatusOr<std::shared_ptr<RunLog>> log = FindRun(request.run_id());
    if (!log.ok()) return writer.Finish(log.status());
    std::make_shared<RunPump>(*std::move(log), request.after(), std::move(writer))->SendNext();
  });
}

}  // namespace hie::mpi
