#include "mpi/score/value_frequencies.h"

#include <algorithm>
#include <utility>

namespace hie::mpi {

ValueFrequencies::ValueFrequencies(std::vector<Entry> entries, std::vector<uint64_t> holders)
    : entries_(std::move(entries)), holders_(std::move(holders)) {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.key < b.key; });
  size_t slots = 16;
  while (slots < entries_.size() * 2) slots *= 2;
  slots_.resize(slots);
  for (const Entry& entry : entries_) {
    size_t at = entry.key & (slots - 1);
    while (slots_[at].count != 0) at = (at + 1) & (slots - 1);
    slots_[at] = entry;
  }
}

uint32_t ValueFrequencies::Count(uint64_t key) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = key & mask; slots_[at].count != 0; at = (at + 1) & mask) {
    if (slots_[at].key == key) return slots_[at].count;
  }
  return 0;
}

}  // namespace hie::mpi
