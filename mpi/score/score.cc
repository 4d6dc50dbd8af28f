#include "mpi/score/score.h"

#include <array>

namespace hie::mpi {
namespace {

// The level of each field as an index into its row.
std::array<size_t, kFieldCount> Levels(const Agreement& a) {
  const auto index = [](auto level) { return static_cast<size_t>(level); };
  return {index(a.family),     index(a.given),   index(a.middle),     index(a.suffix),
          index(a.birth_date), index(a.sex),     index(a.ssn),        index(a.phone),
          index(a.email),      index(a.address), index(a.identifier), index(a.mother_maiden),
          index(a.birth_order)};
}

}  // namespace

PairScore Score(const Agreement& agreement, const Model& model) {
  PairScore score{model.prior_stranger, model.prior_household, FindVetoes(agreement)};
  const std::array<size_t, kFieldCount> levels = Levels(agreement);
  for (size_t i = 0; i < kFieldCount; ++i) {
    const LevelRow& row = model.fields[i].levels[levels[i]];
    score.stranger += row.stranger;
    score.household += row.household;
  }
  return score;
}

std::vector<FieldPart> Explain(const Agreement& agreement, const Model& model) {
  const PairScore score = Score(agreement, model);
  const bool household = score.household < score.stranger;
  const std::array<size_t, kFieldCount> levels = Levels(agreement);
  std::vector<FieldPart> parts;
  for (size_t i = 0; i < kFieldCount; ++i) {
    const LevelRow& row = model.fields[i].levels[levels[i]];
    parts.push_back({model.fields[i].name, row.name, household ? row.household : row.stranger});
  }
  return parts;
}

}  // namespace hie::mpi
