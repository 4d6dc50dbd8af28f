#include "mpi/service/mpi_role.h"

#include <utility>

#include "hie/mpi/v1/mpi_service.methods.h"
#include "mpi/service/first_load_repeats.h"
#include "mpi/service/monitor.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"

namespace hie::mpi {

absl::StatusOr<std::unique_ptr<MpiRole>> MpiRole::Open(Options options) {
  const Model& model = options.model != nullptr ? *options.model : DefaultModel();
  std::unique_ptr<MpiRole> role(new MpiRole(model));
  HIE_RETURN_IF_ERROR(CheckFirstLoadComplete(*options.store->Snapshot()));
  EmbeddedJournal::Options journal;
  journal.store = options.store;
  journal.machine = &role->machine_;
  journal.clock = options.clock;
  journal.mark_path = std::move(options.mark_path);
  HIE_ASSIGN_OR_RETURN(role->journal_, EmbeddedJournal::Open(std::move(journal)));
  role->service_ = std::make_unique<MpiService>(*role->journal_, *options.clock, *options.random,
                                                role->machine_.models());
  role->loads_ = std::make_unique<BulkLoads>(*role->journal_);
  role->review_ = std::make_unique<ReviewService>(*role->journal_, *options.clock, *options.random);
  role->models_ = std::make_unique<ModelService>(*role->journal_, *options.clock, *options.random,
                                                 role->machine_.models());
  role->metrics_ = std::make_unique<MpiMetrics>(options.metrics);
  if (options.metrics != nullptr) {
    role->clockwork_ = std::make_unique<MonitorClockwork>(
        options.monitor_period,
        [role = role.get(), clock = options.clock] { role->Measure(*clock); });
  }
  return role;
}

void MpiRole::Measure(const Clock& clock) {
  const ChangeWindow::Answers plans = machine_.plan_answers();
  metrics_->SetPlans(plans.unchanged, plans.changed);
  // What cannot be measured keeps its last values, whose time is a metric too.
  const absl::StatusOr<v1::Monitors> monitors =
      MeasureMonitors(*journal_->Snapshot(), machine_.models(), MonitorOptions(), clock.Now());
  if (monitors.ok()) metrics_->SetMonitors(*monitors, clock.Now());
}

void MpiRole::Serve(rpc::Server& server) {
  loads_->Serve(server);
  review_->Serve(server);
  models_->Serve(server);
  using Methods = v1::MpiService;
  server.Serve<Methods::RegisterRecord>(
      [this](const rpc::CallContext&, const v1::RegisterRecordRequest& request) {
        auto response = service_->RegisterRecord(request);
        if (response.ok()) metrics_->CountRegistration(response->outcome());
        return response;
      });
  server.Serve<Methods::ResolvePerson>(
      [this](const rpc::CallContext&, const v1::ResolvePersonRequest& request) {
        return service_->ResolvePerson(request);
      });
  server.Serve<Methods::SearchPersons>(
      [this](const rpc::CallContext&, const v1::SearchPersonsRequest& request) {
        auto response = service_->SearchPersons(request);
        if (response.ok()) metrics_->CountSearch(*response);
        return response;
      });
  server.Serve<Methods::ConfirmLinks>(
      [this](const rpc::CallContext&, const v1::ConfirmLinksRequest& request) {
        return service_->ConfirmLinks(request);
      });
  server.Serve<Methods::QueryPersons>(
      [this](const rpc::CallContext&, const v1::QueryPersonsRequest& request) {
        return service_->QueryPersons(request);
      });
  server.Serve<Methods::PreviewRecord>(
      [this](const rpc::CallContext&, const v1::PreviewRecordRequest& request) {
        return service_->PreviewRecord(request);
      });
  server.Serve<Methods::MergeRecords>(
      [this](const rpc::CallContext&, const v1::MergeRecordsRequest& request) {
        return service_->MergeRecords(request);
      });
  server.Serve<Methods::UnmergeRecord>(
      [this](const rpc::CallContext&, const v1::UnmergeRecordRequest& request) {
        return service_->UnmergeRecord(request);
      });
  server.Serve<Methods::RemoveRecord>(
      [this](const rpc::CallContext&, const v1::RemoveRecordRequest& request) {
        return service_->RemoveRecord(request);
      });
  server.Serve<Methods::GetGoldenView>(
      [this](const rpc::CallContext&, const v1::GetGoldenViewRequest& request) {
        return service_->GetGoldenView(request);
      });
  server.Serve<Methods::ExplainLink>(
      [this](const rpc::CallContext&, const v1::ExplainLinkRequest& request) {
        return service_->ExplainLink(request);
      });
  server.Serve<Methods::DecideLink>(
      [this](const rpc::CallContext&, const v1::DecideLinkRequest& request) {
        return service_->DecideLink(request);
      });
}

TableTunings MpiRole::Tunings() { return StoreTunings(); }

std::vector<std::string> MpiRole::Tables() {
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  tables.emplace_back(kJournalTable);
  return tables;
}

}  // namespace hie::mpi
