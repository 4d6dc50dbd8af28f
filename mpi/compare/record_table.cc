#include "mpi/compare/record_table.h"

#include <cstring>
#include <string>
#include <utility>

namespace hie::mpi {

void RecordTable::Add(const Features& features, uint8_t source) {
  const std::string packed = Pack(features);
  Add(PackedView(packed.data()), source);
}

void RecordTable::Add(const PackedView& record, uint8_t source) {
  const absl::string_view packed = record.bytes();
  offsets_.push_back(words_.size());
  sources_.push_back(source);
  words_.resize(words_.size() + packed.size() / sizeof(uint64_t));
  std::memcpy(words_.data() + offsets_.back(), packed.data(), packed.size());
}

void RecordTable::Append(RecordTable&& other) {
  const uint64_t base = words_.size();
  words_.insert(words_.end(), other.words_.begin(), other.words_.end());
  sources_.insert(sources_.end(), other.sources_.begin(), other.sources_.end());
  offsets_.reserve(offsets_.size() + other.offsets_.size());
  for (const uint64_t offset : other.offsets_) offsets_.push_back(base + offset);
  other = RecordTable();
}

void RecordTable::LayOut(const std::vector<uint32_t>& rows) {
  std::vector<uint64_t> moved;
  moved.reserve(words_.size());
  for (const uint32_t row : rows) {
    const uint64_t* const from = words_.data() + offsets_[row];
    const size_t count = record(row).bytes().size() / sizeof(uint64_t);
    offsets_[row] = moved.size();
    moved.insert(moved.end(), from, from + count);
  }
  words_ = std::move(moved);
}

size_t RecordTable::bytes() const {
  return words_.capacity() * sizeof(uint64_t) + offsets_.capacity() * sizeof(uint64_t) +
         sources_.capacity();
}

}  // namespace hie::mpi
