#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "mpi/score/combination.h"
#include "services/hiectl/matching/run_input.h"

namespace hie::ctl::matching {

// Where the shipped rules lie: share/hie/combinations/cms.txt beside the directory of the running
// program.
std::string ShippedCombinationsPath();

// The rules of the file `path`; empty: the shipped ones, and none, which is said, where that file
// is absent.
//
// NOT_FOUND: `path` cannot be read; INVALID_ARGUMENT: ReadCombinations, with the file's name.
absl::StatusOr<mpi::CombinationRules> OpenCombinations(const std::string& path, const Voice& voice);

}  // namespace hie::ctl::matching
