#pragma once

#include <vector>

#include "mpi/compare/agreement.h"
#include "mpi/score/model.h"
#include "mpi/score/veto.h"

namespace hie::mpi {

// How much of what the fields of a pair could say against two strangers they do say; for the
// judgement of groups, where pairs that share few fields must not count like full ones.
struct PairSupport {
  // Evidence (the weight without prior) and what it would be if all fields agreed, in 1/1000 bit.
  // The latter is at most kSaidMax and the former scaled with it, so that one pair of rich records
  // does not outweigh many.
  Millibits said = 0;
  Millibits most = 0;
  friend bool operator==(const PairSupport&, const PairSupport&) = default;
};
inline constexpr Millibits kSaidMax = 20'000;

// What an agreement is worth against both alternatives.
struct PairScore {
  Millibits stranger = 0;   // That they are one person, against two strangers.
  Millibits household = 0;  // Against two members of one household.
  PairSupport support;
  VetoSet vetoes = 0;

  // The weight that counts: agreement must beat both alternatives.
  Millibits weight() const { return stranger < household ? stranger : household; }
  friend bool operator==(const PairScore&, const PairScore&) = default;
};

// One field's part.
struct FieldPart {
  std::string field;
  absl::string_view level;
  Millibits weight = 0;    // Under the alternative that binds.
  Millibits stranger = 0;  // Under each.
  Millibits household = 0;
  // The chance that was used for the agreed value, in parts per billion; 0: the field's own.
  uint32_t value_chance = 0;
};

// Adds the model's weights up.  Pure, integers only, symmetric in the records.
PairScore Score(const Agreement& agreement, const Model& model);

// The parts of Score(agreement, model).weight(), the prior left out.  Fields in model order; extra
// fields without a name are left out.
std::vector<FieldPart> Explain(const Agreement& agreement, const Model& model);

}  // namespace hie::mpi
