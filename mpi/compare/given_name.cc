#include "mpi/compare/given_name.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"
#include "mpi/compare/swapped_names.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 920;
constexpr int kAlikePerMille = 820;

absl::Span<const PackedWord> Middles(const PackedView& record, const PackedName& name) {
  return record.words().subspan(name.middle_begin, name.middle_count);
}

bool AmongMiddles(const PackedView& a, uint8_t first, const PackedView& b, const PackedName& y) {
  if (a.word(first).length <= 1) return false;
  for (const PackedWord& middle : Middles(b, y)) {
    if (SameWord(a, a.word(first), b, middle)) return true;
  }
  return false;
}

bool ShareGroup(const PackedName& x, const PackedName& y) {
  for (const uint8_t group : x.groups) {
    if (group != 0 && std::find(y.groups.begin(), y.groups.end(), group) != y.groups.end()) {
      return true;
    }
  }
  return false;
}

GivenLevel CompareFuzzily(absl::string_view a, absl::string_view b, bool both_common) {
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return GivenLevel::kDiffers;
  // Jayden and Hayden are two boys, not one misspelt.
  if (!both_common && OneEditApart(a, b)) return GivenLevel::kOneEdit;
  const int similarity = JaroWinklerPerMille(a, b);
  if (!both_common && similarity >= kSimilarPerMille) return GivenLevel::kSimilar;
  return similarity >= kAlikePerMille ? GivenLevel::kAlike : GivenLevel::kDiffers;
}

// One wrote "Pen ilope": the first two words of `x` make the first of `y`.
bool SplitsTheName(const PackedView& a, const PackedName& x, const PackedView& b,
                   const PackedName& y) {
  if (x.middle_count == 0) return false;
  const absl::string_view head = a.text(x.first);
  const absl::string_view tail = a.text(a.word(x.middle_begin));
  const absl::string_view whole = b.text(y.first);
  return head.size() + tail.size() == whole.size() && whole.substr(0, head.size()) == head &&
         whole.substr(head.size()) == tail;
}

GivenLevel CompareFirst(const PackedView& a, const PackedName& x, const PackedView& b,
                        const PackedName& y) {
  const absl::string_view first = a.text(x.first);
  const absl::string_view second = b.text(y.first);
  if (first.size() == 1 || second.size() == 1) {
    return first[0] == second[0] ? GivenLevel::kInitial : GivenLevel::kDiffers;
  }
  if (SameWord(a, x.first, b, y.first)) return GivenLevel::kExact;
  if (ShareGroup(x, y)) return GivenLevel::kNickname;
  return CompareFuzzily(first, second, x.first_is_common != 0 && y.first_is_common != 0);
}

GivenLevel CompareOne(const PackedView& a, const PackedName& x, const PackedView& b,
                      const PackedName& y) {
  GivenLevel level = CompareFirst(a, x, b, y);
  if (level <= GivenLevel::kSimilar) return level;
  if (SplitsTheName(a, x, b, y) || SplitsTheName(b, y, a, x)) return GivenLevel::kOneEdit;
  if (NamesAreSwapped(a, x, b, y)) return GivenLevel::kSwapped;
  const bool middle = AmongMiddles(a, x.first, b, y) || AmongMiddles(b, y.first, a, x);
  return middle ? GivenLevel::kMiddle : level;
}

MiddleLevel CompareTokens(absl::string_view a, absl::string_view b) {
  if (a == b) return a.size() == 1 ? MiddleLevel::kInitial : MiddleLevel::kExact;
  const bool initial = (a.size() == 1 || b.size() == 1) && a[0] == b[0];
  if (initial) return MiddleLevel::kInitial;
  const bool fuzzy = std::min(a.size(), b.size()) >= kFuzzyBytesMin && OneEditApart(a, b);
  return fuzzy ? MiddleLevel::kExact : MiddleLevel::kDiffers;
}

}  // namespace

ComparedSet<GivenLevel> CompareGivenNames(const PackedView& a, const PackedView& b) {
  ComparedSet<GivenLevel> best;
  for (const PackedName& x : a.names()) {
    for (const PackedName& y : b.names()) {
      if (x.first == 0 || y.first == 0) continue;
      const GivenLevel level = CompareOne(a, x, b, y);
      const uint32_t value = level == GivenLevel::kExact ? a.word(x.first).hash : 0;
      best.Offer(level, value);
    }
  }
  return best;
}

MiddleLevel CompareMiddleNames(const PackedView& a, const PackedView& b) {
  MiddleLevel best = MiddleLevel::kMissing;
  for (const PackedName& x : a.names()) {
    for (const PackedName& y : b.names()) {
      for (const PackedWord& s : Middles(a, x)) {
        for (const PackedWord& t : Middles(b, y)) {
          best = std::min(best, CompareTokens(a.text(s), b.text(t)));
        }
      }
    }
  }
  return best;
}

}  // namespace hie::mpi
