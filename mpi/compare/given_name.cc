#include "mpi/compare/given_name.h"

#include <algorithm>

#include "mpi/compare/string_distance.h"
#include "mpi/normalize/nicknames.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 920;
constexpr int kAlikePerMille = 820;

bool Contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

GivenLevel CompareFuzzily(const std::string& a, const std::string& b) {
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return GivenLevel::kDiffers;
  const int similarity = JaroWinklerPerMille(a, b);
  // Jayden and Hayden are two boys, not one misspelt.
  if (IsCommonGivenName(a) && IsCommonGivenName(b)) {
    return similarity >= kAlikePerMille ? GivenLevel::kAlike : GivenLevel::kDiffers;
  }
  if (OneEditApart(a, b)) return GivenLevel::kOneEdit;
  if (similarity >= kSimilarPerMille) return GivenLevel::kSimilar;
  return similarity >= kAlikePerMille ? GivenLevel::kAlike : GivenLevel::kDiffers;
}

GivenLevel CompareFirst(const std::string& a, const std::string& b) {
  if (a == b) return IsCommonGivenName(a) ? GivenLevel::kExactCommon : GivenLevel::kExact;
  if (a.size() == 1 || b.size() == 1) {
    return a[0] == b[0] ? GivenLevel::kInitial : GivenLevel::kDiffers;
  }
  if (ShareNicknameGroup(a, b)) return GivenLevel::kNickname;
  return CompareFuzzily(a, b);
}

GivenLevel CompareOne(const NormalizedName& a, const NormalizedName& b) {
  if (a.first.empty() || b.first.empty()) return GivenLevel::kMissing;
  if (a.first.size() == 1 && a.first == b.first) return GivenLevel::kInitial;
  GivenLevel level = CompareFirst(a.first, b.first);
  const bool middle = (a.first.size() > 1 && Contains(b.middle, a.first)) ||
                      (b.first.size() > 1 && Contains(a.middle, b.first));
  if (middle) level = std::min(level, GivenLevel::kMiddle);
  const bool swapped =
      a.first.size() > 1 && a.first == JoinedFamily(b) && b.first == JoinedFamily(a);
  if (swapped) level = std::min(level, GivenLevel::kSwapped);
  return level;
}

MiddleLevel CompareTokens(const std::string& a, const std::string& b) {
  if (a == b) return a.size() == 1 ? MiddleLevel::kInitial : MiddleLevel::kExact;
  const bool initial = (a.size() == 1 || b.size() == 1) && a[0] == b[0];
  return initial ? MiddleLevel::kInitial : MiddleLevel::kDiffers;
}

MiddleLevel CompareMiddles(const NormalizedName& a, const NormalizedName& b) {
  MiddleLevel best = MiddleLevel::kMissing;
  for (const std::string& x : a.middle) {
    for (const std::string& y : b.middle) best = std::min(best, CompareTokens(x, y));
  }
  return best;
}

}  // namespace

GivenLevel CompareGivenNames(const std::vector<NormalizedName>& a,
                             const std::vector<NormalizedName>& b) {
  GivenLevel best = GivenLevel::kMissing;
  for (const NormalizedName& x : a) {
    for (const NormalizedName& y : b) best = std::min(best, CompareOne(x, y));
  }
  return best;
}

MiddleLevel CompareMiddleNames(const std::vector<NormalizedName>& a,
                               const std::vector<NormalizedName>& b) {
  MiddleLevel best = MiddleLevel::kMissing;
  for (const NormalizedName& x : a) {
    for (const NormalizedName& y : b) best = std::min(best, CompareMiddles(x, y));
  }
  return best;
}

}  // namespace hie::mpi
