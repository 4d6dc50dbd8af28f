#pragma once

#include <vector>

#include "mpi/compare/record_table.h"
#include "mpi/score/model.h"
#include "mpi/train/non_value_detector.h"

namespace hie::mpi {

// Returns `model` with the values that the detector muted counted as what they are: held by many.
//
// A run mutes them in its own table, so they are in no frequency; the index compares what records
// say, and what is in no frequency would count there as rare.  `table` is the one of the run.
Model WithNonValues(const Model& model, const RecordTable& table,
                    const std::vector<DetectedNonValue>& non_values);

}  // namespace hie::mpi
