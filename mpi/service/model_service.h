#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/model_service.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/service/model_service_runs.h"
#include "mpi/store/active_model.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/method_registrar.h"

namespace hie::mpi {

// Models, long runs and monitors on the wire; errors are those of the proto.  Thread-safe.
//
// Changes wait for the journal: not for RPC threads.  A run reads the state as of its start, which
// the store keeps until it ends.
class ModelService {
 public:
  // All must outlive the service.
  ModelService(Journal& journal, const Clock& clock, RandomSource& random,
               const ActiveModel& models)
      : journal_(journal), clock_(clock), random_(random), models_(models) {}

  absl::StatusOr<v1::ListModelsResponse> ListModels(const v1::ListModelsRequest& request) const;
  absl::StatusOr<v1::GetModelResponse> GetModel(const v1::GetModelRequest& request) const;
  absl::StatusOr<v1::PutModelResponse> PutModel(const v1::PutModelRequest& request);
  absl::StatusOr<v1::ActivateModelResponse> ActivateModel(const v1::ActivateModelRequest& request);
  absl::StatusOr<v1::RollBackModelResponse> RollBackModel(const v1::RollBackModelRequest& request);
  absl::StatusOr<v1::StartRunResponse> StartRun(const v1::StartRunRequest& request);
  absl::StatusOr<v1::CancelRunResponse> CancelRun(const v1::CancelRunRequest& request);
  absl::StatusOr<v1::GetMonitorsResponse> GetMonitors(const v1::GetMonitorsRequest& request) const;
  // What WatchRun streams.
  absl::StatusOr<std::shared_ptr<RunLog>> FindRun(const std::string& run_id) const;

  // Registers every method.  The service must outlive the server.
  void Serve(rpc::MethodRegistrar& server);

 private:
  absl::StatusOr<v1::ModelReply> Propose(const v1::ModelCommand& command);
  // Stores a whole text in the name of `actor`; returns its row.
  absl::StatusOr<v1::StoredModel> Store(const std::string& text, const common::v1::Actor& actor);
  absl::Status Train(const v1::TrainRun& run, const common::v1::Actor& actor, RunLog& log);
  absl::Status Simulate(const v1::SimulateRun& run, RunLog& log) const;
  absl::Status Scrub(const v1::ScrubRun& run, RunLog& log) const;

  Journal& journal_;
  const Clock& clock_;
  RandomSource& random_;
  const ActiveModel& models_;
  RunBoard runs_;  // Last: its run uses all of the others.
};

}  // namespace hie::mpi
