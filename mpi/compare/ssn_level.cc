#include "mpi/compare/ssn_level.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr size_t kFullDigits = 9;
constexpr size_t kLastDigits = 4;

absl::string_view LastDigits(absl::string_view digits) {
  return digits.substr(digits.size() - std::min(digits.size(), kLastDigits));
}

SsnLevel CompareOne(absl::string_view a, absl::string_view b) {
  if (a.size() == kFullDigits && b.size() == kFullDigits) {
    if (a == b) return SsnLevel::kExact;
    return OneEditApart(a, b) ? SsnLevel::kOneEdit : SsnLevel::kDiffersFull;
  }
  return LastDigits(a) == LastDigits(b) ? SsnLevel::kLastFour : SsnLevel::kDiffers;
}

}  // namespace

ComparedSet<SsnLevel> CompareSsns(const PackedView& a, const PackedView& b) {
  const PackedHeader& x = a.header();
  const PackedHeader& y = b.header();
  ComparedSet<SsnLevel> best;
  for (const PackedWord& s : a.words().subspan(x.ssn_begin, x.ssns)) {
    for (const PackedWord& t : b.words().subspan(y.ssn_begin, y.ssns)) {
      if (s.muted != 0 || t.muted != 0) continue;
      const SsnLevel level = CompareOne(a.text(s), b.text(t));
      best.Offer(level, level == SsnLevel::kExact ? s.hash : 0);
    }
  }
  return best;
}

}  // namespace hie::mpi
