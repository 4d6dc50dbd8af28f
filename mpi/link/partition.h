#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "mpi/link/link_plan.h"

namespace hie::mpi {

// How a person falls apart: each part sorted, `first` with the first record in question.
struct Partition {
  std::vector<RecordNumber> first;
  std::vector<RecordNumber> second;
  friend bool operator==(const Partition&, const Partition&) = default;
};

// The weight between two records.
using WeightBetween = absl::FunctionRef<Millibits(RecordNumber, RecordNumber)>;

// Divides `records` between `first` and `second`, which were decided to be two people.
//
// Records that must-link decisions (`must`) join stay together; each other group goes to the side
// that it agrees with more, at a tie to the first.  Nothing: decisions join `first` and `second`.
std::optional<Partition> PartitionRecords(
    const std::vector<RecordNumber>& records,
    const std::vector<std::pair<RecordNumber, RecordNumber>>& must, RecordNumber first,
    RecordNumber second, WeightBetween weight);

}  // namespace hie::mpi
