#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/hiectl/region/population.h"

namespace hie::region {

// Where a family's names come from: decides given names, two surnames and transliterations.
enum class Origin {
  kEnglish,
  kHispanic,
  kChinese,
  kIndian,
  kVietnamese,
  kKorean,
  kArabic,
  kSlavic
};

// A surname with the origin of the family that bears it.
struct FamilyName {
  std::string text;
  Origin origin = Origin::kEnglish;
};

// Surnames as they are distributed in the United States: about 650 written ones that 44 % bear, and
// a made-up tail of 80,000 that falls off as 1 / rank, so that about one person in ten bears a name
// that fewer than one in 100,000 bear.
//
// Frequencies are round figures from general knowledge; the tail is an assumption.  Integers only,
// so that every machine draws alike.  Immutable once made (about 1 MB); thread-safe.
class FamilyNameBook final {
 public:
  FamilyNameBook();
  FamilyName Draw(Dice& dice) const;
  // Draws a written name of one origin.
  FamilyName DrawOf(Origin origin, Dice& dice) const;
  // Returns the made-up name of `rank`; 0 <= rank < kTail.
  static std::string TailName(size_t rank);

  static constexpr size_t kMiddleTail = 9'500;
  static constexpr size_t kTail = 80'000;

 private:
  struct Written {
    FamilyName name;
    uint64_t below;  // Weight of all names before and including this one.
  };
  size_t DrawRank(size_t from, size_t to, Dice& dice) const;

  std::vector<Written> written_;
  std::vector<size_t> origin_starts_;  // First index in written_ of each origin, and the end.
  std::vector<uint64_t> tail_;         // Weight of the tail up to and including a rank.
};

// Returns another spelling of a name of a transliterated or accented family, or "" where none is
// known.  `which` chooses among several.
std::string OtherSpelling(absl::string_view name, size_t which);

// Returns the name with the accents that its bearers write, or the name itself.
std::string Accented(absl::string_view name);

}  // namespace hie::region
