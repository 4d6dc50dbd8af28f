#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// What matching did with a record.
struct Relinked {
  v1::LinkOutcome outcome = v1::LINK_OUTCOME_UNCHANGED;
  Millibits best_weight = 0;
  std::vector<std::string> events;  // Machine words: linked, merged, left-person, ...
};

// Carries a match out for a record that has a row: leaves a person that it contradicts, links,
// merges, opens and ends possible links.  A record whose row names no person is new and gets one.
//
// `match` is of this record in the state before the edit.
absl::StatusOr<Relinked> Relink(MpiEdit& edit, RecordNumber record, const v1::MatchPlan& match,
                                const Model& model);

}  // namespace hie::mpi
