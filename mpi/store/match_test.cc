#include "mpi/store/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "mpi/score/kinship.h"
#include "mpi/score/log2.h"
#include "mpi/score/score.h"
#include "mpi/store/explanation.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;

std::vector<std::string> AllTables() {
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

// An index with a history.
class Index {
 public:
  Index() : machine_(DefaultModel()), store_(AllTables()) {}

  void Apply(const v1::MpiCommand& command) {
    const Stamp stamp{++sequence_, absl::UnixEpoch() + absl::Seconds(sequence_)};
    WriteBatch changes;
    const auto reply =
        machine_.Apply(command.SerializeAsString(), "", stamp, *store_.Snapshot(), changes);
    if (!reply.ok()) return;
    EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
    window_.Note(sequence_, changes);
  }

  std::shared_ptr<const KvReader> Snapshot() const { return store_.Snapshot(); }
  const ChangeWindow& window() const { return window_; }

 private:
  MpiMachine machine_;
  MemoryKvStore store_;
  ChangeWindow window_;
  uint64_t sequence_ = 0;
};

// What a plan says that a link depends on: scores by person and record, and the best of the rest.
using Said = std::map<std::string, std::map<RecordNumber, std::pair<Millibits, VetoSet>>>;

Said Say(const v1::MatchPlan& plan) {
  Said said;
  for (const PersonScore& person : PersonScores(plan)) {
    for (const RecordScore& record : person.records) {
      said[person.eid.value()][record.record] = {record.weight, record.vetoes};
    }
  }
  return said;
}

// Compares the question with everyone who is compared at all, from demographics; persons who share
// no key with it are left out as a whole.
Said SayNaively(const MpiReader& reader, const Question& question, const Model& model) {
  std::map<std::string, std::vector<RecordNumber>> persons;
  std::set<std::string> found;
  std::set<uint64_t> bases;
  for (const BlockKey& key : FiledKeys(PackedView(question.packed.data()))) {
    bases.insert(KeyBase(key));
  }
  const RecordNumber last = ValueOrDie(reader.LastRecord());
  for (RecordNumber number = 1; number <= last; ++number) {
    const v1::RecordRow row = ValueOrDie(reader.Record(number));
    if (row.record().provisional() || IsTombstone(row.record())) continue;
    persons[row.eid()].push_back(number);
    const std::string packed = ValueOrDie(PackedOf(row.record()));
    for (const BlockKey& key : FiledKeys(PackedView(packed.data()))) {
      if (bases.count(KeyBase(key)) != 0 && number != question.self) found.insert(row.eid());
    }
  }
  std::string own;
  if (question.self != 0) own = ValueOrDie(reader.Record(question.self)).eid();
  if (!own.empty()) found.insert(own);
  Said said;
  for (const std::string& eid : found) {
    Millibits best = -1'000'000;
    for (const RecordNumber number : persons[eid]) {
      if (number == question.self) continue;
      const std::string packed = ValueOrDie(PackedOf(ValueOrDie(reader.Record(number)).record()));
      const PairScore score =
          Score(Compare(PackedView(question.packed.data()), PackedView(packed.data())), model);
      said[eid][number] = {score.weight(), score.vetoes};
      best = std::max(best, score.weight());
    }
    if (eid != own && best < model.thresholds.review) said.erase(eid);
    if (said.count(eid) != 0 && said[eid].empty()) said.erase(eid);
  }
  return said;
}

Question Ask(const v1::RegisterCommand& command, const MpiReader& reader) {
  const auto self = reader.FindRecord(command.patient());
  return ValueOrDie(MakeQuestion(command.patient(), command.demographics(), self.value_or(0)));
}

TEST(MatchTest, SaysWhatComparingWithEverybodySays) {
  int listed = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    RandomPeople people(seed);
    Index index;
    for (int i = 0; i < 150; ++i) {
      const v1::MpiCommand command = people.Command();
      if (command.has_register_()) {
        const auto snapshot = index.Snapshot();
        const MpiReader reader(*snapshot);
        const Question question = Ask(command.register_(), reader);
        const Said said = Say(ValueOrDie(Match(reader, question, DefaultModel())));
        ASSERT_EQ(said, SayNaively(reader, question, DefaultModel())) << seed << " " << i;
        listed += static_cast<int>(said.size());
      }
      index.Apply(command);
    }
  }
  EXPECT_GT(listed, 200);
}

TEST(ChangeWindowTest, APlanThatItBelievesIsWhatMatchSaysNow) {
  int believed = 0;
  int refused = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    RandomPeople people(seed);
    Index index;
    std::vector<std::pair<Question, v1::MatchPlan>> plans;
    for (int i = 0; i < 150; ++i) {
      const v1::MpiCommand command = people.Command();
      const auto snapshot = index.Snapshot();
      const MpiReader reader(*snapshot);
      for (auto& [question, plan] : plans) {
        if (!index.window().Unchanged(plan)) {
          ++refused;
          continue;
        }
        v1::MatchPlan now = ValueOrDie(Match(reader, question, DefaultModel()));
        now.set_sequence(plan.sequence());
        ASSERT_EQ(now.SerializeAsString(), plan.SerializeAsString()) << seed << " " << i;
        ++believed;
      }
      if (plans.size() > 12) plans.erase(plans.begin());
      if (command.has_register_()) {
        const Question question = Ask(command.register_(), reader);
        plans.emplace_back(question, ValueOrDie(Match(reader, question, DefaultModel())));
      }
      index.Apply(command);
    }
  }
  EXPECT_GT(believed, 300);
  EXPECT_GT(refused, 300);
}

TEST(ChangeWindowTest, BelievesNoPlanFromBeforeItsTime) {
  ChangeWindow window;
  v1::MatchPlan plan;
  EXPECT_FALSE(window.Unchanged(plan));
  window.Note(10, WriteBatch());
  plan.set_sequence(8);
  EXPECT_FALSE(window.Unchanged(plan));
  plan.set_sequence(9);
  EXPECT_TRUE(window.Unchanged(plan));
}

TEST(TablesTest, KeysAndRowsReadBackWhatWasWritten) {
  for (const std::string eid : {"0190a1b2-c3d4-7000-8000-00000000000f", "eid-7", "",
                                "0190A1B2-C3D4-7000-8000-00000000000F"}) {
    EXPECT_EQ(ValueOrDie(EidOfPersonKey(PersonKey(eid))), eid);
  }
  EXPECT_EQ(PersonKey("0190a1b2-c3d4-7000-8000-00000000000f").size(), 16u);
  EXPECT_THAT(EidOfPersonKey("short"), StatusIs(absl::StatusCode::kDataLoss));
  const BlockKey key{KeyType::kPhone, 0x0123456789abcdefULL, 0xfedcba9876543210ULL};
  const Filing filing = ValueOrDie(ReadFilingKey(FilingKey(key, 0x12345678)));
  EXPECT_EQ(filing.base, KeyBase(key));
  EXPECT_EQ(filing.refinement, 0xfedc);
  EXPECT_EQ(filing.record, 0x12345678u);
  EXPECT_THAT(ReadFilingKey("x"), StatusIs(absl::StatusCode::kDataLoss));
  const FeatureRowView row = ValueOrDie(ReadFeatureRow(FeatureRow("person", "record")));
  EXPECT_EQ(row.person_key, "person");
  EXPECT_EQ(row.compact, "record");
  EXPECT_THAT(ReadFeatureRow(""), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(ExplanationTest, EveryLinkReplaysBitForBit) {
  int replayed = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    RandomPeople people(seed);
    Index index;
    for (int i = 0; i < 120; ++i) index.Apply(people.Command());
    const auto snapshot = index.Snapshot();
    for (const KvEntry& entry : ValueOrDie(snapshot->ScanPrefix(kExplanationsTable, ""))) {
      v1::ExplanationRow row;
      ASSERT_TRUE(row.ParseFromString(entry.value));
      EXPECT_TRUE(ValueOrDie(Replays(row, DefaultModel())));
      EXPECT_FALSE(KeyNamesOf(row).empty());
      row.set_stranger_millibits(row.stranger_millibits() + 1);
      EXPECT_FALSE(ValueOrDie(Replays(row, DefaultModel())));
      ++replayed;
    }
  }
  EXPECT_GT(replayed, 20);
}

}  // namespace
}  // namespace hie::mpi
