#include "mpi/score/model_file.h"

#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "mpi/score/score.h"
#include "services/common/crypto/hash.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::StatusIs;
using ::testing::HasSubstr;

// As a run over a file leaves it.
Model FittedModel() {
  Model model = DefaultModel();
  model.calibrated = true;
  model.population = 12'345;
  model.matches_per_record = 77;
  model.fields[0].levels[0].m = 912'345'678;
  model.fields[kNamedFieldCount + 1].name = "birth_place";
  std::vector<uint64_t> holders(kFrequencySlots, 4'000);
  model.frequencies = std::make_shared<ValueFrequencies>(
      std::vector<ValueFrequencies::Entry>{{0xfedcba9876543210ULL, 12}, {7, 3}}, holders);
  SetWeights(model);
  return model;
}

void ExpectEqual(const Model& a, const Model& b) {
  EXPECT_EQ(a.matches_per_record, b.matches_per_record);
  EXPECT_EQ(a.household_per_record, b.household_per_record);
  EXPECT_EQ(a.population, b.population);
  EXPECT_EQ(a.calibrated, b.calibrated);
  EXPECT_EQ(a.prior_stranger, b.prior_stranger);
  EXPECT_EQ(a.prior_household, b.prior_household);
  EXPECT_EQ(a.thresholds.link, b.thresholds.link);
  EXPECT_EQ(a.thresholds.support, b.thresholds.support);
  EXPECT_EQ(a.thresholds.review, b.thresholds.review);
  EXPECT_EQ(a.thresholds.margin, b.thresholds.margin);
  for (size_t f = 0; f < kFieldCount; ++f) {
    EXPECT_EQ(a.fields[f].name, b.fields[f].name);
    ASSERT_EQ(a.fields[f].level_count, b.fields[f].level_count);
    for (size_t level = 0; level < a.fields[f].level_count; ++level) {
      const Level& x = a.fields[f].levels[level];
      const Level& y = b.fields[f].levels[level];
      EXPECT_EQ(x.name, y.name);
      EXPECT_EQ(x.m, y.m);
      EXPECT_EQ(x.u, y.u);
      EXPECT_EQ(x.h, y.h);
      EXPECT_EQ(x.stranger, y.stranger);
      EXPECT_EQ(x.household, y.household);
    }
  }
  for (size_t slot = 0; slot < kFrequencySlots; ++slot) {
    EXPECT_EQ(a.slots[slot].mean_chance, b.slots[slot].mean_chance);
    EXPECT_EQ(a.slots[slot].rare_gain_max, b.slots[slot].rare_gain_max);
    EXPECT_EQ(a.frequencies->holders(slot), b.frequencies->holders(slot));
  }
  ASSERT_EQ(a.frequencies->entries().size(), b.frequencies->entries().size());
  for (const auto& entry : a.frequencies->entries()) {
    EXPECT_EQ(b.frequencies->Count(entry.key), a.frequencies->Count(entry.key));
  }
}

// The file with a changed body and the hash that fits it.
std::string Changed(const std::string& file, const std::function<void(std::string&)>& change) {
  std::string body = file.substr(0, file.rfind("sha256 "));
  change(body);
  return absl::StrCat(body, "sha256 ", crypto::Sha256Hex(body), "\n");
}

std::string FirstLineWith(const std::string& file, const std::string& beginning) {
  const size_t from = file.find(absl::StrCat("\n", beginning)) + 1;
  return file.substr(from, file.find('\n', from) + 1 - from);
}

TEST(ModelFileTest, WhatIsWrittenIsReadBack) {
  for (const Model& model : {FittedModel(), DefaultModel()}) {
    const std::string file = WriteModel(model);
    const auto read = ReadModel(file);
    ASSERT_TRUE(read.ok()) << read.status();
    ExpectEqual(model, *read);
    EXPECT_EQ(WriteModel(*read), file);
    EXPECT_EQ(read->name.substr(0, 6), "model-");
  }
}

TEST(ModelFileTest, ModelsOfDifferentNumbersHaveDifferentHashes) {
  const std::function<void(Model&)> changes[] = {
      [](Model& m) { ++m.fields[0].levels[0].m; }, [](Model& m) { ++m.fields[3].levels[1].u; },
      [](Model& m) { ++m.fields[9].levels[2].h; }, [](Model& m) { ++m.thresholds.link; },
      [](Model& m) { ++m.thresholds.kin; },        [](Model& m) { ++m.population; },
      [](Model& m) { ++m.matches_per_record; },    [](Model& m) { m.calibrated = false; },
      [](Model& m) { ++m.slots[1].mean_chance; },  [](Model& m) { m.frequencies.reset(); },
      [](Model& m) { ++m.household_per_record; },
  };
  const auto hash = [](const Model& model) {
    const std::string file = WriteModel(model);
    return file.substr(file.rfind("sha256 "));
  };
  const std::string before = hash(FittedModel());
  EXPECT_EQ(hash(FittedModel()), before);
  for (const auto& change : changes) {
    Model model = FittedModel();
    change(model);
    EXPECT_NE(hash(model), before);
  }
}

TEST(ReadModelTest, AnyChangedByteIsFound) {
  const std::string file = WriteModel(FittedModel());
  const size_t body = file.rfind("sha256 ");
  for (size_t at = 20; at < body; at += 13) {
    std::string changed = file;
    changed[at] = changed[at] == '1' ? '2' : '1';
    EXPECT_THAT(ReadModel(changed), StatusIs(absl::StatusCode::kDataLoss)) << at;
  }
  std::string cut = file.substr(0, file.size() - 5);
  EXPECT_THAT(ReadModel(cut), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ReadModel(absl::StrCat(file, "more\n")), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(ReadModelTest, WhatIsNoModelIsRefused) {
  const std::string file = WriteModel(FittedModel());
  for (const std::string& text :
       {std::string(), std::string("hie-match-model 1\n"), std::string("sha256 "),
        absl::StrReplaceAll(file, {{"hie-match-model 1\n", "hie-match-model 2\n"}}),
        absl::StrReplaceAll(file, {{"hie-match-model 1\n", "hie-match-model 17\n"}}),
        file.substr(1), std::string(10'000, '\0')}) {
    EXPECT_THAT(ReadModel(text), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(ReadModelTest, AFactThatIsNoneIsNamedByItsLine) {
  const std::string file = WriteModel(FittedModel());
  const std::string level = FirstLineWith(file, "level family exact ");
  const std::pair<std::string, std::string> changes[] = {
      {"level family exact", "level clan exact"},
      {"level family exact", "level family exactly"},
      {level, "level family exact 0 5 5\n"},
      {level, "level family exact 5 0 5\n"},
      {level, "level family exact 5 5 0\n"},
      {level, "level family exact 5 5 1000000001\n"},
      {level, "level family exact 5 5\n"},
      {level, "level family exact 5 5 -5\n"},
      {level, level + level},
      {"calibrated 1", "calibrated 2"},
      {"matches_per_record 77", "matches_per_record 0"},
      {"threshold_link", "threshold_line"},
      {"slot 0 ", "slot 99 "},
      {"holders 0 ", "holders 99 "},
      {"value 0000000000000007 3", "value 0000000000000007 0"},
      {"value 0000000000000007 3", "value zero 3"},
      {"name extra1 birth_place", "name family birth_place"},
      {"population 12345", "population"},
  };
  for (const auto& [from, to] : changes) {
    const std::string changed = Changed(file, [&](std::string& body) {
      const size_t at = body.find(from);
      ASSERT_NE(at, std::string::npos) << from;
      body.replace(at, from.size(), to);
    });
    EXPECT_THAT(ReadModel(changed), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line")))
        << to;
  }
}

TEST(ReadModelTest, AMissingLevelIsNamed) {
  const std::string file = WriteModel(FittedModel());
  const std::string level = FirstLineWith(file, "level birth_date ");
  const std::string changed =
      Changed(file, [&](std::string& body) { body.replace(body.find(level), level.size(), ""); });
  EXPECT_THAT(ReadModel(changed),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("birth_date")));
}

}  // namespace
}  // namespace hie::mpi
