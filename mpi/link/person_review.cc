#include "mpi/link/person_review.h"

#include "mpi/compare/birth_date.h"
#include "mpi/compare/ssn_level.h"

namespace hie::mpi {

std::optional<PersonDoubt> PersonNeedsReview(absl::Span<const PackedView> records) {
  if (records.size() > kPersonRecordsMax) return PersonDoubt::kManyRecords;
  std::optional<PersonDoubt> doubt;
  for (size_t i = 0; i < records.size(); ++i) {
    for (size_t j = i + 1; j < records.size(); ++j) {
      if (CompareSsns(records[i], records[j]).level == SsnLevel::kDiffersFull) {
        return PersonDoubt::kSeveralSsns;
      }
      if (CompareBirthDates(records[i], records[j]) == BirthDateLevel::kDifferent) {
        doubt = PersonDoubt::kDistantBirthDates;
      }
    }
  }
  return doubt;
}

}  // namespace hie::mpi
