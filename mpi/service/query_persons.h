#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "mpi/query/condition.h"
#include "mpi/service/search_persons.h"
#include "mpi/store/mpi_reader.h"

namespace hie::mpi {

inline constexpr size_t kQueryConditionsMax = 200;
inline constexpr size_t kQueryValuesMax = 64;
inline constexpr size_t kQueryPersonsMax = 1000;
inline constexpr size_t kQueryPersonsDefault = 10;
// A condition whose keys hold more records than this does not narrow a search.
inline constexpr size_t kQueryWalkMax = 5000;
// So many conditions are walked at most; the others are only checked.
inline constexpr size_t kQueryWalksMax = 8;

// What is asked for, checked.
struct PersonQuery {
  std::vector<Condition> conditions;
  size_t limit = kQueryPersonsDefault;
  ProtectedRecords protected_records = ProtectedRecords::kByIdentifierOnly;
};

// Reads a request.  INVALID_ARGUMENT names the condition.
absl::StatusOr<PersonQuery> ReadQuery(const v1::QueryPersonsRequest& request);

// Finds persons of whom one record meets every condition; see MpiService.QueryPersons.  Exact: the
// index only narrows.  Expensive with what it narrows to: at most kQueryWalkMax records are read.
absl::StatusOr<v1::QueryPersonsResponse> QueryPersons(const MpiReader& reader,
                                                      const PersonQuery& query);

// The record as conditions see it, whether it still holds its id included.  Nothing: a provisional
// one.
absl::StatusOr<std::optional<QueriedRecord>> LoadQueried(const MpiReader& reader,
                                                         RecordNumber record,
                                                         const v1::RecordRow& row);

// Judges the person of each of `candidates` (rising, each once) by every condition: what
// QueryPersons does after narrowing.
absl::StatusOr<v1::QueryPersonsResponse> JudgeCandidates(
    const MpiReader& reader, const PersonQuery& query, const std::vector<RecordNumber>& candidates);

}  // namespace hie::mpi
