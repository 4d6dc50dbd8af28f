#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mpi/score/model.h"
#include "mpi/service/bulk_load.h"
#include "mpi/service/model_service.h"
#include "mpi/service/monitor_metrics.h"
#include "mpi/service/mpi_service.h"
#include "mpi/service/review_service.h"
#include "mpi/store/mpi_machine.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/rpc/server.h"
#include "services/common/storage/kv_store.h"
#include "services/common/storage/table_tuning.h"

namespace hie::mpi {

// The master patient index as a role: state machine, journal and service over one store.
// Thread-safe.
class MpiRole {
 public:
  struct Options {
    KvStore* store = nullptr;        // Holds Tables(); must outlive the role.
    std::string mark_path = "";      // High-water mark; empty only for a store in memory.
    const Clock* clock = nullptr;    // Must outlive the role.
    RandomSource* random = nullptr;  // Must outlive the role.
    const Model* model = nullptr;    // Must outlive the role; null: the shipped one.
    std::shared_ptr<prometheus::Registry> metrics = nullptr;  // Null: not counted.
    // How often the monitors are measured for `metrics`.
    absl::Duration monitor_period = absl::Minutes(15);
  };

  // DATA_LOSS, FAILED_PRECONDITION: as EmbeddedJournal::Open and CheckFirstLoadComplete.
  static absl::StatusOr<std::unique_ptr<MpiRole>> Open(Options options);

  // Registers every method of the role's services.  The role must outlive the server.
  void Serve(rpc::Server& server);

  Journal& journal() { return *journal_; }
  MpiService& service() { return *service_; }
  BulkLoads& loads() { return *loads_; }
  ReviewService& review() { return *review_; }
  ModelService& models() { return *models_; }

  // The tables that the store must have, how they are used, and the memory for blocks read that an
  // index of millions of records wants.
  static std::vector<std::string> Tables();
  static TableTunings Tunings();
  static constexpr size_t kBlockCacheBytes = size_t{512} << 20;

 private:
  explicit MpiRole(const Model& shipped) : machine_(shipped) {}

  // Measures the monitors for the metrics.
  void Measure(const Clock& clock);

  const MpiMachine machine_;
  std::unique_ptr<EmbeddedJournal> journal_;
  std::unique_ptr<MpiService> service_;
  std::unique_ptr<BulkLoads> loads_;
  std::unique_ptr<ReviewService> review_;
  std::unique_ptr<ModelService> models_;
  std::unique_ptr<MpiMetrics> metrics_;
  std::unique_ptr<MonitorClockwork> clockwork_;  // Last: it uses the others.
};

}  // namespace hie::mpi
