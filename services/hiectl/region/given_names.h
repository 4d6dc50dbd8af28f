#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "services/hiectl/region/family_names.h"
#include "services/hiectl/region/population.h"

namespace hie::region {

// Given names as they are distributed by sex, decade of birth and origin of the family: each
// decade's favourites by rank, names that every decade has, and a made-up tail that grows.
//
// Ranks are general knowledge of US births; shares per decade are round figures.  Integers only.
// Immutable once made; thread-safe.
class GivenNameBook final {
 public:
  GivenNameBook();
  std::string Draw(AdministrativeSex sex, int birth_year, Origin origin, Dice& dice) const;
  // Draws a name for the twin of a child called `first`: often alike (Jayden and Hayden), never
  // equal.
  std::string DrawForTwin(const std::string& first, AdministrativeSex sex, int birth_year,
                          Origin origin, Dice& dice) const;

 private:
  static constexpr size_t kDecades = 10;  // 1930s and before .. 2020s.
  struct Ranked {
    std::vector<std::string> names;
    std::vector<uint64_t> below;  // Weights up to and including each name.
  };
  static Ranked ReadRanked(absl::string_view words, uint64_t flatness);
  static const std::string& DrawFrom(const Ranked& ranked, Dice& dice);

  std::array<std::array<Ranked, kDecades>, 2> favourites_;  // [0] girls, [1] boys.
  std::array<Ranked, 2> every_decade_;
  std::array<std::array<Ranked, 8>, 2> by_origin_;
};

}  // namespace hie::region
