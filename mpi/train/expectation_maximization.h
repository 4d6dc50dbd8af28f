#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "mpi/score/model.h"
#include "mpi/train/calibrate.h"
#include "mpi/train/level_counts.h"
#include "mpi/train/training_report.h"

namespace hie::mpi {

// How many compared pairs show each pattern of levels.
using PatternCounts = absl::flat_hash_map<PatternKey, uint64_t>;

// What the model's own m counts for in each field: so many matches seen (Dirichlet smoothing).
inline constexpr double kPriorMatches = 100;
// Matches whose first names, or birth dates, contradict are believed to be at most this part: who
// contradicts in more is rather two people of one household whom no other field tells apart.
inline constexpr double kContradictionsMax = 0.05;
// The same of other fields: so many times what the model says.
inline constexpr double kContradictionsTimes = 2;
inline constexpr int kIterationsMax = 60;

// What is learnt: how many matches and household pairs there are, or m of every level as well.
enum class Learning { kShares, kAll };

// Household pairs that a file may hold although none shows (the rule of three), and the part of the
// model's own share where no field would show them.
inline constexpr double kHouseholdPairsMin = 3;
inline constexpr double kHouseholdShareMin = 0.1;

// Learns m of every level, and the priors, from pairs whose truth nobody knows.
//
// Three kinds of pairs: one person, two members of a household, two strangers.  u and h stay; the
// shares are those among **all** pairs of `space`: pairs that were not compared count as strangers.
// (Shares of the compared pairs alone drift towards calling everything a match.)  Deterministic:
// sums run over the patterns in sorted order.
// Source: Fellegi and Sunter 1969; Winkler 1988; Dempster, Laird and Rubin 1977.
Model LearnFromPatterns(const Model& model, const PatternCounts& patterns, const PairSpace& space,
                        Learning learning, TrainingReport& report);

}  // namespace hie::mpi
