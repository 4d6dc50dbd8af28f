#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi.pb.h"
#include "mpi/store/mpi_reader.h"

namespace hie::mpi {

// Returns the EID of a record's person; that of a record that was merged away is its survivor's.
// NOT_FOUND: unknown, or it or its survivor was removed by its source.  FAILED_PRECONDITION
// `identity-hold`: the record, or the current holder where the incarnation is 0, is provisional.
absl::StatusOr<std::string> FindEidOf(const MpiReader& reader,
                                      const common::v1::LocalPatient& patient);

// Follows a redirect.  NOT_FOUND: unknown.  FAILED_PRECONDITION: `identity-split` (retired) or
// `identity-hold` (its only record is provisional).
absl::StatusOr<std::string> FollowEid(const MpiReader& reader, const std::string& eid);

// Builds an active person's view: records and possible links ordered by key.  Tombstones are among
// the records, flagged, a removed one without its demographics: their denials bind.
absl::StatusOr<v1::Person> ViewPerson(const MpiReader& reader, const std::string& eid);

// When a record of the person that is in use changed last (of tombstones, where there are no
// others), microseconds since the epoch.
int64_t ChangedMicros(const v1::Person& person);

// ABORTED: the person moved on since `link_version`, or was merged away or split.  NOT_FOUND:
// no such EID.
absl::Status ConfirmLinkVersion(const MpiReader& reader, const std::string& eid,
                                uint64_t link_version);

}  // namespace hie::mpi
