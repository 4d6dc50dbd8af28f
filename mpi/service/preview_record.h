#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "services/common/journal/journal.h"

namespace hie::mpi {

// Tells what registering would do; see MpiService.PreviewRecord.  Runs the registration itself on
// `state` and drops its changes: what it says is what would happen.
//
// `stamp` and `eids` are those of a command that is never proposed.  Errors are RegisterRecord's.
absl::StatusOr<v1::PreviewRecordResponse> PreviewRecord(const KvReader& state,
                                                        const v1::RegisterCommand& command,
                                                        const Stamp& stamp,
                                                        std::vector<std::string> eids,
                                                        const Model& model);

}  // namespace hie::mpi
