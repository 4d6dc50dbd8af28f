#include "mpi/compare/family_name.h"

#include <algorithm>

#include "mpi/compare/string_distance.h"
#include "mpi/normalize/nicknames.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 920;
constexpr int kAlikePerMille = 820;
constexpr size_t kSharedTokenBytesMin = 3;  // "de", "la" and initials are shared by chance.

bool ShareToken(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& token) {
    return token.size() >= kSharedTokenBytesMin && std::find(b.begin(), b.end(), token) != b.end();
  });
}

FamilyLevel CompareTexts(const std::string& a, const std::string& b) {
  if (a == b) return IsCommonFamilyName(a) ? FamilyLevel::kExactCommon : FamilyLevel::kExact;
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return FamilyLevel::kDiffers;
  if (OneEditApart(a, b)) return FamilyLevel::kOneEdit;
  const int similarity = JaroWinklerPerMille(a, b);
  if (similarity >= kSimilarPerMille) return FamilyLevel::kSimilar;
  return similarity >= kAlikePerMille ? FamilyLevel::kAlike : FamilyLevel::kDiffers;
}

bool Swapped(const NormalizedName& a, const NormalizedName& b) {
  return a.first.size() > 1 && b.first.size() > 1 && a.first == JoinedFamily(b) &&
         b.first == JoinedFamily(a);
}

FamilyLevel CompareOne(const NormalizedName& a, const NormalizedName& b) {
  if (a.family.empty() || b.family.empty()) return FamilyLevel::kMissing;
  FamilyLevel level = CompareTexts(JoinedFamily(a), JoinedFamily(b));
  if (ShareToken(a.family, b.family)) level = std::min(level, FamilyLevel::kTokenShared);
  if (Swapped(a, b)) level = std::min(level, FamilyLevel::kSwapped);
  return level;
}

}  // namespace

FamilyLevel CompareFamilyNames(const std::vector<NormalizedName>& a,
                               const std::vector<NormalizedName>& b) {
  FamilyLevel best = FamilyLevel::kMissing;
  for (const NormalizedName& x : a) {
    for (const NormalizedName& y : b) best = std::min(best, CompareOne(x, y));
  }
  return best;
}

}  // namespace hie::mpi
