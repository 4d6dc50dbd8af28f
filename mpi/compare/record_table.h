#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// Records of one or two inputs, packed one after another.
//
// Not thread-safe while it grows; read from any number of threads afterwards.  A view is valid
// until the table changes.
class RecordTable {
 public:
  // Adds a record of input `source` (0 or 1).
  void Add(const Features& features, uint8_t source);
  // The same of one that is packed already.
  void Add(const PackedView& record, uint8_t source);
  // Adds all records of `other`, in order: parts are packed in parallel and joined.
  void Append(RecordTable&& other);

  // Moves the records' bytes into the order of `rows` (all of them, each once); what a row number
  // means does not change.  Records that are read together lie together then.
  void LayOut(const std::vector<uint32_t>& rows);

  size_t size() const { return offsets_.size(); }
  PackedView record(size_t index) const {
    return PackedView(reinterpret_cast<const char*>(words_.data() + offsets_[index]));
  }
  uint8_t source(size_t index) const { return sources_[index]; }
  // For the detector of non-values, which mutes words in place.
  char* mutable_bytes(size_t index) {
    return reinterpret_cast<char*>(words_.data() + offsets_[index]);
  }
  size_t bytes() const;

 private:
  std::vector<uint64_t> words_;
  std::vector<uint64_t> offsets_;  // In words.
  std::vector<uint8_t> sources_;
};

}  // namespace hie::mpi
