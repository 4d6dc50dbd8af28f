#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/link/link_plan.h"
#include "mpi/score/model.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Something that should not be, and where it shows.
struct InvariantFault {
  absl::string_view fault;  // In words without patient data; lives for ever.
  absl::string_view table;  // Of the row that shows it; lives for ever.
  RecordNumber record = 0;  // A record that shows it; 0: none.
  std::string eid = "";     // A person that shows it; empty: none.
};

struct ScrubOptions {
  // Told of every fault, in the order of the tables.  Required.
  std::function<void(const InvariantFault&)> on_fault;
  // Told what is done, every thousands of rows; false ends the scrub.  Null: nobody asks.
  std::function<bool(absl::string_view phase, uint64_t done, uint64_t all)> progress = nullptr;
  // The model of the state; null: whether persons cohere is not looked at.
  const Model* model = nullptr;
};

// What a scrub read.
struct ScrubCounts {
  uint64_t records = 0;
  uint64_t persons = 0;
  uint64_t filings = 0;
};

// Checks a whole state.
//
// Every record has exactly one active person and is listed there; no cannot-link inside a person;
// redirects take one step, to an active or retired EID that lists the alias; holders list their
// records in order and only the last may be provisional; a provisional record is alone and not
// filed; tombstones stand apart from the records that are compared, those merged away with their
// survivor; features are those of the record's demographics and name its person; filings, of
// matching and of exact search, are exactly those that the records' keys make, and counts count
// them; pairs are filed in both orders, and possible links never join records of one person or
// decided pairs (a must-link with a tombstone sleeps); tables of the review queue agree with each
// other.  With a model: over all pairs of a person the mean weight is not Thresholds::unlink below
// the review range, or the pairs support it (group_evidence.h), or somebody decided.
//
// Memory does not grow with the index: rows are read in portions and compared by point reads, and
// filings by sums over 65,536 parts of the keys; only parts that differ are read again to say
// where.  CANCELLED: `progress` said so.  DATA_LOSS: a row cannot be read.
// Cost: two scans of what is filed, one of each other table, some point reads per record.
absl::StatusOr<ScrubCounts> Scrub(const KvReader& state, const ScrubOptions& options);

// What is wrong with a state, each fault once for each time it shows; empty: nothing.  Scrub
// without a model.
absl::StatusOr<std::vector<std::string>> CheckInvariants(const KvReader& state);

}  // namespace hie::mpi
