#include "services/common/rpc/call_recorder.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <utility>

#include "services/common/log/log.h"

namespace hie::rpc {
namespace {

using Labels = std::map<std::string, std::string>;

// From a tenth of a millisecond to the longest call that a server admits.
const prometheus::Histogram::BucketBoundaries& SecondsBuckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
      0.25,   0.5,     1,      2.5,   5,      10,    30,   60,    120};
  return buckets;
}

// Codes that say the exchange, not its caller, is at fault.
bool IsServerFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kDataLoss ||
         code == absl::StatusCode::kUnimplemented;
}

}  // namespace

MethodRecorder::MethodRecorder(Options options) : options_(std::move(options)) {
  if (options_.metrics == nullptr) return;
  prometheus::Registry& metrics = *options_.metrics;
  const Labels labels = {{"server", options_.server}, {"method", options_.method}};
  calls_ = &prometheus::BuildCounter()
                .Name("rpc_server_calls_total")
                .Help("Calls that ended, by method and status code.")
                .Register(metrics);
  seconds_ = &prometheus::BuildHistogram()
                  .Name("rpc_server_call_seconds")
                  .Help("Time from the arrival of a call to its end.")
                  .Register(metrics)
                  .Add(labels, SecondsBuckets());
  running_ = &prometheus::BuildGauge()
                  .Name("rpc_server_calls_running")
                  .Help("Calls that have begun and not ended.")
                  .Register(metrics)
                  .Add(labels);
}

void MethodRecorder::Began() {
  if (running_ != nullptr) running_->Increment();
}

void MethodRecorder::Ended(const CallSummary& call) {
  if (calls_ != nullptr) Count(call);
  if (options_.log != nullptr) Log(call);
}

void MethodRecorder::Count(const CallSummary& call) {
  running_->Decrement();
  seconds_->Observe(absl::ToDoubleSeconds(call.took));
  const auto number = static_cast<size_t>(call.code);
  std::atomic<prometheus::Counter*>& slot = calls_by_code_[number < kCodes ? number : 2];
  prometheus::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Add returns the same counter for the same labels: a race stores it twice.
    counter = &calls_->Add({{"server", options_.server},
                            {"method", options_.method},
                            {"code", absl::StatusCodeToString(call.code)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Increment();
}

void MethodRecorder::Log(const CallSummary& call) const {
  const log::Level level = IsServerFault(call.code) ? log::Level::kWarning : log::Level::kInfo;
  if (!options_.log->Writes(level)) return;
  options_.log->Write(level, "call",
                      {{"method", options_.method},
                       {"code", absl::StatusCodeToString(call.code)},
                       {"micros", absl::ToInt64Microseconds(call.took)},
                       {"request_id", call.request_id},
                       {"traceparent", call.traceparent},
                       {"caller_role", call.caller.role},
                       {"caller_member", call.caller.actor.member.value()}});
}

prometheus::Gauge* QueueGauge(prometheus::Registry& metrics, const std::string& server) {
  return &prometheus::BuildGauge()
              .Name("rpc_server_queue_waiting")
              .Help("Tasks that wait for a thread of the server's pool.")
              .Register(metrics)
              .Add({{"server", server}});
}

}  // namespace hie::rpc
