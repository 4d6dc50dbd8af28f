#include "mpi/train/pair_recall.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "mpi/block/block_key.h"
#include "services/hiectl/region/people.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 5'150;

struct Truth {
  RecordTable table;
  DistinctRecords records;
  std::vector<std::pair<uint32_t, uint32_t>> all;    // Pairs of nodes of one person.
  std::vector<std::pair<uint32_t, uint32_t>> found;  // Those that share a key.
};

bool ShareAKey(const PackedView& a, const PackedView& b) {
  std::set<uint64_t> keys;
  for (const BlockKey& key : MakeBlockKeys(a)) keys.insert(key.base);
  for (const BlockKey& key : MakeBlockKeys(b)) {
    if (keys.count(key.base) != 0) return true;
  }
  return false;
}

Truth Generate(region::PeopleProfile profile, uint64_t records) {
  Truth truth;
  std::map<uint64_t, std::set<uint32_t>> rows;
  region::PeopleOptions options;
  options.profile = profile;
  options.records = records;
  options.seed = kSeed;
  const auto counts = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    rows[record.entity].insert(static_cast<uint32_t>(truth.table.size()));
    truth.table.Add(Normalize(record.demographics), 0);
  });
  EXPECT_TRUE(counts.ok());
  truth.records = FindDistinctRecords(truth.table, DistinctRecords::Sources::kTogether);
  for (const auto& [entity, of_one] : rows) {
    std::set<uint32_t> nodes;
    for (const uint32_t row : of_one) nodes.insert(truth.records.node_of_row[row]);
    for (auto a = nodes.begin(); a != nodes.end(); ++a) {
      for (auto b = std::next(a); b != nodes.end(); ++b) truth.all.emplace_back(*a, *b);
    }
  }
  for (const auto& [a, b] : truth.all) {
    const bool share = ShareAKey(truth.table.record(truth.records.first_row[a]),
                                 truth.table.record(truth.records.first_row[b]));
    if (share) truth.found.emplace_back(a, b);
  }
  return truth;
}

TEST(EstimatePairRecallTest, ComesNearTheTruth) {
  SCOPED_TRACE(kSeed);
  for (const auto profile : {region::PeopleProfile::kRegion, region::PeopleProfile::kHeavy,
                             region::PeopleProfile::kFew}) {
    SCOPED_TRACE(static_cast<int>(profile));
    const Truth truth = Generate(profile, 4'000);
    ASSERT_GT(truth.all.size(), 200u);
    const double real =
        static_cast<double>(truth.found.size()) / static_cast<double>(truth.all.size());
    const double estimate = EstimatePairRecall(truth.table, truth.records, truth.found);
    EXPECT_NEAR(estimate, real, 0.06);
    EXPECT_LE(estimate, 1.0);
  }
}

TEST(EstimatePairRecallTest, NothingFoundAndNothingShared) {
  RecordTable table;
  Features one;
  one.phones = {"+19063898576"};
  Features other;
  other.phones = {"+19063890001"};
  table.Add(one, 0);
  table.Add(other, 0);
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  EXPECT_EQ(EstimatePairRecall(table, records, {}), 1.0);
  EXPECT_EQ(EstimatePairRecall(table, records, {{0, 1}}), 0.0);
}

}  // namespace
}  // namespace hie::mpi
