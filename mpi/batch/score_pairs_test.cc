#include <gtest/gtest.h>

#include <algorithm>

#include "mpi/batch/link_batch.h"
#include "mpi/score/model_file.h"
#include "services/hiectl/region/people.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;

constexpr uint64_t kSeed = region::kTuningSeed;

struct Sides {
  RecordTable a, b;
  std::vector<bool> same;
};

// Neighbours of a generated file against each other: records of one person, of one household, and
// of strangers.
Sides Generated() {
  Sides sides;
  region::PeopleOptions options;
  options.records = 2'000;
  options.seed = kSeed;
  region::GeneratedRecord before;
  const auto counts = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    if (!before.demographics.names.empty()) {
      sides.a.Add(Normalize(before.demographics), 0);
      sides.b.Add(Normalize(record.demographics), 1);
      sides.same.push_back(before.entity == record.entity);
    }
    before = record;
  });
  EXPECT_TRUE(counts.ok());
  return sides;
}

class ScorePairsTest : public ::testing::TestWithParam<BatchTraining> {};

TEST_P(ScorePairsTest, TheSidesMayBeSwapped) {
  SCOPED_TRACE(kSeed);
  BatchOptions options;
  options.training = GetParam();
  Sides sides = Generated();
  Sides other = Generated();
  const PairsResult there = ValueOrDie(ScorePairs(sides.a, sides.b, DefaultModel(), options));
  const PairsResult back = ValueOrDie(ScorePairs(other.b, other.a, DefaultModel(), options));
  ASSERT_EQ(there.pairs.size(), sides.same.size());
  ASSERT_EQ(there.pairs.size(), back.pairs.size());
  EXPECT_TRUE(WriteModel(there.model) == WriteModel(back.model));
  for (size_t i = 0; i < there.pairs.size(); ++i) {
    ASSERT_EQ(there.pairs[i].outcome, back.pairs[i].outcome) << i;
    ASSERT_EQ(there.pairs[i].score, back.pairs[i].score) << i;
    ASSERT_EQ(there.pairs[i].agreement, back.pairs[i].agreement) << i;
  }
}

TEST_P(ScorePairsTest, ALinkIsOfOnePerson) {
  SCOPED_TRACE(kSeed);
  BatchOptions options;
  options.training = GetParam();
  Sides sides = Generated();
  const PairsResult result = ValueOrDie(ScorePairs(sides.a, sides.b, DefaultModel(), options));
  uint64_t right = 0;
  uint64_t wrong = 0;
  for (size_t i = 0; i < result.pairs.size(); ++i) {
    const PairsResult::Pair& pair = result.pairs[i];
    if (pair.outcome != Outcome::kLink) continue;
    EXPECT_EQ(pair.score.vetoes, 0u);
    EXPECT_GE(pair.score.weight(), result.model.thresholds.link);
    ++(sides.same[i] ? right : wrong);
  }
  EXPECT_GT(right, 100u);
  EXPECT_LE(wrong * 100, right);
}

INSTANTIATE_TEST_SUITE_P(Trainings, ScorePairsTest,
                         ::testing::Values(BatchTraining::kAsShipped, BatchTraining::kTrain),
                         [](const auto& info) {
                           return info.param == BatchTraining::kTrain ? "Trained" : "AsShipped";
                         });

TEST(ScorePairsErrorTest, NoPairsOrUnequalSides) {
  RecordTable none;
  RecordTable also_none;
  EXPECT_THAT(ScorePairs(none, also_none, DefaultModel(), {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  RecordTable one;
  one.Add(Features(), 0);
  EXPECT_THAT(ScorePairs(one, none, DefaultModel(), {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ScorePairsErrorTest, ASinglePairOfNothingIsNew) {
  for (const auto training : {BatchTraining::kAsShipped, BatchTraining::kTrain}) {
    RecordTable a;
    RecordTable b;
    a.Add(Features(), 0);
    b.Add(Features(), 1);
    BatchOptions options;
    options.training = training;
    const PairsResult result = ValueOrDie(ScorePairs(a, b, DefaultModel(), options));
    ASSERT_EQ(result.pairs.size(), 1u);
    EXPECT_EQ(result.pairs[0].outcome, Outcome::kNew);
  }
}

}  // namespace
}  // namespace hie::mpi
