#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "mpi/block/distinct_records.h"
#include "mpi/compare/record_table.h"

namespace hie::mpi {

// Pairs that are looked at.
inline constexpr size_t kRecallPairsMax = 20'000;

// Estimates which part of the matches share at least one key, from the matches that were found:
// those that one type of key alone found tell of those that none did (capture and recapture, the
// lower bound of Chao 1987).  1 without matches.  Pairs are nodes.
double EstimatePairRecall(const RecordTable& table, const DistinctRecords& records,
                          const std::vector<std::pair<uint32_t, uint32_t>>& matches);

}  // namespace hie::mpi
