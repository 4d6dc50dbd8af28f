#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/base/civil_date.h"
#include "services/common/patient/demographics.h"

namespace hie::region {

// Repeatable choices: the same seed gives the same region on every machine.
//
// splitmix64; the standard distributions are left out because libraries differ in them.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // Returns 0..count-1; `count` > 0.
  size_t Below(size_t count) { return static_cast<size_t>(Next() % count); }
  // Returns from..to, both included.
  int Between(int from, int to) { return from + static_cast<int>(Below(to - from + 1)); }
  // True in `per_mille` of 1,000 throws.
  bool Chance(int per_mille) { return static_cast<int>(Below(1000)) < per_mille; }
  template <typename T>
  const T& Pick(absl::Span<const T> from) {
    return from[Below(from.size())];
  }

 private:
  uint64_t state_;
};

// One inhabitant, as they truly are.
struct Inhabitant {
  size_t index = 0;
  size_t household = 0;
  AdministrativeSex sex = AdministrativeSex::kUnspecified;
  CivilDate birth_date;
  std::string given;
  std::string middle;  // Empty: none.
  std::string family;
  std::string maiden;  // Empty: none.
  std::string suffix;
  std::string ssn;  // Nine digits.
  std::string phone;
  std::string email;  // Empty: none.
  std::string mother_maiden_name;
  PostalAddress address;
  PostalAddress former_address;  // Before the last move.
  uint32_t birth_order = 0;      // 1.. for one of a multiple birth.
  bool newborn = false;          // Registered as BABY BOY or BABY GIRL somewhere.
};

// Returns `count` inhabitants as they are now, household by household (household.h); at least one
// pair of twins, in the second household, and one newborn where `count` >= 20.
//
// Deterministic in (count, seed).
std::vector<Inhabitant> MakePopulation(size_t count, uint64_t seed);

// Returns a common short form of a given name, or "" where there is none.
absl::string_view NicknameOf(absl::string_view given);

}  // namespace hie::region
