#pragma once

#include <vector>

#include "mpi/compare/agreement.h"
#include "mpi/score/model.h"
#include "mpi/score/veto.h"

namespace hie::mpi {

// What an agreement is worth against both alternatives.
struct PairScore {
  Millibits stranger = 0;   // That they are one person, against two strangers.
  Millibits household = 0;  // Against two members of one household.
  VetoSet vetoes = 0;

  // The weight that counts: agreement must beat both alternatives.
  Millibits weight() const { return stranger < household ? stranger : household; }
  friend bool operator==(const PairScore&, const PairScore&) = default;
};

// One field's part.
struct FieldPart {
  absl::string_view field;
  absl::string_view level;
  Millibits weight = 0;  // Under the alternative that binds.
};

// Adds the model's weights up.  Pure, integers only, symmetric in the records.
PairScore Score(const Agreement& agreement, const Model& model);

// The parts of Score(agreement, model).weight(), the prior left out.  Fields in model order.
std::vector<FieldPart> Explain(const Agreement& agreement, const Model& model);

}  // namespace hie::mpi
