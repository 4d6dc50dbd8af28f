#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/service/load_stream.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::mpi {

// Streams at once; more are RESOURCE_EXHAUSTED.
inline constexpr int kLoadStreamsMax = 16;

// Answers LoadService; errors are those of the proto.  Thread-safe.
class BulkLoads {
 public:
  // `journal` must outlive this.  `threads` prepare lines; 0: as many as the machine has, at most
  // eight.
  explicit BulkLoads(Journal& journal, int threads = 0);
  // Prepares no more.  No stream may be opened.
  ~BulkLoads();

  // Registers every method.
  void Serve(rpc::MethodRegistrar& server);

  // Takes a stream; returns what its messages are to be given to.
  std::function<void(const v1::LoadRecordsRequest*)> Open(
      const std::shared_ptr<rpc::CallContext>& context, LoadStream::Writer writer);

  absl::StatusOr<v1::GetLoadResponse> GetLoad(const v1::GetLoadRequest& request) const;
  absl::StatusOr<v1::ListLoadRejectsResponse> ListLoadRejects(
      const v1::ListLoadRejectsRequest& request) const;

 private:
  Journal& journal_;
  rpc::WorkerPool pool_;
  // Shared with streams, which callbacks of the journal may hold longer.
  const std::shared_ptr<LoadServices> services_;
};

}  // namespace hie::mpi
