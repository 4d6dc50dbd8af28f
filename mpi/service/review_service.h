#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "hie/mpi/v1/review_service.pb.h"
#include "mpi/service/event_feed.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/method_registrar.h"

namespace hie::mpi {

// Tasks, events and undo on the wire; errors are those of the proto.  Thread-safe.
//
// Changes wait for the journal: not for RPC threads.
class ReviewService {
 public:
  // All must outlive the service.
  ReviewService(Journal& journal, const Clock& clock, RandomSource& random);

  absl::StatusOr<v1::ListTasksResponse> ListTasks(const v1::ListTasksRequest& request) const;
  absl::StatusOr<v1::LeaseTaskResponse> LeaseTask(const v1::LeaseTaskRequest& request);
  absl::StatusOr<v1::ReleaseTaskResponse> ReleaseTask(const v1::ReleaseTaskRequest& request);
  absl::StatusOr<v1::DecideTaskResponse> DecideTask(const v1::DecideTaskRequest& request);
  absl::StatusOr<v1::AddDemandResponse> AddDemand(const v1::AddDemandRequest& request);
  absl::StatusOr<v1::ListEventsResponse> ListEvents(const v1::ListEventsRequest& request) const;
  absl::StatusOr<v1::UndoEventResponse> UndoEvent(const v1::UndoEventRequest& request);
  absl::StatusOr<v1::GetRecordHistoryResponse> GetRecordHistory(
      const v1::GetRecordHistoryRequest& request) const;

  // Registers every method.  The service must outlive the server.
  void Serve(rpc::MethodRegistrar& server);

 private:
  // Proposes the command with fresh EIDs and waits.
  absl::StatusOr<Applied> Propose(v1::MpiCommand command, int eids);
  absl::StatusOr<v1::TaskReply> ProposeTask(v1::TaskCommand command, uint64_t& sequence);

  Journal& journal_;
  const Clock& clock_;
  RandomSource& random_;
  const std::unique_ptr<EventFeed> feed_;
};

}  // namespace hie::mpi
