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

// Finds persons, best first; see MpiService.SearchPersons.  Links nothing.
//
// Grades: at most one is certain, the one that a record with these demographics would link to;
// probable is who would be linked if the others were not so near; certainly not is who is vetoed,
// or whom only an identifier names while two other fields contradict; the rest is possible, from
// kSearchWeightMin on.  The margin counts persons who are not shown, too: a tie with one of them is
// a tie.
//
// Cost: that of Match, the packed records of whoever fits, and the rows of whoever is shown.
absl::StatusOr<v1::SearchPersonsResponse> SearchPersons(const MpiReader& reader,
                                                        const PersonSearch& search,
                                                        const Model& model);

}  // namespace hie::mpi
