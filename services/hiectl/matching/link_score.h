#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/hiectl/matching/text_column.h"

namespace hie::ctl::matching {

// A row whose truth is not said: it is left out of the score.
inline constexpr uint32_t kNoTruth = ~uint32_t{0};

// Which pairs count.
enum class PairScope { kAll, kAcrossInputs };

// How clusters agree with a truth, over pairs of records.
struct PairCounts {
  uint64_t linked = 0;      // In one cluster.
  uint64_t expected = 0;    // Of one person.
  uint64_t right = 0;       // Both.
  uint64_t unlabelled = 0;  // Rows that were left out.

  uint64_t wrong() const { return linked - right; }
  uint64_t missed() const { return expected - right; }
  // Of nothing linked nothing is wrong, and where nothing is expected nothing is missed: 1.
  double precision() const;
  double recall() const;
  double f1() const;
};

// Numbers the distinct texts of `truths` from 0; an empty one is kNoTruth.
std::vector<uint32_t> NumberTruths(const TextColumn& truths);

// Counts.  All three have a value a row; `inputs` (0 or 1) matters across inputs only.
// Cost: n log n in rows, whatever the number of pairs.
PairCounts CountPairs(const std::vector<uint32_t>& clusters, const std::vector<uint32_t>& truths,
                      const std::vector<uint8_t>& inputs, PairScope scope);

}  // namespace hie::ctl::matching
