#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/patient/demographics.h"

namespace hie::mpi {

// Which holder of one name within a family: apart from the name, for it tells father from son.
enum class Generation { kNone, kSenior, kJunior, kSecond, kThird, kFourth };

// One name, ready to compare.  Every text is folded; non-values are absent.
struct NormalizedName {
  std::vector<std::string> family;  // Tokens in order; hyphen parts are tokens.
  std::string first;                // First given name; may be one letter.
  std::vector<std::string> middle;  // Further given names.
  Generation generation = Generation::kNone;
  bool newborn = false;  // The given name was a newborn placeholder.
  bool unknown = false;  // The name is one that nobody bears: the patient is not known.
  friend bool operator==(const NormalizedName&, const NormalizedName&) = default;
};

// Reads JR, SR, II, 2ND, III, 3RD, IV, 4TH; kNone for anything else.
Generation ParseGeneration(absl::string_view text);

// Splits suffix, titles and non-values off.  Total.
NormalizedName NormalizeName(const HumanName& name);

// The family tokens in one word: "de la Cruz" and "Delacruz" are one name.
std::string JoinedFamily(const NormalizedName& name);

}  // namespace hie::mpi
