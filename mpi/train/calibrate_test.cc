#include "mpi/train/calibrate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 31'337;

// Strangers with names of random letters, born on one of `days` days.
std::vector<Features> Strangers(uint64_t seed, int people, uint32_t days) {
  std::mt19937_64 random(seed);
  const auto word = [&] {
    std::string text;
    for (int letter = 0; letter < 6; ++letter) text += static_cast<char>('a' + random() % 26);
    return text;
  };
  std::vector<Features> strangers;
  for (int i = 0; i < people; ++i) {
    const auto day = static_cast<int>(random() % days);
    Features f;
    f.names = {{{word()}, word(), {}, Generation::kNone, false, false}};
    f.birth_date = CivilDate{1930 + day / 336, 1 + day / 28 % 12, 1 + day % 28};
    strangers.push_back(std::move(f));
  }
  return strangers;
}

struct Calibrated {
  Model model;
  uint64_t sampled = 0;
};

Calibrated Fit(const std::vector<Features>& people, uint64_t seed,
               PairScope scope = PairScope::kAll) {
  RecordTable table;
  for (const Features& person : people) table.Add(person, 0);
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  const PairSpace space = MeasurePairSpace(table, records, scope);
  Calibrated result;
  result.model = Calibrate(DefaultModel(), table, records, space, scope, seed, &result.sampled);
  return result;
}

std::vector<uint32_t> Chances(const Model& model) {
  std::vector<uint32_t> chances;
  for (const FieldRow& row : model.fields) {
    for (const Level& level : row.levels) chances.push_back(level.u);
  }
  for (const ValueSlot& slot : model.slots) chances.push_back(slot.mean_chance);
  return chances;
}

uint32_t BirthDateChance(const Model& model) { return model.field(Field::kBirthDate).levels[0].u; }

TEST(CalibrateTest, ConcentratedBirthDatesAgreeByChanceMoreOften) {
  SCOPED_TRACE(kSeed);
  const Calibrated spread = Fit(Strangers(kSeed, 2'000, 20'000), kSeed);
  const Calibrated few = Fit(Strangers(kSeed, 2'000, 20), kSeed);
  EXPECT_GT(BirthDateChance(few.model), 20 * BirthDateChance(spread.model));
  // One in twenty, drawn towards the model's own idea, which counts as so many pairs seen.
  EXPECT_GT(BirthDateChance(few.model), 25'000'000u);
  EXPECT_LT(BirthDateChance(few.model), 50'000'000u);
  EXPECT_LT(few.model.field(Field::kBirthDate).levels[0].stranger,
            spread.model.field(Field::kBirthDate).levels[0].stranger);
  EXPECT_TRUE(few.model.calibrated);
  EXPECT_GT(few.sampled, 200'000u);
}

TEST(CalibrateTest, LeavesWhatOnlyMatchesTell) {
  const Calibrated calibrated = Fit(Strangers(kSeed, 500, 20), kSeed);
  for (size_t f = 0; f < kFieldCount; ++f) {
    for (size_t level = 0; level < kLevelsMax; ++level) {
      EXPECT_EQ(calibrated.model.fields[f].levels[level].m,
                DefaultModel().fields[f].levels[level].m);
      EXPECT_EQ(calibrated.model.fields[f].levels[level].h,
                DefaultModel().fields[f].levels[level].h);
    }
  }
  // A field that nobody has keeps its chances.
  EXPECT_EQ(calibrated.model.field(Field::kSsn).levels[0].u,
            DefaultModel().field(Field::kSsn).levels[0].u);
}

TEST(CalibrateTest, IsDeterministicInTheSeedWhateverTheOrderOfRows) {
  SCOPED_TRACE(kSeed);
  std::vector<Features> people = Strangers(kSeed, 1'000, 300);
  const Calibrated first = Fit(people, kSeed);
  std::mt19937_64 random(kSeed);
  std::shuffle(people.begin(), people.end(), random);
  const Calibrated shuffled = Fit(people, kSeed);
  EXPECT_EQ(Chances(first.model), Chances(shuffled.model));
  EXPECT_EQ(first.sampled, shuffled.sampled);
  EXPECT_NE(Chances(first.model), Chances(Fit(people, kSeed + 1).model));
}

TEST(CalibrateTest, ThePriorFollowsTheSizeOfThePopulation) {
  const Calibrated small = Fit(Strangers(kSeed, 100, 300), kSeed);
  const Calibrated large = Fit(Strangers(kSeed, 3'000, 300), kSeed);
  EXPECT_EQ(small.model.population, 100u);
  EXPECT_EQ(large.model.population, 3'000u);
  EXPECT_NEAR(small.model.prior_stranger - large.model.prior_stranger, 4'907, 20);  // log2 30.
}

TEST(CalibrateTest, TooFewRecordsLeaveTheModelAsItIs) {
  for (int people = 0; people < 2; ++people) {
    const Calibrated result = Fit(Strangers(kSeed, people, 300), kSeed);
    EXPECT_EQ(result.sampled, 0u);
    EXPECT_EQ(Chances(result.model), Chances(DefaultModel()));
  }
  // One input against itself: no pair is looked for.
  const Calibrated across = Fit(Strangers(kSeed, 50, 300), kSeed, PairScope::kAcrossSources);
  EXPECT_EQ(across.sampled, 0u);
}

TEST(MeasurePairSpaceTest, CountsThePairsOfTheScope) {
  const std::vector<Features> people = Strangers(kSeed, 30, 20'000);
  RecordTable table;
  for (size_t i = 0; i < people.size(); ++i) table.Add(people[i], i < 12 ? 0 : 1);
  table.Add(people[0], 0);  // Twice the same.
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kApart);
  EXPECT_EQ(MeasurePairSpace(table, records, PairScope::kAll).pairs, 30 * 29 / 2);
  EXPECT_EQ(MeasurePairSpace(table, records, PairScope::kAcrossSources).pairs, 12 * 18);
  EXPECT_EQ(MeasurePairSpace(table, records, PairScope::kAll).records, 30u);
}

}  // namespace
}  // namespace hie::mpi
