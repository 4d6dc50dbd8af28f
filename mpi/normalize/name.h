#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/patient/demographics.h"

namespace hie::mpi {

// Which holder of one name within a family: apart from the name, for it tells father from son.
enum class Generation { kNone, kSenior, kJunior, kSecond, kThird, kFourth, kFifth };

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

// Reads JR, SR, II, 2ND, III, 3RD, IV, 4TH, V, 5TH, alone or beside titles ("Jr., MD"); kNone for
// anything else.
Generation ParseGeneration(absl::string_view text);

// Splits suffix, titles and non-values off.  Total.
//
// Courtesy and professional titles (Mrs, Dr, MD, Esq) go wherever they stand.  Titles that are
// names too (Sir, Lady, Lord, Capt, Rev, Hon) go from the beginning of the given names where
// another follows.  A V among the given names is an initial.
NormalizedName NormalizeName(const HumanName& name);

// The family tokens in one word: "de la Cruz" and "Delacruz" are one name.
std::string JoinedFamily(const NormalizedName& name);

// The family tokens without particles ("de la Cruz": "cruz"); all of them where there is nothing
// else.  "Mac" and "Saint" are no particles: without them it is another name.
std::vector<std::string> FamilyCore(const NormalizedName& name);

// Tells whether a folded token joins parts of a family name: de, la, van, von, bin, al.
bool IsFamilyParticle(absl::string_view folded);

// Tells whether a folded token is a title that is no part of a name: mr, dr, md, esq.
bool IsTitle(absl::string_view folded);

// Tells whether a folded token is a title before a name that is a name too: sir, lady, capt, rev.
bool IsLeadingTitle(absl::string_view folded);

}  // namespace hie::mpi
