#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "mpi/store/active_model.h"
#include "mpi/store/mpi_reader.h"

namespace hie::mpi {

// Tells why matching linked a record; see MpiService.ExplainLink.
//
// NOT_FOUND: the record is unknown, or was never linked by matching.
absl::StatusOr<v1::ExplainLinkResponse> ExplainLink(const MpiReader& reader,
                                                    const common::v1::LocalPatient& patient,
                                                    const ActiveModel& models);

}  // namespace hie::mpi
