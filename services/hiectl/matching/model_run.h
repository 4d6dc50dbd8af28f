#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/hiectl/matching/link_run.h"

namespace hie::ctl::matching {

// A model that was learnt from an input.
struct TrainReport {
  std::string path;
  std::string model_name;
  std::string model_sha256;
  mpi::TrainingReport training;
  double seconds = 0;
};

// Learns a model from the inputs, without labels, and writes it to `options.out`.
//
// ALREADY_EXISTS: there is such a file; model files never change.  Errors as ReadAndLink.
absl::StatusOr<TrainReport> RunTrain(const RunOptions& options, const Clock& clock,
                                     const Voice& voice);

// Whether the monitor prints the values that it found.  They may be PHI.
enum class ShownValues { kHidden, kShown };

// A value that counts as absent.
struct MonitoredValue {
  std::string field;
  uint64_t holders = 0;
  uint64_t people = 0;
  size_t input = 0;        // 0, or 1 for the second.
  size_t example_row = 0;  // From 1.
  std::string value;       // As the example has it; empty unless shown.
};

// What the state of an input is, before anyone trusts its links.
struct MonitorReport {
  std::vector<MonitoredValue> non_values;
  std::vector<mpi::DegradedKey> degraded;
  uint64_t made_matches = 0;  // Pairs of records in one cluster, with the model in use.
  uint64_t records = 0;
  std::string model_name;
  mpi::TrainingReport expected;  // What training on the input expects.
};

// Links with the model in use, and trains beside it for what should have been found.
absl::StatusOr<MonitorReport> RunMonitor(const RunOptions& options, ShownValues shown,
                                         const Voice& voice);

std::string ToJson(const TrainReport& report);
std::vector<std::vector<std::string>> ToRows(const TrainReport& report);
std::string ToJson(const MonitorReport& report);
// Two tables: what was found, and the values.
std::vector<std::vector<std::string>> ToRows(const MonitorReport& report);
std::vector<std::vector<std::string>> ValueRows(const MonitorReport& report);

}  // namespace hie::ctl::matching
