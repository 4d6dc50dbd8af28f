#pragma once

#include <string>
#include <vector>

namespace hie::mpi {

// How far two people's social security numbers agree, strongest evidence first.
enum class SsnLevel {
  kExact,        // Nine digits.
  kLastFour,     // The last four, where one side has only these.
  kOneEdit,      // Nine digits, one edit apart.
  kDiffersFull,  // Nine digits on both sides, more than one edit apart.
  kDiffers,      // The last four differ.
  kMissing,
};

// Returns the strongest level of any pair.  Total and symmetric.
SsnLevel CompareSsns(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace hie::mpi
