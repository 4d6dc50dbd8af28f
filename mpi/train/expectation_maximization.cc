#include "mpi/train/expectation_maximization.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hie::mpi {
namespace {

constexpr double kBillion = 1e9;
constexpr double kShareChangeMin = 1e-6;  // Of the expected matches: below, the fit stands.

// Shares of the three kinds among all pairs.
struct Shares {
  double match = 0;
  double household = 0;
};

// In a file of a few records all pairs may be of one person: a stranger is always left, for shares
// must not exceed the whole.
Shares SharesOf(double matches, double household, const PairSpace& space) {
  const double pairs = std::max(space.pairs, matches + household + 1);
  return {matches / pairs, household / pairs};
}

struct Pattern {
  LevelPattern levels;
  double count;
  double log_match = 0;
  double log_household = 0;
  double log_stranger = 0;
};

// The share of matches in what follows of one pass.
struct Pass {
  double matches = 0;
  double household = 0;
  double unsure = 0;  // Pairs that are neither likely nor unlikely.
  std::array<std::array<double, kLevelsMax>, kFieldCount> levels{};
};

std::vector<Pattern> Sorted(const PatternCounts& counts) {
  std::vector<std::pair<PatternKey, uint64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.low, a.first.high) < std::pair(b.first.low, b.first.high);
  });
  std::vector<Pattern> patterns;
  for (const auto& [key, count] : sorted) {
    patterns.push_back({PatternOfKey(key), static_cast<double>(count)});
  }
  return patterns;
}

// Levels that another field counts carry no chance of their own.
bool IsFree(const Level& level) { return level.u != level.m; }

void SetLogs(const Model& model, std::vector<Pattern>& patterns) {
  for (Pattern& pattern : patterns) {
    pattern.log_match = pattern.log_household = pattern.log_stranger = 0;
    for (size_t field = 0; field < kFieldCount; ++field) {
      const FieldRow& row = model.fields[field];
      if (row.level_count == 0 || pattern.levels[field] + 1U >= row.level_count) continue;
      const Level& level = row.levels[pattern.levels[field]];
      pattern.log_match += std::log(level.m / kBillion);
      pattern.log_household += std::log(level.h / kBillion);
      pattern.log_stranger += std::log(level.u / kBillion);
    }
  }
}

Pass RunPass(const std::vector<Pattern>& patterns, const Shares& shares) {
  Pass pass;
  const double stranger = 1 - shares.match - shares.household;
  for (const Pattern& pattern : patterns) {
    const double top = std::max({pattern.log_match, pattern.log_household, pattern.log_stranger});
    const double m = shares.match * std::exp(pattern.log_match - top);
    const double h = shares.household * std::exp(pattern.log_household - top);
    const double u = stranger * std::exp(pattern.log_stranger - top);
    const double match = m / (m + h + u);
    pass.matches += match * pattern.count;
    pass.household += h / (m + h + u) * pattern.count;
    if (match > 0.1 && match < 0.9) pass.unsure += pattern.count;
    for (size_t field = 0; field < kFieldCount; ++field) {
      pass.levels[field][pattern.levels[field]] += match * pattern.count;
    }
  }
  return pass;
}

bool Contradicts(size_t level, const FieldRow& row) {
  return level + 2 == row.level_count;  // "differs", before "missing".
}

// How many matches may contradict in a field at most, whatever the input seems to say.
double MostContradictions(size_t field, double shipped) {
  const bool telling = field == static_cast<size_t>(Field::kGiven) ||
                       field == static_cast<size_t>(Field::kBirthDate);
  return telling ? kContradictionsMax
                 : std::max(shipped * kContradictionsTimes, kContradictionsMax);
}

void SetMatchChances(const Model& start, const Pass& pass, Model& model) {
  for (size_t field = 0; field < kFieldCount; ++field) {
    FieldRow& row = model.fields[field];
    double present = 0;
    double prior_sum = 0;
    for (size_t i = 0; i + 1 < row.level_count; ++i) {
      if (!IsFree(start.fields[field].levels[i])) continue;
      present += pass.levels[field][i];
      prior_sum += start.fields[field].levels[i].m / kBillion;
    }
    if (present <= 0) continue;
    for (size_t i = 0; i + 1 < row.level_count; ++i) {
      const Level& before = start.fields[field].levels[i];
      if (!IsFree(before)) continue;
      const double prior = before.m / kBillion / prior_sum;
      double chance = (pass.levels[field][i] + kPriorMatches * prior) / (present + kPriorMatches);
      if (Contradicts(i, row)) chance = std::min(chance, MostContradictions(field, prior));
      row.levels[i].m =
          static_cast<uint32_t>(std::clamp(std::round(chance * kBillion), 1000.0, kBillion - 1));
    }
  }
}

void AddWarnings(const Model& model, const Pass& pass, const PairSpace& space,
                 TrainingReport& report) {
  constexpr double kMatchesMin = 50;
  constexpr double kMatchesPerRecordMax = 25;
  constexpr double kUnsureShareMax = 0.25;
  constexpr uint32_t kExactMin = 300'000'000;
  if (pass.matches < kMatchesMin) {
    report.warnings.push_back(absl::StrFormat(
        "only about %.0f matches: the shipped model weighs as much as the input", pass.matches));
  }
  if (pass.matches > kMatchesPerRecordMax * static_cast<double>(space.records)) {
    report.warnings.push_back("more than 25 matches a record: strangers are taken for one person");
  }
  if (pass.unsure > kUnsureShareMax * std::max(pass.matches, 1.0)) {
    report.warnings.push_back(absl::StrFormat(
        "%.0f pairs are neither likely nor unlikely: the fields hardly tell people apart",
        pass.unsure));
  }
  for (const Field field : {Field::kFamily, Field::kGiven, Field::kBirthDate}) {
    const size_t index = static_cast<size_t>(field);
    double present = 0;
    const size_t missing = model.fields[index].level_count - 1;
    for (size_t i = 0; i < missing; ++i) present += pass.levels[index][i];
    if (present > kMatchesMin && model.fields[index].levels[0].m < kExactMin) {
      report.warnings.push_back(absl::StrCat(model.fields[index].name,
                                             ": fewer than three in ten matches agree exactly"));
    }
  }
}

// Where most records name a street or a telephone, households show themselves, and a file without
// them has none; where hardly any does, they cannot be seen.
uint32_t HouseholdFloor(const Model& model, const PairSpace& space) {
  const auto records = static_cast<double>(std::max<uint64_t>(space.records, 1));
  const auto holders = [&](Field field) {
    return model.frequencies ? model.frequencies->holders(static_cast<size_t>(field)) : 0;
  };
  const uint64_t tell = std::max(holders(Field::kAddress), holders(Field::kPhone));
  const double usual = model.household_per_record * kHouseholdShareMin;
  const double seen = kHouseholdPairsMin * 2000 / records;
  uint64_t most = 0;
  for (size_t slot = 0; slot < kFrequencySlots && model.frequencies; ++slot) {
    most = std::max(most, model.frequencies->holders(slot));
  }
  const bool visible = most > 0 && tell * 2 >= most;
  return static_cast<uint32_t>(std::ceil(visible ? std::min(seen, usual) : usual));
}

}  // namespace

Model LearnFromPatterns(const Model& model, const PatternCounts& counts, const PairSpace& space,
                        Learning learning, TrainingReport& report) {
  if (space.pairs < 1) return model;
  std::vector<Pattern> patterns = Sorted(counts);
  Model learnt = model;
  const double records = static_cast<double>(std::max<uint64_t>(space.records, 1));
  Shares shares = SharesOf(model.matches_per_record / 1000.0 * records / 2,
                           model.household_per_record / 1000.0 * records / 2, space);
  Pass pass;
  for (report.iterations = 0; report.iterations < kIterationsMax; ++report.iterations) {
    SetLogs(learnt, patterns);
    const double before = pass.matches;
    pass = RunPass(patterns, shares);
    if (learning == Learning::kAll) SetMatchChances(model, pass, learnt);
    // One match at least: a share of zero could never grow again.
    shares = SharesOf(std::max(pass.matches, 1.0), std::max(pass.household, 1.0), space);
    if (std::abs(pass.matches - before) < kShareChangeMin * pass.matches) break;
  }
  report.trained = learning == Learning::kAll;
  report.expected_matches = pass.matches;
  const auto per_record = [&](double pairs) {
    constexpr double kMost = 60'000;
    return static_cast<uint32_t>(std::clamp(std::round(pairs * 2000 / records), 1.0, kMost));
  };
  learnt.matches_per_record = per_record(pass.matches);
  learnt.household_per_record = std::max(per_record(pass.household), HouseholdFloor(model, space));
  SetWeights(learnt);
  AddWarnings(learnt, pass, space, report);
  return learnt;
}

}  // namespace hie::mpi
