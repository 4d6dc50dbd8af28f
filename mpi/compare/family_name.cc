#include "mpi/compare/family_name.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"
#include "mpi/compare/swapped_names.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 920;
constexpr int kAlikePerMille = 820;
constexpr uint8_t kSharedTokenBytesMin = 3;  // Initials and short particles are shared by chance.

FamilyLevel CompareTexts(absl::string_view a, absl::string_view b) {
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return FamilyLevel::kDiffers;
  if (OneEditApart(a, b)) return FamilyLevel::kOneEdit;
  const int similarity = JaroWinklerPerMille(a, b);
  if (similarity >= kSimilarPerMille) return FamilyLevel::kSimilar;
  return similarity >= kAlikePerMille ? FamilyLevel::kAlike : FamilyLevel::kDiffers;
}

// The tokens of a name; of a name of one token, that token.
absl::Span<const PackedWord> Tokens(const PackedView& record, const PackedName& name) {
  return name.token_count == 0 ? record.words().subspan(name.family, 1)
                               : record.words().subspan(name.token_begin, name.token_count);
}

bool ShareToken(const PackedView& a, const PackedName& x, const PackedView& b,
                const PackedName& y) {
  if (x.token_count == 0 && y.token_count == 0) return false;  // Whole names: compared already.
  for (const PackedWord& s : Tokens(a, x)) {
    for (const PackedWord& t : Tokens(b, y)) {
      if (s.length >= kSharedTokenBytesMin && SameWord(a, s, b, t)) return true;
    }
  }
  return false;
}

FamilyLevel CompareOne(const PackedView& a, const PackedName& x, const PackedView& b,
                       const PackedName& y) {
  if (SameWord(a, x.family, b, y.family)) return FamilyLevel::kExact;
  FamilyLevel level = CompareTexts(a.text(x.family), b.text(y.family));
  if (level > FamilyLevel::kTokenShared && ShareToken(a, x, b, y)) {
    level = FamilyLevel::kTokenShared;
  }
  if (level > FamilyLevel::kSwapped && NamesAreSwapped(a, x, b, y)) level = FamilyLevel::kSwapped;
  return level;
}

}  // namespace

ComparedSet<FamilyLevel> CompareFamilyNames(const PackedView& a, const PackedView& b) {
  ComparedSet<FamilyLevel> best;
  for (const PackedName& x : a.names()) {
    for (const PackedName& y : b.names()) {
      if (x.family == 0 || y.family == 0) continue;
      const FamilyLevel level = CompareOne(a, x, b, y);
      const uint32_t value = level == FamilyLevel::kExact ? a.word(x.family).hash : 0;
      best.Offer(level, value);
    }
  }
  return best;
}

}  // namespace hie::mpi
