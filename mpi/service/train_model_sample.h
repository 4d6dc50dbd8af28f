#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/compare/record_table.h"
#include "mpi/store/mpi_reader.h"

// Records of the index in one table, for runs over all of it or over a part that fits into memory.
namespace hie::mpi {

// Told what a run does and how far it is; false ends it.  Null: nobody asks.
using RunWatch = std::function<bool(absl::string_view phase, uint64_t done, uint64_t all)>;

// Records that matching compares, whole persons only; rows by record number.
struct IndexSample {
  RecordTable table;
  std::vector<RecordNumber> numbers;  // Of each row, rising.
  std::vector<uint32_t> person;       // Of each row: an index into person_keys.
  std::vector<std::string> person_keys;
  // Of each person: drawn, not only near to one that was.
  std::vector<bool> drawn;
  uint64_t index_records = 0;  // Records that the index compares.

  bool whole() const { return numbers.size() == index_records; }
};

struct SampleOptions {
  uint64_t records_max = 0;  // About so many records; a smaller index is taken whole.
  uint64_t seed = 0;
  RunWatch watch = nullptr;
};

// Draws persons by the hash of EID and seed, each alike.  Cost: one scan of the features; memory as
// the records that are kept (about 200 bytes each).  CANCELLED: `watch` said so.
absl::StatusOr<IndexSample> DrawPersons(const MpiReader& reader, const SampleOptions& options);

// Draws persons, and takes with each everybody who shares a key with it, as far as a match walks
// keys (match.h), until `records_max` is reached: so that all pairs of a drawn person that a match
// would see are there.  Cost: one more scan, and the walks of a match for each drawn record.
absl::StatusOr<IndexSample> DrawNeighbourhoods(const MpiReader& reader,
                                               const SampleOptions& options);

}  // namespace hie::mpi
