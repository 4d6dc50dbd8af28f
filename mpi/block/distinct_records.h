#pragma once

#include <cstdint>
#include <vector>

#include "mpi/compare/record_table.h"

namespace hie::mpi {

// Rows of equal content taken together: thousands of identical rows are one node.
//
// Nodes are numbered by content, so that nothing that follows depends on the order of rows; those
// of like names are neighbours, for they are compared with each other most.
struct DistinctRecords {
  // Whether equal rows of different inputs are told apart.
  enum class Sources { kTogether, kApart };

  std::vector<uint32_t> first_row;  // Of each node: its lowest row.
  std::vector<uint32_t> copies;     // Rows of each node.
  std::vector<uint32_t> node_of_row;

  size_t size() const { return first_row.size(); }
};

// Lays the records of `table` out in the order of their nodes; rows keep their numbers.  Cost: one
// sort of the records' hashes, one copy of the records.
DistinctRecords FindDistinctRecords(RecordTable& table, DistinctRecords::Sources sources);

}  // namespace hie::mpi
