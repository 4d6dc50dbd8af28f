#include "mpi/train/pair_recall.h"

#include <algorithm>

#include "mpi/block/block_key.h"

namespace hie::mpi {
namespace {

// Types of which a pair shares a key, as bits.
uint32_t SharedTypes(const std::vector<BlockKey>& a, const std::vector<BlockKey>& b) {
  uint32_t types = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const auto x = std::pair(a[i].type, a[i].base);
    const auto y = std::pair(b[j].type, b[j].base);
    if (x == y) types |= uint32_t{1} << static_cast<int>(a[i].type);
    if (x <= y) ++i;
    if (y <= x) ++j;
  }
  return types;
}

}  // namespace

double EstimatePairRecall(const RecordTable& table, const DistinctRecords& records,
                          const std::vector<std::pair<uint32_t, uint32_t>>& matches) {
  if (matches.empty()) return 1;
  const size_t step = std::max<size_t>(1, matches.size() / kRecallPairsMax);
  double found = 0;
  double by_one = 0;
  double by_two = 0;
  for (size_t i = 0; i < matches.size(); i += step) {
    const auto keys = [&](uint32_t node) {
      return MakeBlockKeys(table.record(records.first_row[node]));
    };
    const uint32_t types = SharedTypes(keys(matches[i].first), keys(matches[i].second));
    const int count = __builtin_popcount(types);
    found += count > 0 ? 1 : 0;
    by_one += count == 1 ? 1 : 0;
    by_two += count == 2 ? 1 : 0;
  }
  if (found == 0) return 0;
  const double missed = by_two > 0 ? by_one * by_one / (2 * by_two) : by_one * (by_one - 1) / 2;
  return found / (found + missed);
}

}  // namespace hie::mpi
