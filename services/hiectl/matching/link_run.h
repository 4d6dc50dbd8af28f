#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mpi/batch/link_batch.h"
#include "services/common/base/clock.h"
#include "services/hiectl/matching/run_input.h"
#include "services/hiectl/matching/run_report.h"

namespace hie::ctl::matching {

// What every run over a file is given.
struct RunOptions {
  std::vector<std::string> inputs;   // One CSV, or two to link across.
  std::vector<std::string> columns;  // None: proposed; one for both inputs, or one each.
  std::string model;                 // Empty: the shipped one.
  std::string rules;                 // Of combinations, to report; empty: the shipped ones.
  mpi::BatchTraining training = mpi::BatchTraining::kAsShipped;
  size_t threads = 2;
  uint64_t seed = 1;
  std::string truth;   // Column; empty: no score.
  std::string out;     // CSV to write; empty: none.
  std::string review;  // CSV of review tasks; empty: none.
  std::string issues;  // CSV of issues; empty: none.
};

// One or two inputs, read and linked.
struct LinkedInputs {
  std::vector<OpenInput> inputs;
  mpi::RecordTable table;       // Of both, the first input's rows first.
  std::vector<TextColumn> ids;  // By input; empty columns where there is no id.
  TextColumn truths;            // Of all rows; empty without truth.
  std::vector<Issue> issues;
  std::vector<size_t> rows;  // By input.
  std::string model_sha256;  // Of the model that was given.
  mpi::BatchResult result;

  // Input (0, 1) and row within it, from 0, of a row of the table.
  std::pair<size_t, size_t> Place(size_t row) const {
    return row < rows[0] ? std::make_pair(size_t{0}, row)
                         : std::make_pair(size_t{1}, row - rows[0]);
  }
  // The id of a row of the table; empty where there is none.
  absl::string_view Id(size_t row) const;
};

// Reads the inputs and links them: two across, one within itself.
absl::StatusOr<LinkedInputs> ReadAndLink(const RunOptions& options, const Voice& voice);

// The same, and writes clusters, tasks and issues; scores them where a truth is named.
absl::StatusOr<LinkReport> RunLink(const RunOptions& options, const Clock& clock,
                                   const Voice& voice);

}  // namespace hie::ctl::matching
