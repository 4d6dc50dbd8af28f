#pragma once

#include <optional>

#include "absl/types/span.h"
#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// A person of more records than these is rather several people, or a number that many share.
inline constexpr size_t kPersonRecordsMax = 30;

// Why a person is for people to look at, most pressing first.
enum class PersonDoubt {
  kManyRecords,        // More than kPersonRecordsMax.
  kSeveralSsns,        // Two full SSNs more than one edit apart.
  kDistantBirthDates,  // Two birth dates that agree in nothing.
};

// Tells whether the records of one person, all that are compared, need somebody's look; nothing:
// they do not.
//
// Pure and total; the order of `records` does not matter.  Cost: a comparison of two fields per
// pair of records, at most 435; none where there are too many.
std::optional<PersonDoubt> PersonNeedsReview(absl::Span<const PackedView> records);

}  // namespace hie::mpi
