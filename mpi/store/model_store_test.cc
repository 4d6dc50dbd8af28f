#include "mpi/store/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hie/audit/v1/audit.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model_file.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> AllTables() {
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

// A model whose text has `values` values, each about 25 bytes.
std::string ModelText(Millibits link, uint32_t values = 0) {
  Model model = DefaultModel();
  model.thresholds.link = link;
  std::vector<ValueFrequencies::Entry> entries;
  for (uint32_t i = 0; i < values; ++i) entries.push_back({ValueFrequencies::Key(0, i), 3 + i % 5});
  if (values > 0) {
    model.calibrated = true;
    model.frequencies = std::make_shared<ValueFrequencies>(
        std::move(entries), std::vector<uint64_t>(kFrequencySlots, 1000));
  }
  return WriteModel(model);
}

class ModelStoreTest : public ::testing::Test {
 protected:
  ModelStoreTest() : machine_(DefaultModel()), store_(AllTables()) {}

  absl::StatusOr<v1::ModelReply> Apply(const v1::MpiCommand& from) {
    v1::MpiCommand command = from;
    if (!command.model().has_actor()) {
      command.mutable_model()->mutable_actor()->set_member("exchange");
    }
    const Stamp stamp{++sequence_, absl::FromUnixSeconds(1'000 + sequence_)};
    WriteBatch changes;
    auto bytes =
        machine_.Apply(command.SerializeAsString(), "", stamp, *store_.Snapshot(), changes);
    if (!bytes.ok()) return bytes.status();
    EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
    last_changes_ = changes.changes().size();
    v1::ModelReply reply;
    EXPECT_TRUE(reply.ParseFromString(*bytes));
    return reply;
  }

  absl::StatusOr<v1::ModelReply> PutPart(const std::string& hash, uint32_t number, uint32_t parts,
                                         absl::string_view data, absl::string_view user = "") {
    v1::MpiCommand command;
    command.mutable_model()->mutable_actor()->set_member("exchange");
    command.mutable_model()->mutable_actor()->set_user(std::string(user));
    v1::ModelPart& part = *command.mutable_model()->mutable_put();
    part.set_hash(hash);
    part.set_number(number);
    part.set_parts(parts);
    part.set_data(std::string(data));
    return Apply(command);
  }

  // Puts all of a text; returns its hash.
  std::string Put(const std::string& text) {
    const auto parts = PartsOfModelText(text);
    for (uint32_t i = 1; i <= parts.size(); ++i) {
      EXPECT_THAT(PutPart(HashOfModelText(text), i, parts.size(), parts[i - 1]), IsOk());
    }
    return HashOfModelText(text);
  }

  absl::StatusOr<v1::ModelReply> Activate(const std::string& hash) {
    v1::MpiCommand command;
    command.mutable_model()->mutable_activate()->set_hash(hash);
    command.mutable_model()->mutable_activate()->set_reason("trained on March");
    return Apply(command);
  }

  absl::StatusOr<v1::ModelReply> RollBack() {
    v1::MpiCommand command;
    command.mutable_model()->mutable_roll_back()->set_expected_active(ActiveHash());
    return Apply(command);
  }

  std::string ActiveHash() { return ValueOrDie(ModelStore(*store_.Snapshot()).Active()).hash(); }
  absl::StatusOr<std::shared_ptr<const Model>> ActiveIn() {
    return machine_.models().In(*store_.Snapshot());
  }
  // What the audit is told, a word and a short hash each, oldest first.
  std::vector<std::string> Audited() {
    std::vector<std::string> told;
    for (const KvEntry& entry : ValueOrDie(store_.Snapshot()->ScanPrefix(outbox::kTable, ""))) {
      audit::v1::Event event;
      EXPECT_TRUE(event.ParseFromString(entry.value));
      EXPECT_EQ(event.actor().member(), "exchange");
      told.push_back(absl::StrJoin(event.details(), " "));
    }
    return told;
  }
  size_t Rows() { return ValueOrDie(store_.Snapshot()->ScanPrefix(kModelsTable, "")).size(); }

  MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
  size_t last_changes_ = 0;
};

TEST_F(ModelStoreTest, TheShippedModelScoresUntilOneIsActivated) {
  EXPECT_EQ(ValueOrDie(ActiveIn()).get(), &DefaultModel());
  Put(ModelText(11'000));
  EXPECT_EQ(ValueOrDie(ActiveIn()).get(), &DefaultModel());
}

TEST_F(ModelStoreTest, AModelOfManyPartsComesBackAsItWas) {
  const std::string text = ModelText(11'000, 200'000);
  ASSERT_GT(PartsOfModelText(text).size(), 2u);
  const std::string hash = Put(text);
  const auto snapshot = store_.Snapshot();
  const ModelStore models(*snapshot);
  EXPECT_EQ(ValueOrDie(models.Text(hash)), text);
  const auto list = ValueOrDie(models.List());
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].second.value_count(), 200'000u);
  EXPECT_EQ(list[0].second.text_bytes(), text.size());
  EXPECT_EQ(list[0].second.name(), "model-" + hash.substr(0, 12));
}

TEST_F(ModelStoreTest, AnActivatedModelScoresAndTheSameAgainChangesNothing) {
  const std::string hash = Put(ModelText(11'000));
  ASSERT_THAT(Activate(hash), IsOk());
  EXPECT_EQ(ValueOrDie(ActiveIn())->thresholds.link, 11'000);
  ASSERT_THAT(Activate(hash), IsOk());
  EXPECT_EQ(last_changes_, 0u);
}

TEST_F(ModelStoreTest, RollingBackGoesBackOneStepAtATimeToTheShippedModel) {
  const std::string first = Put(ModelText(11'000));
  const std::string second = Put(ModelText(12'000));
  const std::string third = Put(ModelText(13'000));
  ASSERT_THAT(Activate(first), IsOk());
  ASSERT_THAT(Activate(second), IsOk());
  ASSERT_THAT(Activate(third), IsOk());
  EXPECT_EQ(ValueOrDie(RollBack()).active_hash(), second);
  ASSERT_THAT(Activate(third), IsOk());
  EXPECT_EQ(ValueOrDie(RollBack()).active_hash(), second);
  EXPECT_EQ(ValueOrDie(RollBack()).active_hash(), first);
  EXPECT_EQ(ValueOrDie(ActiveIn())->thresholds.link, 11'000);
  EXPECT_EQ(ValueOrDie(RollBack()).active_hash(), "");
  EXPECT_EQ(ValueOrDie(ActiveIn()).get(), &DefaultModel());
  EXPECT_THAT(RollBack(), StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto snapshot = store_.Snapshot();
  const auto log = ValueOrDie(ModelStore(*snapshot).Activations(3));
  ASSERT_EQ(log.size(), 3u);
  EXPECT_TRUE(log[0].second.rolled_back());
  EXPECT_EQ(log[0].second.hash(), "");
  EXPECT_EQ(log[1].second.hash(), first);
}

TEST_F(ModelStoreTest, TheAuditHearsOfEveryModelStoredActivatedAndTakenBack) {
  const std::string text = ModelText(11'000, 200'000);
  const std::string hash = Put(text);
  const std::string shown = hash.substr(0, 12);
  ASSERT_THAT(Activate(hash), IsOk());
  ASSERT_THAT(Activate(hash), IsOk());
  ASSERT_EQ(Put(text), hash);
  ASSERT_THAT(RollBack(), IsOk());
  EXPECT_THAT(Audited(), ElementsAre("model-stored " + shown, "model-activated " + shown,
                                     "model-rolled-back shipped"));
}

TEST_F(ModelStoreTest, ARollBackOfAnotherModelThanIsActiveIsRefused) {
  ASSERT_THAT(Activate(Put(ModelText(11'000))), IsOk());
  v1::MpiCommand command;
  command.mutable_model()->mutable_roll_back()->set_expected_active("");
  EXPECT_THAT(Apply(command), StatusIs(absl::StatusCode::kFailedPrecondition));
  command.mutable_model()->mutable_activate()->set_expected_active("");
  EXPECT_THAT(Apply(command), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ModelStoreTest, ACorruptModelIsRefusedAndTheOldOneStays) {
  const std::string old = Put(ModelText(11'000));
  ASSERT_THAT(Activate(old), IsOk());
  const std::string good = ModelText(12'000, 200'000);
  std::string bad = good;
  ++bad[bad.size() / 2];
  const auto parts = PartsOfModelText(bad);
  v1::ModelReply reply;
  for (uint32_t i = 1; i <= parts.size(); ++i) {
    reply = ValueOrDie(PutPart(HashOfModelText(good), i, parts.size(), parts[i - 1]));
  }
  EXPECT_FALSE(reply.stored());
  EXPECT_TRUE(reply.damaged());
  EXPECT_THAT(reply.refusal(), HasSubstr("hash"));
  EXPECT_THAT(Activate(HashOfModelText(good)), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ActiveHash(), old);
  EXPECT_EQ(ValueOrDie(ActiveIn())->thresholds.link, 11'000);
  EXPECT_EQ(Rows(), 3u);  // The active row, the old model's row, its one part.
  // What was right all along is taken afterwards.
  ASSERT_THAT(Activate(Put(good)), IsOk());
  EXPECT_EQ(ValueOrDie(ActiveIn())->thresholds.link, 12'000);
}

TEST_F(ModelStoreTest, AWellHashedTextThatIsNoModelIsRefusedWithItsLine) {
  Model model = DefaultModel();
  model.thresholds.review = model.thresholds.link + 1;
  const std::string text = WriteModel(model);
  const auto reply = ValueOrDie(PutPart(HashOfModelText(text), 1, 1, text));
  EXPECT_FALSE(reply.stored());
  EXPECT_FALSE(reply.damaged());
  EXPECT_THAT(reply.refusal(), HasSubstr("thresholds"));
  EXPECT_EQ(Rows(), 0u);
}

TEST_F(ModelStoreTest, PartsComeInOrderAndMayBeRepeated) {
  const std::string text = ModelText(11'000, 200'000);
  const auto parts = PartsOfModelText(text);
  const std::string hash = HashOfModelText(text);
  const auto count = static_cast<uint32_t>(parts.size());
  EXPECT_THAT(PutPart(hash, 2, count, parts[1]), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(PutPart(hash, 1, count, parts[0]), IsOk());
  EXPECT_THAT(PutPart(hash, 3, count, parts[2]),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("number: want 2")));
  EXPECT_EQ(ValueOrDie(PutPart(hash, 1, count, parts[0])).parts_held(), 1u);
  EXPECT_EQ(last_changes_, 0u);
  EXPECT_THAT(Activate(hash), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Put(text), hash);
  EXPECT_TRUE(ValueOrDie(PutPart(hash, 1, count, parts[0])).stored());
  EXPECT_EQ(last_changes_, 0u);
}

TEST_F(ModelStoreTest, AnUploadThatWasGivenUpIsDroppedByTheNextOne) {
  const std::string text = ModelText(11'000, 200'000);
  const auto parts = PartsOfModelText(text);
  ASSERT_THAT(PutPart(HashOfModelText(text), 1, parts.size(), parts[0]), IsOk());
  ASSERT_EQ(Rows(), 2u);
  Put(ModelText(12'000));
  EXPECT_EQ(Rows(), 2u);
  const auto snapshot = store_.Snapshot();
  EXPECT_THAT(ModelStore(*snapshot).Text(HashOfModelText(text)),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ModelStoreTest, AnUploadOfSomebodyElseGoesOn) {
  const std::string text = ModelText(11'000, 200'000);
  const auto parts = PartsOfModelText(text);
  const std::string hash = HashOfModelText(text);
  const auto count = static_cast<uint32_t>(parts.size());
  ASSERT_THAT(PutPart(hash, 1, count, parts[0], "training"), IsOk());
  const std::string other = ModelText(12'000);
  ASSERT_THAT(PutPart(HashOfModelText(other), 1, 1, other, "olga"), IsOk());
  v1::ModelReply reply;
  for (uint32_t i = 2; i <= count; ++i) {
    reply = ValueOrDie(PutPart(hash, i, count, parts[i - 1], "training"));
  }
  EXPECT_TRUE(reply.stored());
}

TEST_F(ModelStoreTest, OfTooManyUploadsTheOldestIsDropped) {
  std::vector<std::string> hashes;
  for (size_t i = 0; i <= kModelUploadsMax; ++i) {
    hashes.push_back(HashOfModelText(ModelText(static_cast<Millibits>(11'000 + i))));
    ASSERT_THAT(PutPart(hashes[i], 1, 2, "x", absl::StrCat("user", i)), IsOk());
  }
  EXPECT_EQ(Rows(), 2 * kModelUploadsMax);
  EXPECT_THAT(PutPart(hashes[0], 2, 2, "y", "user0"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(PutPart(hashes[1], 2, 2, "y", "user1"), IsOk());
}

TEST_F(ModelStoreTest, APartThatCannotBeIsRefused) {
  const std::string hash = HashOfModelText(ModelText(11'000));
  EXPECT_THAT(PutPart("abc", 1, 1, "x"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PutPart(hash, 0, 1, "x"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PutPart(hash, 2, 1, "x"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PutPart(hash, 1, kModelPartsMax + 1, "x"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PutPart(hash, 1, 1, ""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PutPart(hash, 1, 1, std::string(kModelPartBytesMax + 1, 'x')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ModelStoreTest, AModelThatIsDamagedOnDiskIsAnErrorAndAnotherOneCanBeActivated) {
  const std::string hash = Put(ModelText(11'000));
  ASSERT_THAT(Activate(hash), IsOk());
  for (const KvEntry& entry : ValueOrDie(store_.Snapshot()->ScanPrefix(kModelsTable, "p"))) {
    WriteBatch damage;
    damage.Put(kModelsTable, entry.key, entry.value.substr(1));
    ASSERT_THAT(store_.Write(damage, Durability::kBuffered), IsOk());
  }
  // As after a restart: the models that the machine had parsed are gone.
  const ActiveModel models(DefaultModel());
  EXPECT_THAT(models.In(*store_.Snapshot()), StatusIs(absl::StatusCode::kDataLoss));
  ASSERT_THAT(RollBack(), IsOk());
  EXPECT_EQ(ValueOrDie(models.In(*store_.Snapshot())).get(), &DefaultModel());
}

TEST_F(ModelStoreTest, RowsOfALoadAreThoseOfPuttingAndActivating) {
  const std::string text = ModelText(11'000, 200'000);
  const auto rows =
      ModelRows(text, common::v1::Actor(), "loaded", Stamp{7, absl::FromUnixSeconds(1'007)});
  MemoryKvStore loaded(AllTables());
  ASSERT_THAT(loaded.Write(ValueOrDie(rows), Durability::kBuffered), IsOk());
  const auto snapshot = loaded.Snapshot();
  EXPECT_EQ(ValueOrDie(machine_.models().In(*snapshot))->thresholds.link, 11'000);
  EXPECT_EQ(ValueOrDie(ModelStore(*snapshot).Text(HashOfModelText(text))), text);
  EXPECT_EQ(ValueOrDie(ModelStore(*snapshot).Activations(9)).size(), 1u);
  EXPECT_FALSE(ModelRows(text.substr(1), common::v1::Actor(), "", Stamp()).ok());
}

TEST_F(ModelStoreTest, AModelIsFoundByTheNameThatPlansAndExplanationsCarry) {
  const std::string hash = Put(ModelText(11'000));
  const auto snapshot = store_.Snapshot();
  const auto named = machine_.models().Named(*snapshot, "model-" + hash.substr(0, 12));
  EXPECT_EQ(ValueOrDie(named)->thresholds.link, 11'000);
  EXPECT_EQ(ValueOrDie(machine_.models().Named(*snapshot, DefaultModel().name)).get(),
            &DefaultModel());
  EXPECT_THAT(machine_.models().Named(*snapshot, "model-1"), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace hie::mpi
