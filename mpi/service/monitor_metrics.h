#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/mpi/v1/model.pb.h"
#include "hie/mpi/v1/mpi.pb.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "services/common/base/mutex.h"

namespace prometheus {
class Counter;
class Gauge;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace hie::mpi {

// The role's metrics: mpi_registrations_total by outcome, mpi_searches_total by what came of them,
// mpi_plans_total by use, and the monitors as gauges (mpi_monitor_...), by source where they are.
// A source is an assigning authority; no label says anything of a patient.  Thread-safe.
class MpiMetrics {
 public:
  // Null `registry`: nothing is counted.
  explicit MpiMetrics(std::shared_ptr<prometheus::Registry> registry);

  void CountRegistration(v1::LinkOutcome outcome);
  void CountSearch(const v1::SearchPersonsResponse& response);
  // Plans used as prepared, and matched again, since the process began.
  void SetPlans(uint64_t reused, uint64_t recomputed);
  // Sets every gauge; sources that are gone keep their last values.
  void SetMonitors(const v1::Monitors& monitors, absl::Time now);

 private:
  prometheus::Gauge& Gauge(const std::string& name, const char* help,
                           const std::map<std::string, std::string>& labels);
  void SetSource(const v1::SourceMonitor& source);

  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>* registrations_ = nullptr;
  prometheus::Family<prometheus::Counter>* searches_ = nullptr;
  prometheus::Family<prometheus::Counter>* plans_ = nullptr;
  Mutex mutex_;
  uint64_t reused_ HIE_GUARDED_BY(mutex_) = 0;
  uint64_t recomputed_ HIE_GUARDED_BY(mutex_) = 0;
};

// Measures again and again, on a thread of its own, until it is destroyed.
class MonitorClockwork {
 public:
  // `measure` is called at once and then each `period` after it returned.
  MonitorClockwork(absl::Duration period, std::function<void()> measure);
  ~MonitorClockwork();

 private:
  Mutex mutex_;
  CondVar wake_;
  bool ending_ HIE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace hie::mpi
