#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hie::mpi {

// A match weight: log2 of a likelihood ratio, in 1/1000 bit.
using Millibits = int32_t;

// How often single values of a field occur: agreement on a rare name says more.
//
// Immutable once built; read from any number of threads.  Values are known by their hash only.
class ValueFrequencies {
 public:
  // A value that is looked up: the field (an index of Model::fields) and the packed word's hash.
  static uint64_t Key(size_t field, uint32_t value_hash) {
    return (static_cast<uint64_t>(field) << 32 | value_hash) * 0x9e3779b97f4a7c15ULL;
  }

  // One value's count among `of` records that have the field.
  struct Entry {
    uint64_t key = 0;
    uint32_t count = 0;
  };

  // Builds the table.  `holders`: per field, the records that have it.  Entries of count < 2 may
  // be left out: absent means as rare as the floor allows.
  ValueFrequencies(std::vector<Entry> entries, std::vector<uint64_t> holders);

  // Count of the value, 0 or 1 where it was left out.
  uint32_t Count(uint64_t key) const;
  uint64_t holders(size_t field) const { return field < holders_.size() ? holders_[field] : 0; }
  const std::vector<Entry>& entries() const { return entries_; }
  const std::vector<uint64_t>& all_holders() const { return holders_; }

 private:
  std::vector<Entry> entries_;  // Sorted by key: the form of the file.
  std::vector<Entry> slots_;    // Open addressing; a power of two.
  std::vector<uint64_t> holders_;
};

}  // namespace hie::mpi
