#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/rpc/caller.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace hie::log {
class Logger;
}  // namespace hie::log

namespace hie::rpc {

// How one call went.  Borrows: valid during Ended.
struct CallSummary {
  absl::StatusCode code;
  absl::Duration took;
  const std::string& request_id;
  const std::string& traceparent;
  const Caller& caller;
};

// Counts and logs the calls of one method of one server.  Thread-safe.
//
// Metrics (all with `server`): rpc_server_calls_total{method,code}, rpc_server_call_seconds
// {method}, rpc_server_calls_running{method}.  Labels are names of ours, never of callers.
// Log: event "call", info, or warning for codes that are the server's fault.
class MethodRecorder {
 public:
  struct Options {
    std::string server;
    std::string method;
    std::shared_ptr<prometheus::Registry> metrics;  // Null: not counted.
    std::shared_ptr<log::Logger> log;               // Null: not logged.
  };
  explicit MethodRecorder(Options options);

  void Began();
  void Ended(const CallSummary& call);

 private:
  static constexpr size_t kCodes = 17;  // Of absl::StatusCode.

  void Count(const CallSummary& call);
  void Log(const CallSummary& call) const;

  const Options options_;
  prometheus::Family<prometheus::Counter>* calls_ = nullptr;
  std::array<std::atomic<prometheus::Counter*>, kCodes> calls_by_code_ = {};
  prometheus::Histogram* seconds_ = nullptr;
  prometheus::Gauge* running_ = nullptr;
};

// The gauge rpc_server_queue_waiting{server}: tasks that wait for a thread of the pool.
prometheus::Gauge* QueueGauge(prometheus::Registry& metrics, const std::string& server);

}  // namespace hie::rpc
