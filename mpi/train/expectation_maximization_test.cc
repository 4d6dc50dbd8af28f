#include "mpi/train/expectation_maximization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace hie::mpi {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kSeed = 4'711;
constexpr uint64_t kRecords = 20'000;
constexpr double kBillion = 1e9;

constexpr std::array kFields = {Field::kFamily, Field::kGiven,     Field::kBirthDate,
                                Field::kSex,    Field::kPhone,     Field::kAddress,
                                Field::kSsn,    Field::kIdentifier};

using Chances = std::array<double, 4>;

struct Row {
  Chances m, u, h;
};

// What the patterns are drawn from.
// No m of contradictions is above what is believed (kContradictionsMax, kContradictionsTimes).
constexpr std::array<Row, 8> kTruth = {
    {{{0.85, 0.07, 0.05, 0.03}, {0.002, 0.002, 0.01, 0.986}, {0.7, 0.05, 0.05, 0.2}},
     {{0.80, 0.10, 0.06, 0.04}, {0.004, 0.003, 0.01, 0.983}, {0.02, 0.01, 0.07, 0.9}},
     {{0.92, 0.04, 0.02, 0.02}, {0.0001, 0.001, 0.01, 0.9889}, {0.03, 0.01, 0.06, 0.9}},
     {{0.97, 0.01, 0.01, 0.01}, {0.49, 0.01, 0.01, 0.49}, {0.48, 0.01, 0.01, 0.5}},
     {{0.71, 0.10, 0.05, 0.14}, {0.0005, 0.0005, 0.001, 0.998}, {0.5, 0.1, 0.05, 0.35}},
     {{0.65, 0.10, 0.10, 0.15}, {0.0005, 0.001, 0.02, 0.9785}, {0.7, 0.1, 0.05, 0.15}},
     {{0.90, 0.05, 0.03, 0.02}, {0.0001, 0.0001, 0.001, 0.9988}, {0.002, 0.001, 0.01, 0.987}},
     {{0.61, 0.15, 0.10, 0.14}, {0.0002, 0.001, 0.01, 0.9888}, {0.3, 0.1, 0.1, 0.5}}}};

uint32_t Parts(double chance) { return static_cast<uint32_t>(std::round(chance * kBillion)); }

// A model that knows u and h, and has a wrong idea of m and of the shares.
Model StartingModel() {
  Model model;
  model.population = kRecords;
  model.matches_per_record = 100;
  model.household_per_record = 1'000;
  for (size_t f = 0; f < kFields.size(); ++f) {
    FieldRow& row = model.fields[static_cast<size_t>(kFields[f])];
    row.name = "field";
    row.level_count = 5;
    constexpr Chances kGuess = {0.70, 0.12, 0.10, 0.08};
    for (size_t level = 0; level < 4; ++level) {
      row.levels[level].m = Parts(kGuess[level]);
      row.levels[level].u = Parts(kTruth[f].u[level]);
      row.levels[level].h = Parts(kTruth[f].h[level]);
    }
  }
  SetWeights(model);
  return model;
}

class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {}

  void Add(uint64_t pairs, Chances Row::*kind, PatternCounts& counts) {
    for (; pairs > 0; --pairs) {
      LevelPattern pattern{};
      for (size_t f = 0; f < kFields.size(); ++f) {
        pattern[static_cast<size_t>(kFields[f])] = Level(kTruth[f].*kind);
      }
      ++counts[KeyOf(pattern)];
    }
  }

 private:
  double Uniform() { return std::ldexp(static_cast<double>(random_() >> 11), -53); }
  // One field in five is missing.
  uint8_t Level(const Chances& chances) {
    if (Uniform() < 0.2) return 4;
    double at = Uniform();
    uint8_t level = 0;
    while (level < 3 && at >= chances[level]) at -= chances[level++];
    return level;
  }

  std::mt19937_64 random_;
};

PatternCounts Patterns(uint64_t matches, uint64_t household, uint64_t strangers) {
  PatternCounts counts;
  Draw draw(kSeed);
  draw.Add(matches, &Row::m, counts);
  draw.Add(household, &Row::h, counts);
  draw.Add(strangers, &Row::u, counts);
  return counts;
}

PairSpace Space(uint64_t records) {
  const auto n = static_cast<double>(records);
  return {records, n * (n - 1) / 2};
}

// All pairs of a thousand records are looked at: what is not drawn as a match or as a household
// pair is a stranger.
TEST(LearnFromPatternsTest, FindsWhatThePatternsWereDrawnFrom) {
  SCOPED_TRACE(kSeed);
  const PairSpace space = Space(1'000);
  TrainingReport report;
  const Model learnt = LearnFromPatterns(StartingModel(), Patterns(6'000, 5'000, 488'500), space,
                                         Learning::kAll, report);
  EXPECT_TRUE(report.trained);
  EXPECT_NEAR(report.expected_matches, 6'000, 120);
  EXPECT_NEAR(learnt.matches_per_record, 12'000, 240);
  EXPECT_NEAR(learnt.household_per_record, 10'000, 1'000);
  for (size_t f = 0; f < kFields.size(); ++f) {
    for (size_t level = 0; level < 4; ++level) {
      EXPECT_NEAR(learnt.field(kFields[f]).levels[level].m / kBillion, kTruth[f].m[level], 0.02)
          << f << " " << level;
    }
  }
  EXPECT_THAT(report.warnings, IsEmpty());
}

TEST(LearnFromPatternsTest, ChanceAndHouseholdStayAsTheyAre) {
  const Model start = StartingModel();
  TrainingReport report;
  const Model learnt = LearnFromPatterns(start, Patterns(3'000, 1'000, 20'000), Space(kRecords),
                                         Learning::kAll, report);
  for (size_t f = 0; f < kFieldCount; ++f) {
    for (size_t level = 0; level < kLevelsMax; ++level) {
      EXPECT_EQ(learnt.fields[f].levels[level].u, start.fields[f].levels[level].u);
      EXPECT_EQ(learnt.fields[f].levels[level].h, start.fields[f].levels[level].h);
    }
  }
}

TEST(LearnFromPatternsTest, SharesAloneLeaveTheLevelsUntouched) {
  SCOPED_TRACE(kSeed);
  const Model start = StartingModel();
  TrainingReport report;
  const Model learnt = LearnFromPatterns(start, Patterns(6'000, 4'000, 100'000), Space(kRecords),
                                         Learning::kShares, report);
  EXPECT_FALSE(report.trained);
  EXPECT_NEAR(learnt.matches_per_record, 600, 60);
  EXPECT_GT(learnt.prior_stranger, start.prior_stranger);
  for (size_t f = 0; f < kFieldCount; ++f) {
    for (size_t level = 0; level < kLevelsMax; ++level) {
      EXPECT_EQ(learnt.fields[f].levels[level].m, start.fields[f].levels[level].m);
      EXPECT_EQ(learnt.fields[f].levels[level].stranger, start.fields[f].levels[level].stranger);
      EXPECT_EQ(learnt.fields[f].levels[level].household, start.fields[f].levels[level].household);
    }
  }
}

// Every match agrees in everything: the other levels are never seen.
TEST(LearnFromPatternsTest, NoChanceIsEverZeroOrOne) {
  PatternCounts counts;
  counts[KeyOf(LevelPattern{})] = 1'000'000;
  TrainingReport report;
  const Model learnt =
      LearnFromPatterns(StartingModel(), counts, Space(kRecords), Learning::kAll, report);
  for (const Field field : kFields) {
    for (size_t level = 0; level < 4; ++level) {
      EXPECT_GT(learnt.field(field).levels[level].m, 0u);
      EXPECT_LT(learnt.field(field).levels[level].m, 1'000'000'000u);
    }
  }
}

TEST(LearnFromPatternsTest, DoubtsAreNamed) {
  const auto learn = [](const PatternCounts& counts, uint64_t records) {
    TrainingReport report;
    (void)LearnFromPatterns(StartingModel(), counts, Space(records), Learning::kAll, report);
    return ::testing::PrintToString(report.warnings);
  };
  EXPECT_THAT(learn(Patterns(20, 0, 2'000), kRecords), HasSubstr("only about 20 matches"));
  EXPECT_THAT(learn(Patterns(0, 0, 2'000), kRecords), HasSubstr("only about"));
  EXPECT_THAT(learn({}, kRecords), HasSubstr("only about 0 matches"));
  EXPECT_THAT(learn(Patterns(6'000, 0, 0), 200), HasSubstr("more than 25 matches a record"));
}

TEST(LearnFromPatternsTest, IsDeterministic) {
  const PatternCounts counts = Patterns(2'000, 1'000, 30'000);
  std::vector<std::pair<PatternKey, uint64_t>> list(counts.begin(), counts.end());
  PatternCounts other;
  other.reserve(100'000);
  for (auto pattern = list.rbegin(); pattern != list.rend(); ++pattern) other.insert(*pattern);
  TrainingReport report_a;
  TrainingReport report_b;
  const Model a =
      LearnFromPatterns(StartingModel(), counts, Space(kRecords), Learning::kAll, report_a);
  const Model b =
      LearnFromPatterns(StartingModel(), other, Space(kRecords), Learning::kAll, report_b);
  EXPECT_EQ(report_a.expected_matches, report_b.expected_matches);
  EXPECT_EQ(report_a.iterations, report_b.iterations);
  EXPECT_EQ(a.prior_stranger, b.prior_stranger);
  EXPECT_EQ(a.prior_household, b.prior_household);
  for (size_t f = 0; f < kFieldCount; ++f) {
    for (size_t level = 0; level < kLevelsMax; ++level) {
      EXPECT_EQ(a.fields[f].levels[level].m, b.fields[f].levels[level].m);
    }
  }
}

// All pairs of a very small file may be matches: nothing is left for strangers.
TEST(LearnFromPatternsTest, AFileOfAFewRecordsGivesNumbers) {
  for (uint64_t records = 0; records < 8; ++records) {
    for (Chances Row::*const kind : {&Row::m, &Row::h, &Row::u}) {
      const PairSpace space = Space(records);
      PatternCounts counts;
      Draw(kSeed + records).Add(static_cast<uint64_t>(space.pairs), kind, counts);
      TrainingReport report;
      const Model learnt =
          LearnFromPatterns(StartingModel(), counts, space, Learning::kAll, report);
      EXPECT_TRUE(std::isfinite(report.expected_matches)) << records;
      EXPECT_GE(report.expected_matches, 0) << records;
      EXPECT_LE(report.expected_matches, space.pairs) << records;
      EXPECT_GE(learnt.matches_per_record, 1u) << records;
      for (const Field field : kFields) {
        for (size_t level = 0; level < 4; ++level) {
          EXPECT_GT(learnt.field(field).levels[level].m, 0u) << records;
          EXPECT_LT(learnt.field(field).levels[level].m, 1'000'000'000u) << records;
        }
      }
    }
  }
}

TEST(LevelCountsTest, APatternIsReadBackFromItsKey) {
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 1'000; ++round) {
    LevelPattern pattern{};
    for (uint8_t& level : pattern) level = static_cast<uint8_t>(random() % kLevelsMax);
    EXPECT_EQ(PatternOfKey(KeyOf(pattern)), pattern);
  }
}

TEST(LevelCountsTest, WhatNobodySaysIsTheLastLevelOfEachField) {
  const LevelPattern pattern = PatternOf(Agreement());
  for (size_t f = 0; f < kFieldCount; ++f) {
    EXPECT_EQ(pattern[f] + 1u, DefaultModel().fields[f].level_count) << f;
  }
  Agreement agreement;
  agreement.given = GivenLevel::kMiddle;
  agreement.birth_order = BirthOrderLevel::kDiffers;
  agreement.extras[2] = ExtraLevel::kAlike;
  const LevelPattern some = PatternOf(agreement);
  EXPECT_EQ(some[static_cast<size_t>(Field::kGiven)], static_cast<uint8_t>(GivenLevel::kMiddle));
  EXPECT_EQ(some[static_cast<size_t>(Field::kBirthOrder)], 1);
  EXPECT_EQ(some[static_cast<size_t>(Field::kExtra) + 2], static_cast<uint8_t>(ExtraLevel::kAlike));
}

}  // namespace
}  // namespace hie::mpi
