#include "mpi/service/monitor_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace hie::mpi {
namespace {

using Labels = std::map<std::string, std::string>;

constexpr double kMillion = 1e6;
constexpr double kMicrosPerSecond = 1e6;

prometheus::Family<prometheus::Counter>& Counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

std::string OutcomeName(v1::LinkOutcome outcome) {
  const std::string name = v1::LinkOutcome_Name(outcome);
  return absl::AsciiStrToLower(absl::StripPrefix(name, "LINK_OUTCOME_"));
}

// How far a rate is from the model's, in bits; a millionth is added so that zero counts.
double Drift(uint32_t seen_ppm, uint32_t model_ppm) {
  return std::abs(std::log2((seen_ppm + 1.0) / (model_ppm + 1.0)));
}

}  // namespace

MpiMetrics::MpiMetrics(std::shared_ptr<prometheus::Registry> registry)
    : registry_(std::move(registry)) {
  if (registry_ == nullptr) return;
  registrations_ = &Counters(*registry_, "mpi_registrations_total",
                             "Records registered or updated, by what was done.");
  searches_ = &Counters(*registry_, "mpi_searches_total",
                        "Searches by demographics, by what came of them.");
  plans_ = &Counters(*registry_, "mpi_plans_total",
                     "Matches that Apply used as prepared, or made anew.");
}

void MpiMetrics::CountRegistration(v1::LinkOutcome outcome) {
  if (registry_ == nullptr) return;
  registrations_->Add({{"outcome", OutcomeName(outcome)}}).Increment();
}

void MpiMetrics::CountSearch(const v1::SearchPersonsResponse& response) {
  if (registry_ == nullptr) return;
  const bool certain =
      std::any_of(response.candidates().begin(), response.candidates().end(),
                  [](const v1::PersonCandidate& candidate) { return candidate.certain(); });
  std::string result = response.candidates().empty() ? "none" : "candidates";
  if (certain) result = "certain";
  if (response.too_many()) result = "too_many";
  const std::string degraded = response.degraded().empty() ? "no" : "yes";
  searches_->Add({{"result", result}, {"degraded", degraded}}).Increment();
}

void MpiMetrics::SetPlans(uint64_t reused, uint64_t recomputed) {
  if (registry_ == nullptr) return;
  MutexLock lock(mutex_);
  const auto rise = [&](const char* use, uint64_t now, uint64_t& last) {
    plans_->Add({{"use", use}}).Increment(static_cast<double>(now - last));
    last = now;
  };
  rise("reused", reused, reused_);
  rise("recomputed", recomputed, recomputed_);
}

prometheus::Gauge& MpiMetrics::Gauge(const std::string& name, const char* help,
                                     const std::map<std::string, std::string>& labels) {
  return prometheus::BuildGauge()
      .Name("mpi_monitor_" + name)
      .Help(help)
      .Register(*registry_)
      .Add(labels);
}

void MpiMetrics::SetMonitors(const v1::Monitors& monitors, absl::Time now) {
  if (registry_ == nullptr) return;
  const auto set = [&](const char* name, const char* help, double value) {
    Gauge(name, help, {}).Set(value);
  };
  set("records", "Records that matching compares.", static_cast<double>(monitors.records()));
  set("persons", "Persons who have such.", static_cast<double>(monitors.persons()));
  set("expected_pairs", "Linked pairs that the model expects.",
      static_cast<double>(monitors.expected_pairs()));
  set("linked_pairs", "Linked pairs.", static_cast<double>(monitors.linked_pairs()));
  set("heavy_keys", "Keys that more records share than a match walks.",
      static_cast<double>(monitors.heavy_key_count()));
  set("heaviest_key_records", "Records that share the commonest key.",
      monitors.heavy_keys().empty() ? 0 : static_cast<double>(monitors.heavy_keys(0).records()));
  set("tasks_open", "Open tasks of the review queue.", static_cast<double>(monitors.tasks_open()));
  const double opened = static_cast<double>(monitors.oldest_task_micros()) / kMicrosPerSecond;
  set("oldest_task_age_seconds", "Age of the oldest open task.",
      opened == 0 ? 0 : absl::ToDoubleSeconds(now - absl::UnixEpoch()) - opened);
  set("measured_timestamp_seconds", "When the monitors were measured.",
      static_cast<double>(monitors.measured_micros()) / kMicrosPerSecond);
  for (const v1::SourceMonitor& source : monitors.sources()) SetSource(source);
}

void MpiMetrics::SetSource(const v1::SourceMonitor& source) {
  std::map<std::string, double> linked;  // By field: the level that drifted most.
  std::map<std::string, double> random;
  for (const v1::LevelRate& rate : source.levels()) {
    double& of_linked = linked[rate.field()];
    double& of_random = random[rate.field()];
    of_linked = std::max(of_linked, Drift(rate.linked_ppm(), rate.model_m_ppm()));
    of_random = std::max(of_random, Drift(rate.random_ppm(), rate.model_u_ppm()));
  }
  const std::string& authority = source.assigning_authority();
  constexpr char kDrift[] = "How far a field's levels are from the model's m or u, in bits.";
  for (const auto& [field, drift] : linked) {
    const Labels labels = {{"source", authority}, {"field", field}, {"pairs", "linked"}};
    if (source.linked_pairs() > 0) Gauge("drift_bits", kDrift, labels).Set(drift);
  }
  for (const auto& [field, drift] : random) {
    const Labels labels = {{"source", authority}, {"field", field}, {"pairs", "random"}};
    if (source.random_pairs() > 0) Gauge("drift_bits", kDrift, labels).Set(drift);
  }
  for (const v1::MissingRate& missing : source.missing()) {
    Gauge("missing_ratio", "Part of a source's records that lack a field.",
          {{"source", authority}, {"field", missing.field()}})
        .Set(missing.missing_ppm() / kMillion);
  }
}

MonitorClockwork::MonitorClockwork(absl::Duration period, std::function<void()> measure) {
  thread_ = std::thread([this, period, measure = std::move(measure)] {
    while (true) {
      measure();
      MutexLock lock(mutex_);
      if (wake_.WaitFor(mutex_, period, [this] { return ending_; })) return;
    }
  });
}

MonitorClockwork::~MonitorClockwork() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

}  // namespace hie::mpi
