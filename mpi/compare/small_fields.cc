#include "mpi/compare/small_fields.h"

#include <algorithm>

#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 920;

// A son is "Junior" at one desk and "the second" at the next.
Generation Canonical(Generation generation) {
  return generation == Generation::kSecond ? Generation::kJunior : generation;
}

}  // namespace

SexLevel CompareSex(AdministrativeSex a, AdministrativeSex b) {
  const auto comparable = [](AdministrativeSex sex) {
    return sex == AdministrativeSex::kFemale || sex == AdministrativeSex::kMale;
  };
  if (!comparable(a) || !comparable(b)) return SexLevel::kMissing;
  return a == b ? SexLevel::kSame : SexLevel::kDiffers;
}

SuffixLevel CompareGenerations(Generation a, Generation b) {
  if (a == Generation::kNone || b == Generation::kNone) return SuffixLevel::kMissing;
  return Canonical(a) == Canonical(b) ? SuffixLevel::kSame : SuffixLevel::kConflict;
}

MotherMaidenLevel CompareMotherMaiden(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return MotherMaidenLevel::kMissing;
  if (a == b) return MotherMaidenLevel::kExact;
  const bool fuzzy = std::min(a.size(), b.size()) >= kFuzzyBytesMin;
  const bool similar =
      fuzzy && (OneEditApart(a, b) || JaroWinklerPerMille(a, b) >= kSimilarPerMille);
  return similar ? MotherMaidenLevel::kSimilar : MotherMaidenLevel::kDiffers;
}

BirthOrderLevel CompareBirthOrder(uint32_t a, uint32_t b) {
  if (a == 0 || b == 0) return BirthOrderLevel::kMissing;
  return a == b ? BirthOrderLevel::kSame : BirthOrderLevel::kDiffers;
}

}  // namespace hie::mpi
