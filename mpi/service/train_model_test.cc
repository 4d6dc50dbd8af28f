#include "mpi/service/train_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mpi/score/model_file.h"
#include "mpi/service/train_model_fixture.h"

namespace hie::mpi {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TrainModelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { index_ = new RegionIndex(800); }
  static void TearDownTestSuite() { delete index_; }

  absl::StatusOr<TrainedModel> Train(const v1::TrainRun& run, const RunWatch& watch = nullptr) {
    const auto snapshot = index_->Snapshot();
    return TrainModel(MpiReader(*snapshot), DefaultModel(), run, watch);
  }

  static RegionIndex* index_;
};

RegionIndex* TrainModelTest::index_ = nullptr;

TEST_F(TrainModelTest, TheModelIsFittedToTheIndexAndCanBeStored) {
  const TrainedModel trained = ValueOrDie(Train(v1::TrainRun()));
  const Model model = ValueOrDie(ReadModel(trained.text));
  EXPECT_TRUE(model.calibrated);
  ASSERT_NE(model.frequencies, nullptr);
  EXPECT_FALSE(model.frequencies->entries().empty());
  EXPECT_EQ(model.population, trained.result.records());
  EXPECT_EQ(trained.result.records(), trained.result.index_records());
  EXPECT_GT(trained.result.blocked_pairs(), 0u);
  EXPECT_GT(trained.result.expected_recall_permille(), 500u);
  EXPECT_EQ(trained.result.iterations(), 0u);
  for (size_t i = 0; i < kFieldCount; ++i) {
    EXPECT_EQ(model.fields[i].levels[0].m, DefaultModel().fields[i].levels[0].m) << i;
  }
}

TEST_F(TrainModelTest, TheSameStateAndSeedGiveTheSameModel) {
  v1::TrainRun run;
  run.set_seed(11);
  EXPECT_EQ(ValueOrDie(Train(run)).text, ValueOrDie(Train(run)).text);
}

TEST_F(TrainModelTest, HowRecordsOfOnePersonAgreeIsLearntWhereAsked) {
  v1::TrainRun run;
  run.set_learn_matches(true);
  const TrainedModel trained = ValueOrDie(Train(run));
  EXPECT_GT(trained.result.iterations(), 0u);
  EXPECT_NE(ValueOrDie(ReadModel(trained.text)).field(Field::kPhone).levels[0].m,
            DefaultModel().field(Field::kPhone).levels[0].m);
}

TEST_F(TrainModelTest, APartStandsForTheWholeAndSaysSo) {
  v1::TrainRun run;
  run.set_records_max(300);
  const TrainedModel trained = ValueOrDie(Train(run));
  EXPECT_LT(trained.result.records(), 500u);
  ASSERT_EQ(trained.result.warnings_size(), 1);
  EXPECT_THAT(trained.result.warnings(0), HasSubstr("whole persons were drawn"));
  const Model model = ValueOrDie(ReadModel(trained.text));
  EXPECT_EQ(model.population, trained.result.index_records());
  EXPECT_GE(model.thresholds.link, DefaultModel().thresholds.link);
}

TEST_F(TrainModelTest, PersonsAreDrawnWhole) {
  SampleOptions options;
  options.records_max = 300;
  options.seed = 2;
  const auto snapshot = index_->Snapshot();
  const MpiReader reader(*snapshot);
  const IndexSample sample = ValueOrDie(DrawPersons(reader, options));
  for (const std::string& person_key : sample.person_keys) {
    const auto person = ValueOrDie(reader.Person(ValueOrDie(EidOfPersonKey(person_key))));
    for (const RecordNumber record : RecordNumbers(person)) {
      EXPECT_TRUE(std::binary_search(sample.numbers.begin(), sample.numbers.end(), record));
    }
  }
}

TEST_F(TrainModelTest, ItEndsWhenItIsToldAndWantsRecords) {
  EXPECT_THAT(Train(v1::TrainRun(), [](auto, auto, auto) { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
  MemoryKvStore empty(MpiRole::Tables());
  const auto snapshot = empty.Snapshot();
  EXPECT_THAT(TrainModel(MpiReader(*snapshot), DefaultModel(), v1::TrainRun(), nullptr),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace hie::mpi
