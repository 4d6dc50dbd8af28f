#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/compare/agreement.h"
#include "mpi/score/model.h"

namespace hie::mpi {

// The levels of one field that satisfy a rule; bit i is the field's level i.  Levels are listed,
// not "at least": a month swapped with a day stands above a day more or less, and is another fact.
struct LevelChoice {
  Field field = Field::kFamily;
  uint32_t levels = 0;  // All that satisfy.
  uint32_t fuzzy = 0;   // Those among them that are an approximation.
  friend bool operator==(const LevelChoice&, const LevelChoice&) = default;
};

// A combination of fields that somebody says suffices to tell one person.
struct CombinationRule {
  std::string id;
  std::string description;
  std::vector<LevelChoice> needs;  // All of them.
  friend bool operator==(const CombinationRule&, const CombinationRule&) = default;
};

// A file of rules.  A rule that holds is a fact to report: it neither links nor keeps from linking.
struct CombinationRules {
  std::string version;               // Of the file: "none" without one.
  std::string source;                // Where the rules come from.
  uint32_t fuzzy_max = 0;            // Fields of one rule that may agree by approximation.
  std::vector<LevelChoice> forbids;  // Where one holds, no rule does.
  std::vector<CombinationRule> rules;
  friend bool operator==(const CombinationRules&, const CombinationRules&) = default;
};

// Rules of which none ever holds.
CombinationRules NoCombinations();

// Reads a file of rules, one fact a line; deploy/config/combinations/README.md has the grammar.
//
// INVALID_ARGUMENT names the line: an unknown word, field or level, a level that says nothing
// ("missing"), a field or level named twice, an id named twice or with characters other than
// letters, digits, ".", "_" and "-", a rule that needs nothing, no rules, no version or source.
// Total on any bytes.
absl::StatusOr<CombinationRules> ReadCombinations(absl::string_view text);

// The ids of the rules that hold of a pair, in the order of the file.  Whether a second person fits
// as well is not asked: that is a matter of the index.
//
// Total; symmetric in the records, as their Agreement is.
std::vector<std::string> FindCombinations(const Agreement& agreement,
                                          const CombinationRules& rules);

}  // namespace hie::mpi
