#include "mpi/train/calibrate.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "mpi/score/score.h"
#include "mpi/train/level_counts.h"

namespace hie::mpi {
namespace {

constexpr double kBillion = 1e9;

// splitmix64: the same draw on every machine.
class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed) {}
  uint32_t Below(uint64_t count) {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<uint32_t>((z ^ (z >> 31)) % count);
  }

 private:
  uint64_t state_;
};

using LevelCounts = std::array<std::array<uint64_t, kLevelsMax>, kFieldCount>;

LevelCounts CountRandomPairs(const Model& model, const RecordTable& table,
                             const DistinctRecords& records, PairScope scope, uint64_t seed,
                             uint64_t wanted, uint64_t* sampled) {
  LevelCounts counts{};
  Draw draw(seed);
  for (uint64_t i = 0; i < wanted; ++i) {
    const uint32_t a = records.first_row[draw.Below(records.size())];
    const uint32_t b = records.first_row[draw.Below(records.size())];
    if (a == b) continue;
    if (scope == PairScope::kAcrossSources && table.source(a) == table.source(b)) continue;
    const Agreement agreement = Compare(table.record(a), table.record(b));
    if (Score(agreement, model).stranger >= 0) continue;
    const LevelPattern pattern = PatternOf(agreement);
    for (size_t field = 0; field < kFieldCount; ++field) ++counts[field][pattern[field]];
    ++*sampled;
  }
  return counts;
}

void SetChance(FieldRow& row, const std::array<uint64_t, kLevelsMax>& counts) {
  double present = 0;
  for (size_t i = 0; i + 1 < row.level_count; ++i) present += static_cast<double>(counts[i]);
  if (present == 0) return;
  for (size_t i = 0; i + 1 < row.level_count; ++i) {
    Level& level = row.levels[i];
    if (level.u == 0 || level.u == level.m) continue;  // Counted by another field.
    const double prior = level.u / kBillion;
    const double chance =
        (static_cast<double>(counts[i]) + kPriorAgreements) / (present + kPriorAgreements / prior);
    level.u = static_cast<uint32_t>(std::clamp(std::round(chance * kBillion), 1.0, kBillion));
  }
}

// A field whose own values are counted agrees by chance as its first level does.
void SetSlots(Model& model) {
  for (size_t i = 0; i < kFieldCount; ++i) {
    const bool whole =
        i != static_cast<size_t>(Field::kAddress) && i != static_cast<size_t>(Field::kIdentifier);
    if (whole && model.slots[i].mean_chance != 0) {
      model.slots[i].mean_chance = model.fields[i].levels[0].u;
    }
  }
  const FieldRow& address = model.field(Field::kAddress);
  model.slots[kZipSlot].mean_chance = address.levels[static_cast<size_t>(AddressLevel::kZip)].u;
  model.slots[kCitySlot].mean_chance = address.levels[static_cast<size_t>(AddressLevel::kCity)].u;
}

}  // namespace

PairSpace MeasurePairSpace(const RecordTable& table, const DistinctRecords& records,
                           PairScope scope) {
  std::array<double, 2> of_source{};
  for (const uint32_t row : records.first_row) ++of_source[table.source(row)];
  const double all = of_source[0] + of_source[1];
  const double within = all * (all - 1) / 2;
  const double across = of_source[0] * of_source[1];
  return {records.size(), scope == PairScope::kAll ? within : across};
}

uint64_t PopulationOf(const PairSpace& space) {
  if (space.records == 0) return 1;
  const double others = 2 * space.pairs / static_cast<double>(space.records);
  return static_cast<uint64_t>(std::max(1.0, std::round(others) + 1));
}

Model Calibrate(const Model& model, const RecordTable& table, const DistinctRecords& records,
                const PairSpace& space, PairScope scope, uint64_t seed, uint64_t* sampled) {
  Model calibrated = model;
  *sampled = 0;
  if (records.size() < 2 || space.pairs < 1) return calibrated;
  calibrated.population = PopulationOf(space);
  SetWeights(calibrated);
  const auto wanted =
      static_cast<uint64_t>(std::min(static_cast<double>(kRandomPairsMax), space.pairs));
  const LevelCounts counts =
      CountRandomPairs(calibrated, table, records, scope, seed, wanted, sampled);
  for (size_t i = 0; i < kFieldCount; ++i) SetChance(calibrated.fields[i], counts[i]);
  SetSlots(calibrated);
  calibrated.calibrated = true;
  SetWeights(calibrated);
  return calibrated;
}

}  // namespace hie::mpi
