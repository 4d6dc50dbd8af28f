#include "mpi/compare/small_fields.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 920;
constexpr int kAlikePerMille = 820;

bool Similar(absl::string_view a, absl::string_view b) {
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return false;
  return OneEditApart(a, b) || JaroWinklerPerMille(a, b) >= kSimilarPerMille;
}

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

MotherMaidenLevel CompareMotherMaiden(const PackedView& a, const PackedView& b) {
  const uint8_t x = a.header().mother_maiden;
  const uint8_t y = b.header().mother_maiden;
  if (x == 0 || y == 0) return MotherMaidenLevel::kMissing;
  if (SameWord(a, x, b, y)) return MotherMaidenLevel::kExact;
  return Similar(a.text(x), b.text(y)) ? MotherMaidenLevel::kSimilar : MotherMaidenLevel::kDiffers;
}

BirthOrderLevel CompareBirthOrder(uint32_t a, uint32_t b) {
  if (a == 0 || b == 0) return BirthOrderLevel::kMissing;
  return a == b ? BirthOrderLevel::kSame : BirthOrderLevel::kDiffers;
}

ExtraLevel CompareExtra(const PackedView& a, const PackedView& b, size_t extra) {
  const uint8_t x = a.header().extras[extra];
  const uint8_t y = b.header().extras[extra];
  if (!Speaks(a, x) || !Speaks(b, y)) return ExtraLevel::kMissing;
  if (SameWord(a, x, b, y)) return ExtraLevel::kExact;
  const absl::string_view s = a.text(x);
  const absl::string_view t = b.text(y);
  if (std::min(s.size(), t.size()) < kFuzzyBytesMin) return ExtraLevel::kDiffers;
  if (Similar(s, t)) return ExtraLevel::kSimilar;
  const bool begins = absl::StartsWith(s, t) || absl::StartsWith(t, s);
  const bool alike = begins || JaroWinklerPerMille(s, t) >= kAlikePerMille;
  return alike ? ExtraLevel::kAlike : ExtraLevel::kDiffers;
}

}  // namespace hie::mpi
