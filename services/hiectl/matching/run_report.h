#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mpi/batch/link_batch.h"
#include "mpi/train/training_report.h"
#include "services/common/json/writer.h"
#include "services/hiectl/matching/link_score.h"
#include "services/hiectl/matching/pair_truth.h"

namespace hie::ctl::matching {

// What every run reports.
struct RunFacts {
  std::string model_name;
  std::string model_sha256;
  uint64_t seed = 0;
  size_t threads = 0;
  double seconds = 0;      // From the first byte read to the last one written.
  double peak_rss_mb = 0;  // Of the process, so far.
  uint64_t records = 0;
  double memory_per_record_bytes = 0;  // Of packed records.
  size_t issues = 0;
  mpi::TrainingReport training;
};

// The highest resident memory of this program so far, in MiB; 0 where the system does not say it.
double PeakRssMb();

// What linking found.
struct LinkReport {
  RunFacts facts;
  uint64_t clusters = 0;
  uint64_t queue = 0;
  uint64_t pairs_compared = 0;
  std::vector<mpi::DegradedKey> degraded;
  std::optional<PairCounts> score;  // With a truth.

  double queue_share() const;
};

// What scoring pairs found.
struct PairsReport {
  RunFacts facts;
  uint64_t pairs = 0;
  PairTable outcomes;  // Of all pairs, in the row of Verdict::kNo: only columns mean something.
  std::optional<PairTable> score;
  double recall_at_one_percent_false = 0;
  uint64_t unlabelled = 0;
  std::string rules_version;     // Of the combinations; "none" without a file.
  uint64_t pairs_with_rule = 0;  // Of which at least one holds.

  double queue_share() const;
};

// One object each, as the README of this room describes it.  Same report, same bytes.
std::string ToJson(const LinkReport& report);
std::string ToJson(const PairsReport& report);

// Rows of a table for people: what, value.
std::vector<std::vector<std::string>> ToRows(const LinkReport& report);
std::vector<std::vector<std::string>> ToRows(const PairsReport& report);

// {"records": ..., ...} or null where nothing was trained.
void WriteTraining(const mpi::TrainingReport& training, json::Writer& writer);
std::vector<std::vector<std::string>> TrainingRows(const mpi::TrainingReport& training);

// A number with `digits` digits behind the point.
std::string Fixed(double value, int digits);

}  // namespace hie::ctl::matching
