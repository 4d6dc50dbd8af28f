#include "mpi/service/simulate_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "mpi/batch/link_batch.h"
#include "mpi/service/simulate_model_change.h"
#include "mpi/service/train_model.h"
#include "mpi/service/train_model_fixture.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kRecords = 500;

// Pairs that one has together and the other not, counted one by one.
uint64_t NaiveOnlyIn(const Grouping& together, const Grouping& apart,
                     const std::vector<bool>& drawn) {
  uint64_t pairs = 0;
  for (size_t a = 0; a < together.size(); ++a) {
    for (size_t b = a + 1; b < together.size(); ++b) {
      pairs += together[a] == together[b] && apart[a] != apart[b] && (drawn[a] || drawn[b]);
    }
  }
  return pairs;
}

struct Draw {
  Grouping grouping;
  std::vector<bool> drawn;
};

Draw DrawGrouping(std::mt19937_64& random, size_t rows, uint32_t groups) {
  Draw draw;
  for (size_t i = 0; i < rows; ++i) {
    draw.grouping.push_back(static_cast<uint32_t>(random() % groups));
    draw.drawn.push_back(random() % 3 != 0);
  }
  return draw;
}

TEST(CompareGroupingsTest, CountsWhatOneByOneCountingCounts) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const Draw before = DrawGrouping(random, 1 + random() % 30, 12);
    const Draw then = DrawGrouping(random, before.grouping.size(), 12);
    const PairsChanged changed =
        CompareGroupings(before.grouping, then.grouping, before.drawn, 1'000);
    EXPECT_EQ(changed.gained, NaiveOnlyIn(then.grouping, before.grouping, before.drawn));
    EXPECT_EQ(changed.lost, NaiveOnlyIn(before.grouping, then.grouping, before.drawn));
    EXPECT_THAT(changed.gained_pairs, SizeIs(changed.gained));
    EXPECT_THAT(changed.lost_pairs, SizeIs(changed.lost));
    EXPECT_EQ(CompareGroupings(before.grouping, before.grouping, before.drawn, 9).gained, 0u);
  }
}

TEST(KeepDecisionsTest, DecisionsHoldAfterwardsWhateverTheGroupingWas) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto rows = static_cast<uint32_t>(2 + random() % 20);
    // Decisions of an index agree with one truth.
    const Grouping truth = DrawGrouping(random, rows, 6).grouping;
    RowDecisions decisions;
    for (int i = 0; i < 8; ++i) {
      const auto a = static_cast<uint32_t>(random() % rows);
      const auto b = static_cast<uint32_t>(random() % rows);
      if (a == b) continue;
      (truth[a] == truth[b] ? decisions.must : decisions.cannot)
          .emplace_back(std::min(a, b), std::max(a, b));
    }
    Grouping kept = DrawGrouping(random, rows, 4).grouping;
    const Grouping given = kept;
    const DecisionsAgainst against = KeepDecisions(decisions, kept);
    for (const auto& [a, b] : decisions.must) EXPECT_EQ(kept[a], kept[b]);
    for (const auto& [a, b] : decisions.cannot) EXPECT_NE(kept[a], kept[b]);
    Grouping again = kept;
    EXPECT_EQ(KeepDecisions(decisions, again).must, 0u);
    if (against.must == 0 && against.cannot == 0) {
      EXPECT_EQ(CompareGroupings(given, kept, std::vector<bool>(rows, true), 9).lost, 0u);
      EXPECT_EQ(CompareGroupings(given, kept, std::vector<bool>(rows, true), 9).gained, 0u);
    }
  }
}

TEST(CompareIdsTest, APartedPersonLosesItsIdAndTheOldestOfWholeOnesKeepsIts) {
  const struct {
    const char* name;
    Grouping person;
    Grouping then;
    IdsChanged want;
  } cases[] = {
      {"nothing changes", {0, 0, 1}, {7, 7, 5}, {0, 0, 0}},
      {"two come together", {0, 0, 1}, {7, 7, 7}, {0, 1, 1}},
      {"one is parted", {0, 0, 1}, {7, 8, 9}, {1, 0, 2}},
      {"a part goes to another", {0, 0, 1}, {7, 8, 8}, {1, 0, 2}},
      {"three come together", {2, 1, 0, 0}, {3, 3, 3, 3}, {0, 2, 2}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const IdsChanged ids = CompareIds(c.person, c.then, std::vector<bool>(c.person.size(), true));
    EXPECT_EQ(ids.retired, c.want.retired);
    EXPECT_EQ(ids.redirected, c.want.redirected);
    EXPECT_EQ(ids.rows_moved, c.want.rows_moved);
  }
}

class SimulateModelTest : public ::testing::Test {
 protected:
  SimulateModelTest() : index_(kRecords) {}

  absl::StatusOr<v1::SimulateResult> Simulate(const Model& present, const Model& candidate,
                                              uint64_t records_max = 0) {
    v1::SimulateRun run;
    run.set_seed(3);
    run.set_records_max(records_max);
    const auto snapshot = index_.Snapshot();
    return SimulateModel(MpiReader(*snapshot), present, candidate, run, nullptr);
  }

  RegionIndex index_;
};

TEST_F(SimulateModelTest, TheActiveModelChangesNothingInAnIndexThatWasJustGroupedAnew) {
  SampleOptions all;
  all.records_max = 1'000'000;
  const auto snapshot = index_.Snapshot();
  IndexSample sample = ValueOrDie(DrawPersons(MpiReader(*snapshot), all));
  ASSERT_TRUE(sample.whole());
  Model model = DefaultModel();
  model.calibrated = true;
  Regroup(ValueOrDie(LinkBatch(sample.table, model, {})).cluster, index_.store());
  const v1::SimulateResult result = ValueOrDie(Simulate(DefaultModel(), DefaultModel()));
  for (const v1::GroupingChange& change : {result.from_index(), result.from_model()}) {
    EXPECT_EQ(change.pairs_gained(), 0u);
    EXPECT_EQ(change.pairs_lost(), 0u);
    EXPECT_THAT(change.gained(), IsEmpty());
  }
  EXPECT_EQ(result.eids_retired() + result.eids_redirected() + result.records_moved(), 0u);
  EXPECT_EQ(result.queue_now(), result.queue_then());
  EXPECT_EQ(result.persons(), result.persons_drawn());
  EXPECT_EQ(result.records(), result.index_records());
}

TEST_F(SimulateModelTest, AStricterModelLosesLinksAndNamesThem) {
  Model strict = DefaultModel();
  strict.name = "strict";
  strict.thresholds.link += 15'000;
  strict.thresholds.kin += 15'000;
  strict.thresholds.merge += 15'000;
  const auto before = index_.Snapshot();
  const v1::SimulateResult result = ValueOrDie(Simulate(DefaultModel(), strict));
  EXPECT_GT(result.from_model().pairs_lost(), 10u);
  EXPECT_EQ(result.from_model().pairs_gained(), 0u);
  EXPECT_GT(result.eids_retired(), 0u);
  EXPECT_GT(result.records_moved(), 0u);
  EXPECT_THAT(result.from_model().lost(),
              SizeIs(std::min<uint64_t>(kExamplesMax, result.from_model().pairs_lost())));
  const v1::ChangedPair& first = result.from_model().lost(0);
  EXPECT_NE(first.first().id(), "");
  EXPECT_EQ(first.weight_now_millibits(), first.weight_then_millibits());
  EXPECT_EQ(result.model_then(), "strict");
}

TEST_F(SimulateModelTest, ALargeIndexIsDrawnFromWithTheNeighboursOfWhomIsDrawn) {
  const v1::SimulateResult result = ValueOrDie(Simulate(DefaultModel(), DefaultModel(), 200));
  EXPECT_LT(result.records(), result.index_records());
  EXPECT_GE(result.records(), 100u);
  EXPECT_GT(result.persons_drawn(), 0u);
  EXPECT_LT(result.persons_drawn(), result.persons());
  EXPECT_EQ(result.from_model().pairs_gained() + result.from_model().pairs_lost(), 0u);
}

TEST_F(SimulateModelTest, ADrawnPersonsPairsAreThoseOfTheWholeIndex) {
  SampleOptions options;
  options.records_max = 250;
  options.seed = 5;
  const auto snapshot = index_.Snapshot();
  const MpiReader reader(*snapshot);
  const IndexSample part = ValueOrDie(DrawNeighbourhoods(reader, options));
  ASSERT_FALSE(part.whole());
  const std::set<RecordNumber> present(part.numbers.begin(), part.numbers.end());
  for (size_t i = 0; i < part.numbers.size(); ++i) {
    if (!part.drawn[part.person[i]]) continue;
    for (const BlockKey& key : FiledKeys(part.table.record(i))) {
      if (BreadthOf(key.type) != KeyBreadth::kFine) continue;
      std::vector<RecordNumber> filed;
      ASSERT_THAT(reader.Filed(BaseKey(KeyBase(key)), 10'000, filed), IsOk());
      if (filed.size() > 200) continue;
      for (const RecordNumber other : filed) EXPECT_EQ(present.count(other), 1u);
    }
  }
}

TEST_F(SimulateModelTest, DecisionsHoldWhateverTheModelSays) {
  // Two strangers whom somebody joined.
  const auto snapshot = index_.Snapshot();
  SampleOptions all;
  all.records_max = 1'000'000;
  const IndexSample sample = ValueOrDie(DrawPersons(MpiReader(*snapshot), all));
  v1::DecisionRow must;
  must.set_same_person(true);
  WriteBatch changes;
  const RecordNumber a = sample.numbers[0];
  const RecordNumber b = sample.numbers[sample.numbers.size() / 2];
  changes.Put(kDecisionsTable, PairKey(a, b), must.SerializeAsString());
  changes.Put(kDecisionsTable, PairKey(b, a), must.SerializeAsString());
  ASSERT_THAT(index_.store().Write(changes, Durability::kBuffered), IsOk());
  const v1::SimulateResult result = ValueOrDie(Simulate(DefaultModel(), DefaultModel()));
  EXPECT_EQ(result.must_links_against(), 1u);
  EXPECT_EQ(result.from_model().pairs_gained() + result.from_model().pairs_lost(), 0u);
}

TEST_F(SimulateModelTest, ItEndsWhenItIsToldAndWantsRecords) {
  const auto snapshot = index_.Snapshot();
  EXPECT_THAT(SimulateModel(MpiReader(*snapshot), DefaultModel(), DefaultModel(), v1::SimulateRun(),
                            [](auto, auto, auto) { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
  MemoryKvStore empty(MpiRole::Tables());
  const auto nothing = empty.Snapshot();
  EXPECT_THAT(SimulateModel(MpiReader(*nothing), DefaultModel(), DefaultModel(), v1::SimulateRun(),
                            nullptr),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace hie::mpi
