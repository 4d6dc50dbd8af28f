#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// What is wrong with a state, in words without patient data; empty: nothing.
//
// Checks: every record has exactly one active person and is listed there; no cannot-link inside a
// person; redirects take one step, to an active or retired EID that lists the alias; holders list
// their records in order and only the last may be provisional; a provisional record is alone and
// not filed; tombstones stand apart from the records that are compared, those merged away with
// their survivor; filings, of matching and of exact search, are exactly those that the records'
// keys make, and counts count them; pairs are filed in both orders, and possible links never join
// records of one person or decided pairs (a must-link with a tombstone sleeps).
//
// Reads the whole state.  DATA_LOSS: a row cannot be read.
absl::StatusOr<std::vector<std::string>> CheckInvariants(const KvReader& state);

}  // namespace hie::mpi
