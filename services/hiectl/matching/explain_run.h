#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mpi/score/score.h"
#include "services/hiectl/matching/link_run.h"
#include "services/hiectl/matching/pair_truth.h"
#include "services/hiectl/matching/waterfall.h"

namespace hie::ctl::matching {

// Why a pair has its weight.  Names of fields and levels, no PHI.
struct Explanation {
  std::string title;  // Rows, by number.
  std::string model_name;
  std::string model_sha256;
  mpi::PairScore score;
  bool household_binds = false;  // The alternative that gives the lower weight.
  mpi::Millibits prior = 0;      // Of that alternative.
  std::vector<mpi::FieldPart> parts;
  mpi::Thresholds thresholds;
  std::vector<std::string> vetoes;
  std::vector<std::string> rules;  // Ids of the combinations that hold; no part of the verdict.
  std::string rules_version;
  Verdict verdict = Verdict::kNo;
  std::string remark;  // Such as: both are in one cluster.
};

// Explains row `row` (from 1) of a file of pairs.  INVALID_ARGUMENT: no such row.
absl::StatusOr<Explanation> ExplainPair(const RunOptions& options, size_t row, const Voice& voice);

// Explains rows `a` and `b` (from 1) of one input, or of the first and the second of two.
absl::StatusOr<Explanation> ExplainRows(const RunOptions& options, size_t a, size_t b,
                                        const Voice& voice);

std::string ToJson(const Explanation& explanation);
// The table of fields, then prior, sum and thresholds.
std::vector<std::vector<std::string>> ToRows(const Explanation& explanation);
Waterfall ToWaterfall(const Explanation& explanation);

}  // namespace hie::ctl::matching
