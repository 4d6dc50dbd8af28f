#include "mpi/compare/ssn_level.h"

#include <algorithm>

#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr size_t kFullDigits = 9;
constexpr size_t kLastDigits = 4;

SsnLevel CompareOne(const std::string& a, const std::string& b) {
  if (a.size() == kFullDigits && b.size() == kFullDigits) {
    if (a == b) return SsnLevel::kExact;
    return OneEditApart(a, b) ? SsnLevel::kOneEdit : SsnLevel::kDiffersFull;
  }
  const bool same_last = a.substr(a.size() - kLastDigits) == b.substr(b.size() - kLastDigits);
  return same_last ? SsnLevel::kLastFour : SsnLevel::kDiffers;
}

}  // namespace

SsnLevel CompareSsns(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  SsnLevel best = SsnLevel::kMissing;
  for (const std::string& x : a) {
    for (const std::string& y : b) best = std::min(best, CompareOne(x, y));
  }
  return best;
}

}  // namespace hie::mpi
