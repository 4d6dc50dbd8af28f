#include "mpi/compare/swapped_names.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr int kAlikePerMille = 880;

bool Alike(absl::string_view a, absl::string_view b) {
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return false;
  return OneEditApart(a, b) || JaroWinklerPerMille(a, b) >= kAlikePerMille;
}

}  // namespace

bool NamesAreSwapped(const PackedView& a, const PackedName& x, const PackedView& b,
                     const PackedName& y) {
  if (a.word(x.first).length <= 1 || b.word(y.first).length <= 1) return false;
  const bool there = SameWord(a, x.first, b, y.family);
  const bool back = SameWord(a, x.family, b, y.first);
  if (there && back) return true;
  if (there) return Alike(a.text(x.family), b.text(y.first));
  return back && Alike(a.text(x.first), b.text(y.family));
}

}  // namespace hie::mpi
