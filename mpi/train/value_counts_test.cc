#include "mpi/train/value_counts.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/block/sound.h"
#include "mpi/compare/agreement.h"
#include "mpi/score/model.h"
#include "services/hiectl/region/people.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 12'012;

RecordTable GeneratedTable(uint64_t records) {
  RecordTable table;
  region::PeopleOptions options;
  options.records = records;
  options.seed = kSeed;
  const auto counts = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    table.Add(Normalize(record.demographics), 0);
  });
  EXPECT_TRUE(counts.ok());
  return table;
}

// Whom a value is counted for, as text: empty where nothing tells.
std::string HolderOf(const PackedView& record, size_t slot) {
  if (slot == static_cast<size_t>(Field::kFamily) || slot == static_cast<size_t>(Field::kGiven)) {
    return BirthDateValue(record) == 0 ? "" : absl::StrCat(BirthDateValue(record));
  }
  for (const PackedName& name : record.names()) {
    if (name.first == 0 || name.family == 0) continue;
    return absl::StrCat(SoundOf(record.text(name.first)), "|", SoundOf(record.text(name.family)));
  }
  return "";
}

TEST(CountValuesTest, EqualsANaiveCount) {
  SCOPED_TRACE(kSeed);
  RecordTable table = GeneratedTable(3'000);
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  std::map<std::pair<size_t, uint64_t>, std::set<std::string>> people;
  for (size_t node = 0; node < records.size(); ++node) {
    const PackedView record = table.record(records.first_row[node]);
    ForEachValue(record, [&](size_t slot, uint32_t hash) {
      auto& held = people[{slot, ValueFrequencies::Key(slot, hash)}];
      const std::string holder = HolderOf(record, slot);
      if (!holder.empty()) held.insert(holder);
      const uint32_t copies = std::min(records.copies[node], kCopiesCountedMax);
      for (uint32_t copy = 0; holder.empty() && copy < copies; ++copy) {
        held.insert(absl::StrCat("alone ", node, " ", copy));
      }
    });
  }
  std::map<uint64_t, uint32_t> values;
  std::map<size_t, uint64_t> holders;
  for (const auto& [value, held] : people) {
    values[value.second] = static_cast<uint32_t>(held.size());
    holders[value.first] += held.size();
  }
  for (const size_t threads : {size_t{1}, size_t{3}}) {
    const auto counted = CountValues(table, records, threads);
    size_t kept = 0;
    for (const auto& [value, count] : values) {
      EXPECT_EQ(counted->Count(value), count < 3 ? 0 : count);
      kept += count < 3 ? 0 : 1;
    }
    EXPECT_EQ(counted->entries().size(), kept);
    EXPECT_GT(kept, 500u);
    for (size_t slot = 0; slot < kFrequencySlots; ++slot) {
      EXPECT_EQ(counted->holders(slot), holders[slot]) << slot;
    }
  }
}

TEST(CountValuesTest, ARecordCountsOnceAndAMutedValueNever) {
  RecordTable table;
  for (const char* first : {"anna", "boris", "carla", "dmitri", "erika"}) {
    Features f;
    f.names = {{{"larssen"}, first, {}, Generation::kNone, false, false},
               {{"larssen"}, "fyodor", {}, Generation::kNone, false, false}};
    f.phones = {"+19063898576"};
    table.Add(f, 0);
  }
  const uint64_t family =
      ValueFrequencies::Key(static_cast<size_t>(Field::kFamily), HashWord("larssen"));
  const uint64_t phone =
      ValueFrequencies::Key(static_cast<size_t>(Field::kPhone), HashWord("+19063898576"));
  DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  EXPECT_EQ(CountValues(table, records, 1)->Count(family), 5u);
  EXPECT_EQ(CountValues(table, records, 1)->Count(phone), 5u);
  for (size_t row = 0; row < table.size(); ++row) {
    char* const bytes = table.mutable_bytes(row);
    auto* const words = reinterpret_cast<PackedWord*>(bytes + sizeof(PackedHeader));
    words[PackedView(bytes).header().phone_begin].muted = 1;
  }
  EXPECT_EQ(CountValues(table, records, 1)->Count(phone), 0u);
  EXPECT_EQ(CountValues(table, records, 1)->holders(static_cast<size_t>(Field::kPhone)), 0u);
  EXPECT_EQ(CountValues(table, records, 1)->Count(family), 5u);
}

TEST(CountValuesTest, ManyRowsThatLookTheSameCountUpToABound) {
  Features f;
  f.names = {{{"larssen"}, "fyodor", {}, Generation::kNone, false, false}};
  RecordTable table;
  for (uint32_t i = 0; i < kCopiesCountedMax + 20; ++i) table.Add(f, 0);
  f.names[0].first = "magnus";
  for (int i = 0; i < 7; ++i) table.Add(f, 0);
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  const auto given = [&](const char* name) {
    const auto slot = static_cast<size_t>(Field::kGiven);
    return CountValues(table, records, 1)->Count(ValueFrequencies::Key(slot, HashWord(name)));
  };
  EXPECT_EQ(given("fyodor"), kCopiesCountedMax);
  EXPECT_EQ(given("magnus"), 7u);
}

TEST(CountValuesTest, AManyTimesRegisteredPersonCountsOnce) {
  RecordTable table;
  for (int i = 0; i < 20; ++i) {
    Features f;
    f.names = {{{"larssen"}, "fyodor", {}, Generation::kNone, false, false}};
    f.birth_date = CivilDate{1980, 3, 5};
    f.ssns = {"657680344"};
    f.phones = {"+1906389" + std::to_string(1000 + i)};
    table.Add(f, 0);
  }
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  EXPECT_EQ(records.size(), 20u);
  EXPECT_TRUE(CountValues(table, records, 1)->entries().empty());
}

TEST(CountValuesTest, NothingIsCountedOfNothing) {
  RecordTable table;
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  EXPECT_TRUE(CountValues(table, records, 3)->entries().empty());
}

}  // namespace
}  // namespace hie::mpi
