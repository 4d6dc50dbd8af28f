#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_reader.h"
#include "services/common/patient/demographics.h"

namespace hie::mpi {

// A search that fits more persons than this answers none and asks for more (PRACTICE 2).
inline constexpr size_t kSearchPersonsMax = 10;
// A person fits from this weight on, or by an exact identifier: below the review threshold, for a
// question holds less than a record.
inline constexpr Millibits kSearchWeightMin = -5'000;

// Whether protected records may be found without an exact identifier.
enum class ProtectedRecords { kByIdentifierOnly, kIncluded };

// What is searched for.
struct PersonSearch {
  Demographics demographics;
  size_t limit = kSearchPersonsMax;  // 1..kSearchPersonsMax
  ProtectedRecords protected_records = ProtectedRecords::kByIdentifierOnly;
};

// Finds persons, best first; see MpiService.SearchPersons.  At most one is certain: the one that a
// record with these demographics would link to.  Links nothing.
absl::StatusOr<v1::SearchPersonsResponse> SearchPersons(const MpiReader& reader,
                                                        const PersonSearch& search,
                                                        const Model& model);

}  // namespace hie::mpi
